/* SPDX-License-Identifier: MIT */
/*
 * score/score.h - recpipe/score.h to the bit, and what the room and rec-topn
 * know of the models of a scorer.
 *
 * All models speak of items by one set of labels, the union of theirs. Their
 * candidates map into it in ascending order, so that the rule for ties (the
 * order of labels) is the order of indices everywhere. A score is:
 *
 *   factors      ((dot of user and item, the chain of kernel.h) + mean) +
 *                offset. Without mean, bias and offset a vector of zeros has no
 *                score
 *   similarity   s = 0; s = fma(weight of history item i, S[i][j], s), i
 *                ascending; then + offset[j]. Sparse and dense tables give the
 *                same bits. A sparse one scores the candidates that a history
 *                item of weight other than 0 has a cell for; a dense one, all
 *   user side    s = 0; s = fma(S[u][v], weight of r[v][j], s), v ascending,
 *                over the interactions r; then + offset[j]
 *   offset alone its value, for every row
 *   blend        s = 0; s = fma(weight of model m, scaled score of m, s), m in
 *                the order of the models. A model without a score for the item
 *                is skipped
 *
 * rec_scorer_pair gives the bits that rec_scorer_row gives.
 */
#ifndef REC_SCORE_SCORE_H
#define REC_SCORE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/label_index.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/score.h"
#include "score/scale.h"

struct rec_model_kind;			/* score/kind.h */

/*
 * One model of a scorer. Its candidates are 0 .. ncand - 1, ascending by label.
 * Who asks about a model asks here, not what kind it is.
 */
struct rec_scorer_part {
	const struct rec_model_kind *kind;
	const struct rec_model *model;
	const struct rec_run *run;
	float weight;
	bool blend;			/* its scores go into a blend */

	const struct rec_labels *candidates;	/* items that the model can score */
	/* items that a history may name; NULL: histories are not scored */
	const struct rec_labels *known;
	/* users whose rows are stored in the model; NULL: none are */
	const struct rec_labels *users;
	/* users whose interactions are added up (user side); NULL: none are */
	const struct rec_labels *neighbours;
	bool needs_history;		/* nothing is scored without a history */
	bool biased;			/* it holds a bias for each item */
	bool whole;			/* rec_scorer_allow must not cut it */

	uint32_t ncand;
	/*
	 * Maps give REC_NONE where the other side lacks it, and are NULL where
	 * both sides are the same (rec_mapped). Rows are those of `known`.
	 */
	const uint32_t *candidate_to_item, *item_to_candidate, *item_to_row;
	const float *offset;		/* by candidate; NULL where there is none */

	/* private to lib/score */
	struct rec_label_index *user_index;	/* of users; NULL: search in place */
	void *own;			/* what the kind alone knows */
	void **owned;			/* memory that goes with the part: rec_part_own */
	size_t nowned, owned_cap;
	uint64_t bytes;			/* of tables made beside the model (rec_scorer_bytes) */
};

/* Where i stands on the other side of a map. */
static inline uint32_t rec_mapped(const uint32_t *map, uint32_t i)
{
	return map ? map[i] : i;
}

/* All scores of one row under one model, or under all of them (score/row.h). */
struct rec_scores {
	const float *score;		/* by candidate */
	const unsigned char *hit;	/* by candidate: has a score; NULL for all */
	/* n candidates that have a score, in no order; NULL for 0 .. n - 1 */
	const uint32_t *touched;
	uint32_t n;
	/* as in rec_scorer_part; NULL of a blend, whose candidates are items */
	const uint32_t *candidate_to_item, *item_to_candidate;
};

/* rec_scorer_item for n labels, in less time. */
void rec_scorer_items(const struct rec_scorer *s, struct rec_label_probe *p, size_t n);

/* Bytes of tables that were made beside the models: cut down, or transposed. */
uint64_t rec_scorer_bytes(const struct rec_scorer *s);

/* "0.7,0.3": n numbers for --blend. */
REC_MUST int rec_blend_parse(double *weight, size_t n, const char *text, struct rec_err *e);

#endif

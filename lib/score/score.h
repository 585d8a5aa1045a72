/* SPDX-License-Identifier: MIT */
/*
 * score.h - scores of one row (a user with a history) under one model, or under
 * a weighted sum of several.
 *
 * All models speak of items by one set of labels, the union of theirs
 * ("items"); candidates of a model map into it in ascending order, so that the
 * tie rule (label order) is the order of indices everywhere. What a score is:
 *   factors      ((dot of user and item, the chain of kernel.h) + mean) +
 *                offset; the user is stored, or folded in from the history.
 *                Without mean, bias and offset a vector of zeros has no score:
 *                what nobody wanted is not above what some didn't
 *   similarity   s = 0; s = fma(weight of history item i, S[i][j], s), i
 *                ascending; then + offset[j]. Sparse and dense give the same
 *                bytes; a sparse one scores the candidates that some history
 *                item of weight other than 0 has a cell for, a dense one all
 *   user side    s = 0; s = fma(S[u][v], weight of r[v][j], s), v ascending,
 *                over the interactions; then + offset[j]
 *   offset alone its value, for every row
 *   blend        s = 0; s = fma(weight of model m, scaled score of m, s) in the
 *                order the models were given; a model without a score for the
 *                item is skipped
 * Scores depend on the row and the models alone. rec_scorer_pair gives the bits
 * that rec_scorer_row gives.
 */
#ifndef REC_SCORE_SCORE_H
#define REC_SCORE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recpipe/als.h"
#include "base/err.h"
#include "base/lang.h"
#include "kernel/kernel.h"
#include "matrix/label_index.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "model/transform.h"
#include "score/query.h"

REC_BEGIN_C

enum rec_part_kind {
	REC_PART_FACTORS,
	REC_PART_SPARSE,
	REC_PART_DENSE,
	REC_PART_USERS,
	REC_PART_OFFSET
};

/*
 * How the scores of a model become comparable with those of another, per row,
 * over the items that the model scores: zscore (s - mean) / standard deviation
 * (0 where that is 0); rank (n + 1 - r) / n, r the rank, tied items share the
 * mean of theirs.
 */
enum rec_scale { REC_SCALE_RAW, REC_SCALE_ZSCORE, REC_SCALE_RANK };

/*
 * One model of a scorer. Its candidates are 0 .. ncand - 1, ascending by label.
 */
struct rec_scorer_part {
	const struct rec_model *model;
	enum rec_part_kind kind;
	float weight;
	uint32_t ncand;
	const uint32_t *candidate_to_item; /* candidate to item; NULL where they are the same */
	/* item to candidate or REC_NONE; NULL where they are the same */
	const uint32_t *item_to_candidate;
	/*
	 * item to row of the similarity (factors: of the item table) or
	 * REC_NONE; NULL where they are the same
	 */
	const uint32_t *item_to_row;
	struct rec_transform transform;
	float mean;
	const float *offset;  /* per candidate, or NULL */
	bool bias;   /* explicit factors: the last two components are biases */
	/* sparse: borrowed arrays, rows as in the model, columns candidates */
	struct rec_csr sim;
	/*
	 * similar items: rows of sim are columns of the model, and the other
	 * way round
	 */
	bool turned;
	/*
	 * similar items, by row of sim: 1 where it may lack some cells
	 * (similar.h); NULL where none does
	 */
	const unsigned char *cut;
	const float *dense;  /* dense: the same, ncand columns */
	const float *table;  /* factors: ncand rows of k floats, ld apart */
	uint32_t k, ld;
	/* factors in a blend: all of the table in panels of the kernel */
	const float *packed;
	/* factors: 0 where a vector of zeros has no score; NULL for all */
	const unsigned char *usable;
	struct rec_foldin *foldin;
	struct rec_label_index *users;
	const struct rec_sparse *interactions; /* user side */
	/* column of the similarity to row of the interactions, or REC_NONE */
	const uint32_t *column_to_user;
	float *interaction_weight;
	void *own[20];	 /* what rec_scorer_free releases */
	uint32_t nown;
};

struct rec_scorer_opts {
	const struct rec_model *const *model;
	size_t nmodels;
	const double *weight;	/* one a model; NULL for 1 each */
	enum rec_scale scale;
	bool fold_in;	 /* also users that the model holds */
	/*
	 * rows may come that a factor model doesn't hold: make fold-in ready
	 * where the model allows it
	 */
	bool unknown_users;
	/*
	 * rows are items (of a user-user similarity users): cosine of item
	 * factors, or what the similarity has of it
	 */
	bool similar;
	const struct rec_sparse *interactions; /* for user-side models */
	const struct rec_labels *more;	/* further labels that items shall hold, or NULL */
	/* hash indices for many look-ups; else binary search in place */
	bool index;
};

struct rec_scorer {
	struct rec_scorer_part *part;
	size_t nparts;
	/* more than one model, or a weight other than 1, or a scale */
	bool blend;
	enum rec_scale scale;
	bool fold_in, similar;
	/* similar items: scores are the weights of one table */
	bool alone;
	struct rec_labels items;
	struct rec_label_index *item_index;
	/* what rec_scorer_allow took, and tables that were turned */
	uint64_t cut_bytes;
	const struct rec_run *run;
};

/* Models, interactions and run are borrowed. */
REC_MUST int rec_scorer_new(struct rec_scorer *s, const struct rec_scorer_opts *o,
			    const struct rec_run *run, struct rec_err *e);
void rec_scorer_free(struct rec_scorer *s);

/*
 * Make no scores any more, where that saves something, for items with
 * allowed[item] = 0; what is left keeps its bits. Before the first scratch.
 */
REC_MUST int rec_scorer_allow(struct rec_scorer *s, const unsigned char *allowed,
			      struct rec_err *e);

/* Whether a factor model holds all these users (true for other models). */
REC_MUST int rec_model_holds(const struct rec_model *m, const struct rec_labels *rows, bool *all,
			     struct rec_err *e);

/*
 * Whether a factor model holds fewer items than it was trained on. Its stored
 * users score those it has; nobody is folded in, because that takes all items.
 */
bool rec_model_is_part(const struct rec_model *m);

/*
 * What no dot product of a factor model can exceed in size, biases left out:
 * the largest norm of a user times that of an item. 0: all vectors are zero.
 * Ends at the first vectors that reach `enough`; then it is at least that.
 */
double rec_model_reach(const struct rec_model *m, double enough);

/* Bytes of the numbers in a model. */
uint64_t rec_model_bytes(const struct rec_model *m);

/* "0.7,0.3": n numbers for --blend. */
REC_MUST int rec_blend_parse(double *weight, size_t n, const char *text, struct rec_err *e);

/* Index in s->items, or REC_NONE. */
uint32_t rec_scorer_item(const struct rec_scorer *s, const char *label, size_t len);

/* For one thread. The row that was begun last lives in it. */
struct rec_score_scratch;
REC_MUST int rec_score_scratch_new(struct rec_score_scratch **sc, const struct rec_scorer *s,
				   struct rec_err *e);
void rec_score_scratch_free(struct rec_score_scratch *sc);
/* Bytes that one of them takes. */
uint64_t rec_score_scratch_size(const struct rec_scorer *s);

/*
 * Begin a row; q must stay until the row is done. 1 where some model can score
 * it, 0 where none can (a cold row), -1.
 */
REC_MUST int rec_scorer_begin(const struct rec_scorer *s, struct rec_score_scratch *sc,
			      const struct rec_query *q, struct rec_err *e);

/*
 * Similar items: some table was cut (rec-sim -n) where the row just begun
 * stands: what is above 0 is the best of it, more may be missing.
 */
bool rec_scorer_is_cut(const struct rec_score_scratch *sc);

/*
 * Whether all that the models say of the row just begun is one score for every
 * item: then there is no order. Items that rec_scorer_allow took away count, so
 * that a row is flat for all shares of the items or for none.
 */
bool rec_scorer_flat(const struct rec_scorer *s, const struct rec_score_scratch *sc);

/*
 * The vector of the row just begun under part p (factors); NULL where it has
 * none.
 */
const float *rec_scorer_vector(const struct rec_score_scratch *sc, size_t p);

/* Scores of the row just begun, in the scratch, valid until the next call. */
struct rec_scores {
	const float *score;  /* by candidate */
	const unsigned char *hit; /* by candidate: has a score; NULL for all */
	/*
	 * the n candidates that have a score, in no order; NULL for 0 .. n - 1
	 */
	const uint32_t *touched;
	uint32_t n;
	const uint32_t *candidate_to_item, *item_to_candidate; /* as in rec_scorer_part */
};
void rec_scorer_row(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    struct rec_scores *out);

/*
 * The score of one item for the row just begun: false where it has none.
 * Unscaled only.
 */
bool rec_scorer_pair(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item,
		     float *score);

/*
 * Whether something is known of the item of a pair without a score: a bias or
 * an offset.
 */
bool rec_scorer_knows(const struct rec_scorer *s, uint32_t item);

/*
 * What is known of a pair without a score: mean and biases of factors, offsets;
 * weighted as the blend is.
 */
float rec_scorer_prior(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * evaluation.h - an evaluation at work: what the files of this room share.
 *
 *	maps.c		fills map
 *	popular.c	popular
 *	candidates.c	sample
 *	series.c	series and r
 *	user.c		the values of r, with one scratch a thread
 *	evaluate.c	the rest, and calls them in this order
 *
 * Pointers in rec_evaluation belong to who fills them.
 */
#ifndef REC_EVAL_EVALUATION_H
#define REC_EVAL_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eval/results.h"
#include "recpipe/eval.h"

enum { REC_EVAL_BLOCK = 256 };	/* users a task */

/* Series of a ranking measure, counted from its first. */
enum {
	VARIANT_MAIN,
	VARIANT_FLOOR,
	VARIANT_CEILING,
	VARIANT_HEAD,
	VARIANT_MIDDLE,
	VARIANT_TAIL,
	VARIANT_CORRECTED,
	VARIANTS
};

/*
 * Where a row or column of one input stands in another, or REC_NONE: of column
 * i of a, a_b[i] is the column in b.
 */
struct rec_eval_maps {
	/* rows, of a row of truth */
	uint32_t *list_row, *train_row, *candidates_row;
	/* columns */
	uint32_t *list_truth, *list_train;
	uint32_t *truth_train;
	uint32_t *candidate_truth, *candidate_train;
	uint32_t *train_truth;
};

/* What train says of items: by column of train. */
struct rec_eval_popular {
	uint32_t *popularity;	/* pairs with value > 0 */
	uint32_t *order;	/* columns by popularity, descending */
	unsigned char *third;	/* of all such pairs: 0 head, 1 middle, 2 tail */
	double *information;	/* -log2(popularity / users), for novelty; -1: unknown */
};

/* What the metrics ask for. */
struct rec_eval_wants {
	bool ranking, rating, novelty, auc;
	uint32_t deepest;	/* cut-off of a ranking or catalogue measure */
	uint32_t floor_length;	/* most popular items to look at */
	uint32_t catalogue_cut;	/* deepest cut-off of coverage and gini, 0 for none */
	/*
	 * 1 / log2(position + 2) and the sums of the first of them: deepest + 1
	 */
	double *discount, *discount_sum;
};

/* Candidates of the users. */
struct rec_eval_sample {
	uint32_t min, max;	/* irrelevant ones of a row */
	uint32_t several;	/* rows with more than one relevant item */
	uint64_t catalogue;	/* items that ranks without sampling are among */
	/*
	 * estimate of metric i at sampled rank j: corrected[i * (max + 1) + j -
	 * 1]
	 */
	double *corrected;
};

/* Indices into the series of the results. */
struct rec_eval_series {
	size_t *of;	/* of[i * VARIANTS + v]: variant v of metric i, or SIZE_MAX */
	size_t truth_in_train, listed_in_train;
};

struct rec_evaluation {
	const struct rec_eval_input *in;
	const struct rec_eval_opts *o;
	struct rec_results *r;	/* its user u is row first + u of truth */
	uint32_t first, last;	/* rows of truth that are measured */
	/*
	 * rows of the lists that are looked at: those of these users, and
	 * others between
	 */
	uint32_t list_first, list_last;
	uint32_t longest;	/* list */
	struct rec_eval_maps map;
	struct rec_eval_popular popular;
	struct rec_eval_wants want;
	struct rec_eval_sample sample;
	struct rec_eval_series series;
	struct rec_scratch *scratch;	/* one a thread */
};

struct rec_entry {	/* of a list */
	uint32_t truth, train;	/* columns or REC_NONE */
	double score;
};

struct rec_scratch {
	double *gain_of;	/* by truth column; all 0 between users */
	double *scored;		/* by truth column, valid where scored_by is the user */
	uint32_t *scored_by;
	uint32_t *seen_by;	/* by train column: user + 1 who holds it */
	uint32_t *candidate_by;	/* by truth column: user + 1 whose candidate it is */
	uint32_t *relevant;	/* truth columns of the user's relevant items */
	struct rec_entry *entry;
	double *gain, *ideal;
	uint32_t *group, *tied;
	unsigned char *skip;
};

static inline int rec_eval_is_relevant(const struct rec_evaluation *v, float value)
{
	return v->o->relevant > 0 ? value >= v->o->relevant : value > 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * evaluate_private.h - what the files of evaluate share: maps between the label
 * sets, and one thread's scratch.
 */
#ifndef REC_EVAL_EVALUATE_PRIVATE_H
#define REC_EVAL_EVALUATE_PRIVATE_H

#include "eval/evaluate.h"

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

struct rec_evaluation {
	const struct rec_eval_input *in;
	const struct rec_eval_opts *o;
	struct rec_results *r;		/* its user u is row first + u of truth */
	uint32_t first, last;		/* rows of truth that are measured */
	/*
	 * rows of the lists that are looked at: those of these users, and
	 * others between
	 */
	uint32_t list_first, list_last;
	/* rows: of a truth row the row in the others, or REC_NONE */
	uint32_t *list_row, *train_row, *candidates_row;
	/* columns, or REC_NONE */
	uint32_t *list_truth, *list_train;		/* of a column of the lists */
	uint32_t *truth_train;
	uint32_t *candidate_truth, *candidate_train;
	uint32_t *train_truth;
	/*
	 * train: pairs with value > 0 of each item, items by it descending, and
	 * which third of all such pairs an item belongs to (0 head, 2 tail)
	 */
	uint32_t *popularity, *order;
	unsigned char *third;
	double *information;	/* -log2(popularity / users), for novelty */
	double *discount, *discount_sum;
	/* longest list; deepest cut-off of a ranking or catalogue measure */
	uint32_t longest, deepest;
	uint32_t floor_length;
	uint32_t catalogue_cut;		/* deepest cut-off of coverage and gini, 0 for none */
	bool ranking, rating, novelty, auc;
	/*
	 * of metric i, or of variant v of it: series[i * VARIANTS + v];
	 * SIZE_MAX where there is none
	 */
	size_t *series;
	size_t truth_in_train, listed_in_train;
	/*
	 * candidates: how many irrelevant ones rows hold; estimate of metric i
	 * at sampled rank j: corrected[i * (sampled_max + 1) + j - 1]
	 */
	uint32_t sampled_min, sampled_max, several;
	uint64_t catalogue;	/* items that ranks without sampling are among */
	double *corrected;
	struct rec_scratch *scratch;
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

/* evaluate_part.c: set the rows that o asks for. */
void rec_eval_range(struct rec_evaluation *v);

/*
 * evaluate_check.c: inputs that give no measure are errors; sets longest and
 * some notes.
 */
REC_MUST int rec_eval_check(struct rec_evaluation *v, struct rec_eval_notes *notes,
			    struct rec_err *e);

/* evaluate_train.c */
REC_MUST int rec_eval_popularity(struct rec_evaluation *v, struct rec_err *e);

/* evaluate_user.c: one block of users; arg is the evaluation. */
rec_slice rec_eval_users;

/*
 * evaluate_sampled.c: check every list against its candidates, count them, and
 * compute the estimates where there can be any.
 */
REC_MUST int rec_eval_candidates(struct rec_evaluation *v, const struct rec_run *run,
				 struct rec_eval_notes *notes, struct rec_err *e);

static inline int rec_eval_is_relevant(const struct rec_evaluation *v, float value)
{
	return v->o->relevant > 0 ? value >= v->o->relevant : value > 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * measure.h - the measures: one table row each, and how METRICS such as
 * `ndcg(gain=linear)@5,10` name them.
 *
 * A ranking measure is a function of one user's list against one truth, a
 * rating measure a sum over the user's scored pairs, a catalogue measure a
 * number of all lists together. A new measure is a row of the table in
 * measure.c and, for a ranking one, a function in measure_rank.c.
 */
#ifndef REC_EVAL_MEASURE_H
#define REC_EVAL_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/eval.h"

/*
 * One user's list as a ranking measure sees it. Positions count from 0 in rank
 * order. The order within a group is random: measures give the expectation over
 * it, and groups hold one entry each except for --ties mean.
 */
struct rec_ranking {
	uint32_t n;			/* entries */
	const double *gain;		/* > 0: relevant, its value; 0: not */
	const uint32_t *group;		/* group[g]: end of group g, ascending, the last one n */
	/* the same for entries of equal score, whatever --ties says (auc) */
	const uint32_t *tied;
	/*
	 * entries that auc leaves out: train items, or relevant ones out of
	 * focus
	 */
	const unsigned char *skip;
	uint32_t relevant;		/* size of the truth, listed or not; at least 1 */
	const double *ideal;		/* its gains, descending */
	uint32_t candidates_relevant;	/* auc: relevant candidates, and the others */
	uint64_t candidates_other;
	const double *discount;		/* 1 / log2(position + 2) */
	const double *discount_sum;	/* sum of the first i discounts, in this order */
};

enum rec_measure_kind { REC_RANKING, REC_RATING, REC_CATALOGUE };

typedef double rec_rank_fn(const struct rec_ranking *r, const struct rec_metric *m);

struct rec_measure {
	const char *name;
	enum rec_measure_kind kind;
	bool cut;			/* takes a cut-off */
	bool needs_train;
	bool gain;			/* takes (gain=linear), (gain=exp) */
	enum rec_agg agg;
	rec_rank_fn *fn;		/* ranking: NaN where the user has no value */
	double (*error)(double difference);	/* rating */
	const char *definition;		/* {k} is the cut-off; {g} the gain */
};

enum { REC_DEFAULT_CUT = 10, REC_MAX_CUT = 1000000 };

enum { REC_GAIN_EXP_MOST = 1000 };	/* values beyond it would overflow */

/*
 * The definition of m with its placeholders filled, into out (size n, cut where
 * too long).
 */
void rec_metric_define(const struct rec_metric *m, char *out, size_t n);

/* The table, ended by a row without name. */
extern const struct rec_measure rec_measures[];

/* measure_rank.c */
rec_rank_fn rec_rank_recall, rec_rank_precision, rec_rank_f1, rec_rank_hit, rec_rank_mrr,
	rec_rank_map, rec_rank_ndcg, rec_rank_auc;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * recpipe/eval.h - recommendation lists against the truth: what rec-eval does.
 *
 *	struct rec_metrics ms = { 0 };
 *	struct rec_results r = { 0 };
 *	struct rec_summary sum = { 0 };
 *	struct rec_summary_opts so = { 0 };
 *	struct rec_eval_notes notes;
 *
 *	if (rec_metrics_parse(&ms, "ndcg@5,10", &e) != 0)
 *		...
 *	struct rec_eval_input in = { .lists = &lists, .truth = &test };
 *	struct rec_eval_opts o = { .metric = ms.m, .n = ms.n };
 *
 *	if (rec_evaluate(&r, &in, &o, &run, &notes, &e) != 0 ||
 *	    rec_summarize(&sum, &r, &so, pool, &e) != 0)
 *		...
 *
 * There are two steps because they serve two ends: results say what was
 * measured of each user, which tests of significance and breakdowns are made
 * of; a summary is the numbers that a paper prints. Every number of it comes
 * with its definition, because the same name means different things in the
 * literature.
 */
#ifndef RECPIPE_EVAL_H
#define RECPIPE_EVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/pool.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/* -- what to measure -------------------------------------------------- */

/* What a relevant item of value v counts: 1, v, or 2^v - 1. */
enum rec_gain { REC_GAIN_ONE, REC_GAIN_LINEAR, REC_GAIN_EXP };

/* A measure and its parameters. */
struct rec_metric {
	const struct rec_measure *measure;	/* the library's */
	enum rec_gain gain;
	uint32_t k;		/* the cut-off; 0 where the measure takes none */
	char name[48];		/* such as ndcg(gain=linear)@10 */
};

struct rec_metrics {	/* {0} is none */
	struct rec_metric *m;
	size_t n, cap;
};

/*
 * Add what a text names, as the operands of rec-eval do: "ndcg@5,10", "mrr",
 * "recall@20". A name, parameter or cut-off that is not known, and a measure
 * that is there already, are REC_EUSAGE.
 */
REC_MUST int rec_metrics_parse(struct rec_metrics *ms, const char *text, struct rec_err *e);
void rec_metrics_free(struct rec_metrics *ms);

/* -- of each user ----------------------------------------------------- */

struct rec_eval_input {
	const struct rec_lists *lists;
	const struct rec_sparse *truth;	/* what each user did later */
	/*
	 * What the model was trained on, or NULL: for floors, ceilings,
	 * breakdowns by popularity, novelty and coverage.
	 */
	const struct rec_sparse *train;
	/*
	 * The items that each list was chosen from, or NULL: for lists over a
	 * sample, whose values are too high, and the correction of that.
	 */
	const struct rec_sparse *candidates;
};

/*
 * Entries of equal score have no order. What one of them counts: by label, the
 * mean over all orders, the worst, or the best.
 */
enum rec_ties { REC_TIES_LABEL, REC_TIES_MEAN, REC_TIES_WORST, REC_TIES_BEST };

struct rec_eval_opts {
	const struct rec_metric *metric;
	size_t n;
	double relevant;	/* the smallest value that is relevant; 0: all above 0 */
	enum rec_ties ties;
	/*
	 * Users of truth without a list count 0; true leaves them out, which
	 * flatters a model that answers few.
	 */
	bool skip_missing;
	bool shallow;		/* a cut-off may be deeper than every list */
	uint32_t first, last;	/* users first .. last - 1 of truth; last 0: all */
};

/* What a person should hear of it. */
struct rec_eval_notes {
	uint64_t lists_without_truth;
	uint64_t tied_lists;	/* of two and more entries, all of one score */
	bool swapped;		/* the lists look like a truth, and the truth like lists */
	uint64_t extra_pairs;	/* measures of ratings: pairs that truth does not hold */
	/*
	 * Why there is no correction of sampled values; NULL where there is, or
	 * nothing was sampled. A constant string.
	 */
	const char *uncorrected;
};

/* How numbers of users become one. */
enum rec_agg {
	REC_AGG_MEAN,		/* the mean of the values */
	REC_AGG_RATIO,		/* sum of the sums / sum of the counts */
	REC_AGG_ROOT,		/* the square root of that */
	REC_AGG_COVERAGE,	/* from counts of items, over all lists */
	REC_AGG_GINI,
};

enum rec_state {
	REC_ABSENT,	/* the series says nothing of this user */
	REC_PRESENT,
	REC_MISSING,	/* truth, but no list: 0, or left out */
};

enum {	/* flags of a series */
	REC_SERIES_MAIN = 1,	/* a measure that was asked for: broken down and tested */
	REC_SERIES_ANSWERED = 2,	/* the definition says how many users have a list */
	REC_SERIES_SHARE = 4,	/* a ratio whose sum is a number of pairs */
};

/* One number a user. */
struct rec_series {
	char *name, *definition;
	enum rec_agg agg;
	unsigned flags;
	uint32_t k;		/* measures of the catalogue: cut-off */
	double *value;		/* by user: the value, or the sum; NULL for the catalogue */
	/* ratio, root: pairs in the sum, and pairs there could be; else NULL */
	uint32_t *count, *of;
	unsigned char *state;	/* by user: enum rec_state */
};

struct rec_results {
	struct rec_labels user;		/* of truth */
	bool skip_missing;
	struct rec_series *series;	/* n of them */
	size_t n, cap;
	uint32_t *history;		/* pairs of each user in train, or NULL */
	struct rec_labels group;	/* n = 0 where there are none */
	uint64_t *group_ptr;		/* groups of user u: group_idx[group_ptr[u]] ... */
	uint32_t *group_idx;
	uint64_t nitems;		/* items of train */
	struct rec_labels item;		/* of the lists, for coverage; borrowed from train */
	uint64_t *listed_ptr;		/* the first entries of each list, or NULL */
	uint32_t *listed;		/* REC_NONE: train does not hold it */
};

void rec_results_free(struct rec_results *r);

/*
 * Measure. A measure NAME of ranking gives a series NAME; with train also
 * NAME/floor (the most popular items for everybody), NAME/ceiling (the best
 * that a list could be) and NAME/head, /middle, /tail (the truth by thirds of
 * popularity); with candidates NAME/corrected. r borrows the labels of train.
 */
REC_MUST int rec_evaluate(struct rec_results *r, const struct rec_eval_input *in,
			  const struct rec_eval_opts *o, const struct rec_run *run,
			  struct rec_eval_notes *notes, struct rec_err *e);

/*
 * Give users their groups, for breakdowns: rows of groups are users, columns
 * groups. A user may be in several.
 */
REC_MUST int rec_results_groups(struct rec_results *r, const struct rec_sparse *groups,
				struct rec_err *e);

/* The number of one user alone, ratio and root worked out. */
double rec_series_user(const struct rec_series *s, uint32_t u);

/* -- in all ----------------------------------------------------------- */

/*
 * Paired tests over users. rec-eval(1) says when each is right; the t test is
 * the usual one.
 */
enum rec_test { REC_TEST_T, REC_TEST_WILCOXON, REC_TEST_RANDOMIZATION };

struct rec_summary_opts {
	uint32_t bootstrap;	/* resamples for an interval of 95 %; 0: none */
	const struct rec_results *compare;	/* of other lists, measured alike; or NULL */
	enum rec_test test;	/* of the difference to compare */
	uint64_t seed;		/* of resamples and of the randomization test */
};

struct rec_summary_line {
	char *name, *definition;
	double value;
};

struct rec_summary {
	struct rec_summary_line *line;
	size_t n, cap;
};

void rec_summary_free(struct rec_summary *s);

/*
 * A line for every series, then for the main ones by length of history and by
 * group. With compare, after each main series NAME: NAME/compared,
 * NAME/difference (this one minus the other) and NAME/p. A measure that has
 * nothing to be computed from is an error.
 */
REC_MUST int rec_summarize(struct rec_summary *s, const struct rec_results *r,
			   const struct rec_summary_opts *o, struct rec_pool *pool,
			   struct rec_err *e);

/* The line of that name (len bytes), or NULL. */
const struct rec_summary_line *rec_summary_find(const struct rec_summary *s, const char *name,
						size_t len);

/* name TAB value TAB definition, a line each; or one JSON object. */
REC_MUST int rec_summary_write(struct rec_out *out, const struct rec_summary *s, bool json,
			       struct rec_err *e);

REC_END_C

#endif

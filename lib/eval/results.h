/* SPDX-License-Identifier: MIT */
/*
 * results.h - what was measured, user by user, before it is summed up.
 *
 * A whole run fills this from lists and truth (evaluate.h) and sums it up
 * (summary.h); `--per-user` writes it as text and `--summarize` reads that text
 * back (peruser.h) and sums it up by the same code. So the bytes of the summary
 * are the same as long as the text is lossless.
 *
 * Sums are taken over the users that have a value in a series, in label order,
 * as base/blocks.h says.
 */
#ifndef REC_EVAL_RESULTS_H
#define REC_EVAL_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "eval/measure.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"

REC_BEGIN_C

enum rec_state {
	REC_ABSENT,	/* the series says nothing of this user */
	REC_PRESENT,
	REC_MISSING,	/* truth, but no list: 0, or left out */
};

enum {	/* flags of a series */
	/* broken down by history and group, and tested for significance */
	REC_SERIES_MAIN = 1,
	REC_SERIES_ANSWERED = 2,	/* the definition says how many users were answered */
	REC_SERIES_SHARE = 4,		/* ratio whose sum is a number of pairs */
};

/* What a series is, before it has values. Texts are copied. */
struct rec_series_is {
	const char *name, *definition;
	enum rec_agg agg;
	unsigned flags;
	uint32_t k;			/* catalogue measures: cut-off */
};

struct rec_series {
	char *name, *definition;
	enum rec_agg agg;
	unsigned flags;
	uint32_t k;			/* catalogue measures: cut-off */
	/*
	 * mean: the user's value; ratio and root: the user's sum; NULL for
	 * catalogue measures
	 */
	double *value;
	/* ratio and root: pairs summed, and pairs there were; else NULL */
	uint32_t *count, *of;
	unsigned char *state;		/* enum rec_state */
};

struct rec_results {
	struct rec_labels user;		/* owned copy */
	bool skip_missing;
	struct rec_series *series;
	size_t n, cap;
	uint32_t *history;		/* train pairs of each user, or NULL */
	struct rec_labels group;	/* n = 0 where there are none */
	uint64_t *group_ptr;		/* groups of user u: group_idx[group_ptr[u]] ..., or NULL */
	uint32_t *group_idx;
	uint64_t nitems;		/* items of train, for coverage and gini */
	struct rec_labels item;		/* items that listed[] names; borrowed or owned */
	/* the first entries of each user's list, in rank order, or NULL */
	uint64_t *listed_ptr;
	/* index into item, or REC_NONE where train doesn't hold it */
	uint32_t *listed;
};

void rec_results_free(struct rec_results *r);

/*
 * Add a series for all users, absent everywhere; *out is valid until the next
 * one is added.
 */
REC_MUST int rec_results_add(struct rec_results *r, struct rec_series **out,
			     const struct rec_series_is *is, struct rec_err *e);

/* Give users their groups: rows of groups are users, columns groups. */
REC_MUST int rec_results_groups(struct rec_results *r, const struct rec_sparse *groups,
				struct rec_err *e);

/* The number that a ratio, root or mean has for one user alone. */
double rec_series_user(const struct rec_series *s, uint32_t u);

REC_END_C

#endif

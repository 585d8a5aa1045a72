/* SPDX-License-Identifier: MIT */
/*
 * sim/line.h - what a measure sees of a line: the sums of one item with all the
 * items that it shares users with.
 */
#ifndef REC_SIM_LINE_H
#define REC_SIM_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/overlap.h"

struct rec_line {
	const struct rec_accumulator *sums;
	const float *other;	/* by item: what the sieve of the measure asked for */
	uint32_t own;		/* the item of the line */
	bool rows;		/* own is the history item; else the candidate */
};

/* The sums of a pair. With COUNT xy is the count. */
struct rec_pair {
	uint32_t count;
	double xy, xx, yy;
};

static inline struct rec_pair rec_line_pair(const struct rec_line *l, uint32_t s)
{
	const struct rec_accumulator *a = l->sums;
	struct rec_pair p = { a->count[s], a->xy ? a->xy[s] : a->count[s],
			      a->xx ? a->xx[s] : 0, a->yy ? a->yy[s] : 0 };

	return p;
}

/*
 * weight[k] = that of the pair with item[k], k < n, rounded once; 0 for none.
 */
typedef void rec_weigh_fn(const void *arg, const struct rec_line *l, const uint32_t *item,
			  uint32_t n, float *weight);

/*
 * A measure of one pair, for REC_WEIGH: i the history item, j the candidate.
 */
typedef double rec_pair_fn(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p);

/* Define a rec_weigh_fn by a rec_pair_fn, which becomes part of its loop. */
#define REC_WEIGH(name, pair_fn)                                                                   \
	void name(const void *arg, const struct rec_line *l, const uint32_t *item, uint32_t n,     \
		  float *weight)                                                                   \
	{                                                                                          \
		for (uint32_t k = 0; k < n; k++) {                                                 \
			struct rec_pair p = rec_line_pair(l, item[k]);                             \
                                                                                                   \
			weight[k] = (float)(l->rows ? pair_fn(arg, l->own, item[k], &p) :          \
						      pair_fn(arg, item[k], l->own, &p));          \
		}                                                                                  \
	}

/*
 * What a sieve wants to know of an item that is not the line's. A float, since
 * it is read for every pair.
 */
typedef float rec_other_fn(const void *arg, uint32_t item, bool rows);

/*
 * Which pairs of a line may have a |weight| of `least` or more, by a test that
 * is cheaper than the weight and never leaves out one that has: their other
 * items, into `to`; returns how many. least is a normal number above 0.
 */
typedef uint32_t rec_sieve_fn(const void *arg, const struct rec_line *l, float least, uint32_t *to);

struct rec_sim_measure {
	rec_weigh_fn *weigh;
	/* NULL: no weight is known to be small before it is made */
	rec_other_fn *other;
	rec_sieve_fn *sieve;
};

#endif

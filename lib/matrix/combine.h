/* SPDX-License-Identifier: MIT */
/*
 * combine.h - the cells of one pair as one value, by the rule for repeats
 * (enum rec_repeats). The manual promises that a history read line by line
 * (rec-topn --stream) is the row that a whole input would give: both are
 * combined here.
 */
#ifndef REC_MATRIX_COMBINE_H
#define REC_MATRIX_COMBINE_H

#include <math.h>
#include <stdbool.h>

#include "matrix/sparse.h"

/* Why a pair that repeats has no value. */
enum rec_conflict_kind {
	REC_CONFLICT_NONE,
	REC_CONFLICT_TWICE,	/* it must not repeat */
	REC_CONFLICT_NO_TIME,	/* LAST, and some cell has no time */
	REC_CONFLICT_RANGE	/* the sum is beyond float */
};

/*
 * The cells of a pair so far. They come in order of (time, value), without time
 * first.
 */
struct rec_combine {
	double sum;
	float max, last;
	bool no_time;
};

static inline void rec_combine_first(struct rec_combine *c, float value, double time)
{
	c->sum = value;
	c->max = c->last = value;
	c->no_time = isnan(time) != 0;
}

static inline void rec_combine_next(struct rec_combine *c, float value)
{
	c->sum += value;
	c->max = value > c->max ? value : c->max;
	c->last = value;
}

/* The value of two cells and more. Not KEEP. */
static inline enum rec_conflict_kind rec_combine_end(const struct rec_combine *c,
						     enum rec_repeats rule, float *value)
{
	switch (rule) {
	case REC_REPEATS_FAIL: return REC_CONFLICT_TWICE;
	case REC_REPEATS_LAST:
		*value = c->last;
		return c->no_time ? REC_CONFLICT_NO_TIME : REC_CONFLICT_NONE;
	case REC_REPEATS_MAX: *value = c->max; return REC_CONFLICT_NONE;
	default:
		*value = (float)c->sum + 0.0f;	/* not -0 */
		return isfinite(*value) ? REC_CONFLICT_NONE : REC_CONFLICT_RANGE;
	}
}

#endif

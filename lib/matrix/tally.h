/* SPDX-License-Identifier: MIT */
/*
 * tally.h - what is counted while cells are read, by one thread each; and the
 * message about a pair that cannot be combined.
 */
#ifndef REC_MATRIX_TALLY_H
#define REC_MATRIX_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "matrix/cells.h"
#include "matrix/sparse.h"

enum { REC_TALLY_VALUES = 20 };

/* What a thread has seen. */
struct rec_tally {
	_Alignas(64) struct rec_digest digest;
	bool has_value, negative;
	uint64_t times, large_times;		/* as in struct rec_sparse */
	bool ranked_ties;
	struct rec_beyond *beyond;		/* by ids, as they came */
	size_t nbeyond, beyond_cap;
	/* different values, in any order; bit i of halves stands for i / 2 */
	bool many;				/* more than fit */
	int nvalues;
	float value[REC_TALLY_VALUES];
	uint64_t halves;
};

/* A value that no thread need look for: note it among the different ones. */
void rec_tally_new_value(struct rec_tally *t, float value);

/* Most values are 1, or ratings: a bit is set sooner than a number is found. */
static inline void rec_tally_value(struct rec_tally *t, float value)
{
	float twice = 2 * value;
	bool known = t->many;

	if (twice >= 0 && twice < 64 && (float)(int)twice == twice) {
		t->halves |= UINT64_C(1) << (int)twice;
		return;
	}

	for (int i = 0; i < t->nvalues && !known; i++)
		known = t->value[i] == value;
	if (!known)
		rec_tally_new_value(t, value);
	t->negative |= value < 0;
}

static inline void rec_tally_time(struct rec_tally *t, double time)
{
	t->times += time == time;
	t->large_times += time >= REC_LARGE_TIME || time <= -REC_LARGE_TIME;
}

/*
 * All threads' tallies of n threads to s: digest, has_value, rating_like,
 * negative; returns whether there was a time.
 */
bool rec_tally_sum(struct rec_sparse *s, const struct rec_tally *t, unsigned n);

/*
 * Say that a pair can't be combined. in: name of the input, may be NULL.
 * Returns -1.
 */
int rec_conflict_fail(const struct rec_conflict *c, const struct rec_labels *row,
		      const struct rec_labels *col, const char *in, const char *what,
		      struct rec_err *e);

#endif

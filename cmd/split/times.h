/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/times.h - the range and the unit of times, for options that compare
 * times.
 */
#ifndef REC_CMD_SPLIT_TIMES_H
#define REC_CMD_SPLIT_TIMES_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/sparse.h"

struct split_times {	/* {0}: no times */
	double lo, hi;
	uint64_t n, large;	/* large: number of times beyond REC_LARGE_TIME */
};

static inline void split_times_add(struct split_times *t, double time)
{
	if (time != time)
		return;
	t->lo = t->n == 0 || time < t->lo ? time : t->lo;
	t->hi = t->n == 0 || time > t->hi ? time : t->hi;
	t->n++;
	t->large += time >= REC_LARGE_TIME || time <= -REC_LARGE_TIME;
}

struct split_times split_times_of(const struct rec_sparse *m);

/* Tell if some times are large and others are not. */
void split_times_tell(const struct split_times *t);

/*
 * The error that no row is before `after` (train_empty), or that all rows are
 * before it. It says what the times look like.
 */
int split_times_fail_after(const struct split_times *t, double after, bool train_empty,
			   struct rec_err *e);

/*
 * --half-life counts seconds. Fails if times or now are surely in another unit.
 * Prints a note if nothing decays.
 */
REC_MUST int split_times_check_decay(const struct split_times *t, double now, double half_life,
				     struct rec_err *e);

/* Tell if the times of two inputs look like different units. */
void split_times_tell_two(const struct split_times *train, const struct split_times *test);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/times.h - what the times of interactions look like, where an option
 * compares them: their range, their unit.
 */
#ifndef REC_CMD_SPLIT_TIMES_H
#define REC_CMD_SPLIT_TIMES_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/sparse.h"

struct split_times {	/* {0} is none */
	double lo, hi;
	uint64_t n, large;	/* large: beyond REC_LARGE_TIME */
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

/* Say where some times are large and others are not. */
void split_times_tell(const struct split_times *t);

/*
 * No row is before `after`, or none is not: the error, with what the times look
 * like. which: the side that is empty.
 */
int split_times_fail_after(const struct split_times *t, double after, bool train_empty,
			   struct rec_err *e);

/*
 * --half-life counts seconds: an error where times or now surely are something
 * else, a word where nothing decays.
 */
REC_MUST int split_times_check_decay(const struct split_times *t, double now, double half_life,
				     struct rec_err *e);

/* Say where the times of two inputs look like different units. */
void split_times_tell_two(const struct split_times *train, const struct split_times *test);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * lost.h - numbers of an input that have more digits than are kept: how many,
 * and the first of them, whatever the threads do.
 */
#ifndef REC_IO_LOST_H
#define REC_IO_LOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/stream.h"

/* One more, written as the n bytes at s in that line and field of the file. */
void rec_lost_value(struct rec_lost *l, const char *file, uint64_t line, const char *s, size_t n,
		    float kept);
void rec_lost_time(struct rec_lost *l, const char *file, uint64_t line, int field, const char *s,
		   size_t n, double kept);

/* Those of an input that was read later. */
void rec_lost_add(struct rec_lost *l, const struct rec_lost *later);

/* What is said of a wide time where times are compared. */
#define REC_LOST_WIDE \
	"has more digits than a time can hold, and times are compared; cut the last ones off: " \
	"microseconds fit"

/* A failure where there is a wide time, for who compares times. */
REC_MUST int rec_lost_check_times(const struct rec_lost *l, struct rec_err *e);

static inline bool rec_time_is_wide(double time)
{
	const double exact = 9007199254740992.0; /* 2^53 */

	return time > exact || time < -exact;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ranges.h - rows cut into ranges of consecutive ones, so that the cells of
 * each fit into memory; private to this room.
 */
#ifndef REC_MATRIX_RANGES_H
#define REC_MATRIX_RANGES_H

#include <stdint.h>

#include "base/err.h"

struct rec_ranges {
	uint32_t *first;	/* first row of each of n ranges; then the number of rows */
	uint64_t *at;		/* cell that is written next in each, from its first on */
	uint32_t n;
	uint64_t limit;		/* cells of a range, where a row has no more; set by the caller */
};

REC_MUST int rec_ranges_cut(struct rec_ranges *r, const uint64_t *ptr, uint32_t nrows,
			    struct rec_err *e);
void rec_ranges_free(struct rec_ranges *r);

/* The range of a row: the last whose first row is not after it. */
static inline uint32_t rec_ranges_find(const struct rec_ranges *r, uint32_t row)
{
	uint32_t lo = 0, n = r->n;

	while (n > 1) {
		uint32_t half = n / 2;

		lo += r->first[lo + half] <= row ? half : 0;
		n -= half;
	}
	return lo;
}

#endif

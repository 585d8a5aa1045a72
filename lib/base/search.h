/* SPDX-License-Identifier: MIT */
/*
 * search.h - binary search in ascending arrays, in which values may repeat.
 * Returns the first index in [lo, hi) whose element is at least v, or hi.
 */
#ifndef REC_BASE_SEARCH_H
#define REC_BASE_SEARCH_H

#include <stdint.h>

static inline uint64_t rec_search32(const uint32_t *x, uint64_t lo, uint64_t hi, uint32_t v)
{
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (x[mid] < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static inline uint64_t rec_search64(const uint64_t *x, uint64_t lo, uint64_t hi, uint64_t v)
{
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (x[mid] < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#endif

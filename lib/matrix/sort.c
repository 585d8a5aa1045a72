/* SPDX-License-Identifier: MIT */
#include "matrix/sort.h"

static inline int less(const uint64_t *a, const uint64_t *b)
{
	return *a < *b;
}

REC_SORT(sort, uint64_t, less);

void rec_sort64(uint64_t *a, uint64_t *scratch, size_t n)
{
	sort(a, scratch, n);
}

/* SPDX-License-Identifier: MIT */
/* blocks.c - the order of sums over rows, and the borders of parts. */
#include "base/blocks.h"

static uint32_t border(uint32_t nrows, uint32_t k, uint32_t n)
{
	uint64_t row = rec_blocks(nrows) * k / n * REC_BLOCK_ROWS;

	return row < nrows ? (uint32_t)row : nrows;
}

void rec_blocks_part(uint32_t nrows, uint32_t i, uint32_t n, uint32_t *first, uint32_t *last)
{
	*first = border(nrows, i - 1, n);
	*last = border(nrows, i, n);
}

uint64_t rec_tree_split(uint64_t n)
{
	uint64_t p = 1;

	while (p * 2 < n)
		p *= 2;
	return p;
}

double rec_tree_sum(const double *leaf, uint64_t n)
{
	uint64_t left;

	if (n < 2)
		return n ? leaf[0] : 0;
	left = rec_tree_split(n);
	return rec_tree_sum(leaf, left) + rec_tree_sum(leaf + left, n - left);
}

double rec_blocks_sum(const double *x, uint64_t n)
{
	uint64_t left;
	double sum = 0;

	if (n > REC_BLOCK_ROWS) {
		left = rec_tree_split(rec_blocks(n)) * REC_BLOCK_ROWS;
		return rec_blocks_sum(x, left) + rec_blocks_sum(x + left, n - left);
	}
	for (uint64_t i = 0; i < n; i++)
		sum += x[i];
	return sum;
}

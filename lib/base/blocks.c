/* SPDX-License-Identifier: MIT */
/* blocks.c - the order of sums over rows, and the borders of parts. */
#include "base/blocks.h"

#include "base/mem.h"

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

/*
 * Fill one part from block begin on, up to cost cap. Returns the first block
 * that does not fit.
 */
static uint64_t fill(const uint64_t *cost, uint64_t begin, uint64_t nblocks, uint64_t cap)
{
	uint64_t sum = 0;

	while (begin < nblocks && cost[begin] <= cap - sum)
		sum += cost[begin++];
	return begin;
}

static int fits(const uint64_t *cost, uint64_t nblocks, uint32_t n, uint64_t cap)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < n && at < nblocks; i++)
		at = fill(cost, at, nblocks, cap);
	return at == nblocks;
}

/* The smallest cap with which n parts hold all blocks, found by bisection. */
static uint64_t capacity(const uint64_t *cost, uint64_t nblocks, uint32_t n)
{
	uint64_t low = 0, high = 0;

	for (uint64_t b = 0; b < nblocks; b++) {
		high += cost[b];
		low = cost[b] > low ? cost[b] : low;
	}
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (fits(cost, nblocks, n, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void rec_blocks_balance(uint32_t nrows, const uint64_t *cost, uint32_t i, uint32_t n,
			uint32_t *first, uint32_t *last)
{
	uint64_t nblocks = rec_blocks(nrows), cap = capacity(cost, nblocks, n), begin = 0, end = 0;

	for (uint32_t k = 0; k < i; k++) {
		begin = end;
		end = fill(cost, begin, nblocks, cap);
	}
	*first = begin * REC_BLOCK_ROWS < nrows ? (uint32_t)(begin * REC_BLOCK_ROWS) : nrows;
	*last = end * REC_BLOCK_ROWS < nrows ? (uint32_t)(end * REC_BLOCK_ROWS) : nrows;
}

int rec_blocks_cost(uint64_t **cost, const uint64_t *ptr, uint32_t nrows, uint64_t row_cost,
		    struct rec_err *e)
{
	uint64_t nblocks = rec_blocks(nrows), *c = rec_alloc((size_t)nblocks, sizeof *c, e);

	*cost = c;
	for (uint64_t b = 0; c && b < nblocks; b++) {
		uint64_t first = b * REC_BLOCK_ROWS,
			 last = nrows - first < REC_BLOCK_ROWS ? nrows : first + REC_BLOCK_ROWS;

		c[b] = ptr[last] - ptr[first] + (last - first) * row_cost;
	}
	return c ? 0 : -1;
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

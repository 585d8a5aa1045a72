/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - rows in blocks of 256, counted from the first row in canonical
 * order: the leaves of every sum over rows, and the borders of parts.
 *
 * A sum is taken block by block in order, then over the blocks by one fixed
 * tree, which parts n leaves at the largest power of two below n. So it depends
 * on neither threads nor parts.
 */
#ifndef REC_BASE_BLOCKS_H
#define REC_BASE_BLOCKS_H

#include <stdint.h>

#include "base/err.h"

enum { REC_BLOCK_ROWS = 256 };

/* Blocks of n rows. */
static inline uint64_t rec_blocks(uint64_t n)
{
	return n / REC_BLOCK_ROWS + (n % REC_BLOCK_ROWS != 0);
}

/* Rows *first .. *last - 1 are part i of n, 1 <= i <= n. */
void rec_blocks_part(uint32_t nrows, uint32_t i, uint32_t n, uint32_t *first, uint32_t *last);

/*
 * The same by cost: cost[b] is what block b takes, in any unit. The borders
 * make the costliest part as cheap as whole blocks allow; where parts are left
 * over, the last ones are empty. Depends on cost and n alone, so that every
 * process that is given one part knows all of them.
 */
void rec_blocks_balance(uint32_t nrows, const uint64_t *cost, uint32_t i, uint32_t n,
			uint32_t *first, uint32_t *last);

/*
 * The cost of each block where a cell costs 1 and a row row_cost; ptr: nrows +
 * 1 offsets of cells. The caller frees *cost.
 */
REC_MUST int rec_blocks_cost(uint64_t **cost, const uint64_t *ptr, uint32_t nrows,
			     uint64_t row_cost, struct rec_err *e);

/* How many of n >= 2 leaves stand on the left of the tree. */
uint64_t rec_tree_split(uint64_t n);

/* Sum of n leaves by the tree; 0 for none. */
double rec_tree_sum(const double *leaf, uint64_t n);

/* Sum of a number for each of n rows: blocks, then the tree. */
double rec_blocks_sum(const double *x, uint64_t n);

#endif

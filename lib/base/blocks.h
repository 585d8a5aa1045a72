/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - rows in blocks of 256, counted from the first row in canonical
 * order. Blocks are the leaves of every sum over rows, and parts begin and end
 * at blocks.
 *
 * Each block is summed row by row. The block sums are then added by one fixed
 * tree, which splits n leaves at the largest power of two below n. So a sum
 * depends neither on the number of threads nor on that of parts. Five blocks:
 *
 *	         +
 *	      /     \
 *	     +       4
 *	   /   \
 *	  +     +
 *	 / \   / \
 *	0   1 2   3
 */
#ifndef REC_BASE_BLOCKS_H
#define REC_BASE_BLOCKS_H

#include <stdint.h>

#include "base/err.h"

enum { REC_BLOCK_ROWS = 256 };

/* Number of blocks of n rows. */
static inline uint64_t rec_blocks(uint64_t n)
{
	return n / REC_BLOCK_ROWS + (n % REC_BLOCK_ROWS != 0);
}

/* Part i of n consists of rows *first .. *last - 1; 1 <= i <= n. */
void rec_blocks_part(uint32_t nrows, uint32_t i, uint32_t n, uint32_t *first, uint32_t *last);

/*
 * The same, balanced by cost: cost[b] is the cost of block b, in any unit. The
 * borders make the costliest part as cheap as whole blocks allow. If there are
 * more parts than needed, the last ones are empty. The result depends only on
 * cost and n, so a process that makes one part knows the borders of all parts.
 */
void rec_blocks_balance(uint32_t nrows, const uint64_t *cost, uint32_t i, uint32_t n,
			uint32_t *first, uint32_t *last);

/*
 * The cost of each block, if a cell costs 1 and a row costs row_cost. ptr has
 * nrows + 1 offsets of cells. The caller frees *cost.
 */
REC_MUST int rec_blocks_cost(uint64_t **cost, const uint64_t *ptr, uint32_t nrows,
			     uint64_t row_cost, struct rec_err *e);

/* Number of leaves in the left half of a tree of n >= 2 leaves. */
uint64_t rec_tree_split(uint64_t n);

/* Sum of n leaves by the tree; 0 if n is 0. */
double rec_tree_sum(const double *leaf, uint64_t n);

/* Sum of x over n rows: first within blocks, then over blocks by the tree. */
double rec_blocks_sum(const double *x, uint64_t n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * blocks - sums in blocks against the tree written out, parts that join without
 * a gap.
 */
#include <math.h>

#include "base/blocks.h"
#include "base/random.h"
#include "check.h"

enum { MOST = 20000 };

static double x[MOST];

/* The same tree from below: neighbours are added in pairs, level by level. */
static double pairwise(uint64_t n)
{
	static double part[MOST / REC_BLOCK_ROWS + 2];
	uint64_t blocks = rec_blocks(n);

	part[0] = 0;
	for (uint64_t b = 0; b < blocks; b++) {
		part[b] = 0;
		for (uint64_t i = b * REC_BLOCK_ROWS; i < n && i < (b + 1) * REC_BLOCK_ROWS; i++)
			part[b] += x[i];
	}
	for (; blocks > 1; blocks = (blocks + 1) / 2)
		for (uint64_t i = 0; i < blocks; i += 2)
			part[i / 2] = i + 1 < blocks ? part[i] + part[i + 1] : part[i];
	return part[0];
}

static void test_sums(void)
{
	double flat = 0;

	for (uint64_t i = 0; i < MOST; i++)
		flat += x[i] = rec_unit(rec_random(1, i));
	CHECK(fabs(rec_blocks_sum(x, MOST) - flat) < 1e-13 * flat, "%g",
	      rec_blocks_sum(x, MOST) - flat);
	for (uint64_t n = 0; n <= MOST; n += n < 1000 ? 1 : 97)
		CHECK(rec_blocks_sum(x, n) == pairwise(n), "%lu rows", (unsigned long)n);
	CHECK(rec_tree_sum(x, 0) == 0 && rec_tree_sum(x, 1) == x[0] &&
	      rec_tree_sum(x, 3) == (x[0] + x[1]) + x[2]);
	CHECK(rec_tree_split(2) == 1 && rec_tree_split(4) == 2 && rec_tree_split(5) == 4 &&
	      rec_tree_split(1000) == 512);
}

static void test_parts(uint32_t nrows, uint32_t n)
{
	uint32_t next = 0;

	for (uint32_t i = 1; i <= n; i++) {
		uint32_t first, last;

		rec_blocks_part(nrows, i, n, &first, &last);
		CHECK(first == next && (last % REC_BLOCK_ROWS == 0 || last == nrows),
		      "part %u of %u of %u: %u..%u", i, n, nrows, first, last);
		next = last;
	}
	CHECK(next == nrows, "%u of %u", next, nrows);
}

/*
 * The least that the costliest of n parts can cost: best[b] over the first b
 * blocks, all borders tried.
 */
static uint64_t best_of_all(const uint64_t *cost, uint32_t nblocks, uint32_t n)
{
	uint64_t best[65], sum;

	best[0] = 0;
	for (uint32_t b = 1; b <= nblocks; b++)
		best[b] = best[b - 1] + cost[b - 1];
	for (uint32_t k = 1; k < n; k++) {
		for (uint32_t b = nblocks; b > 0; b--) {
			uint64_t least = UINT64_MAX;

			sum = 0;
			for (uint32_t from = b + 1; from-- > 0;
			     sum += from > 0 ? cost[from - 1] : 0) {
				uint64_t most = best[from] > sum ? best[from] : sum;

				least = most < least ? most : least;
			}
			best[b] = least;
		}
	}
	return best[nblocks];
}

static void test_balance(uint32_t nrows, uint32_t n, int skew)
{
	uint64_t cost[64], most = 0;
	uint32_t nblocks = (uint32_t)rec_blocks(nrows), next = 0;

	for (uint32_t b = 0; b < nblocks; b++)
		cost[b] = (uint64_t)(1000 * pow(rec_unit(rec_random(n, b)), skew));
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t first, last;
		uint64_t sum = 0;

		rec_blocks_balance(nrows, cost, i, n, &first, &last);
		CHECK(first == next && (last % REC_BLOCK_ROWS == 0 || last == nrows),
		      "part %u of %u of %u: %u..%u", i, n, nrows, first, last);
		for (uint32_t b = first / REC_BLOCK_ROWS; b < rec_blocks(last); b++)
			sum += cost[b];
		most = sum > most ? sum : most;
		next = last;
	}
	CHECK(next == nrows, "%u of %u", next, nrows);
	CHECK(most == best_of_all(cost, nblocks, n), "costliest %lu", (unsigned long)most);
}

int main(void)
{
	for (uint32_t n = 1; n < 9; n++)
		for (int skew = 0; skew < 8; skew++)
			test_balance(60 * 256 - 17, n, skew);
	test_balance(300, 7, 1);
	test_balance(0, 3, 1);
	test_sums();
	test_parts(5000, 7);
	test_parts(5000, 50);
	test_parts(0, 3);
	test_parts(UINT32_MAX, 1000000);
	CHECK(rec_blocks(0) == 0 && rec_blocks(1) == 1 && rec_blocks(256) == 1 &&
	      rec_blocks(257) == 2);
	return finished("blocks");
}

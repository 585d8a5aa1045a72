/* SPDX-License-Identifier: MIT */
/*
 * als/sum.c - sums over rows by blocks and their tree (base/blocks.h), in
 * double.
 *
 * Gramians: a block of rows is a leaf of the tree. A task takes 2^s leaves in a
 * row, a whole subtree, and adds them as a binary counter does, with one matrix
 * a level. A new leaf is the carry: where a level is taken, the two are
 * added and go up one level. Of five leaves a b c d e:
 *
 *	leaf	level 0	level 1	level 2
 *	a	a
 *	b		ab			a was there: a + b goes up
 *	c	c	ab
 *	d			abcd		c + d, then ab + cd go up
 *	e	e		abcd		the end: abcd + e
 *
 * So at most MAX_TASKS matrices and log2(leaves) a thread are held, whatever
 * the number of rows.
 */
#include "als/sum.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "base/pool.h"
#include "kernel/kernel.h"

enum { MAX_TASKS = 32 };	/* each holds a matrix of doubles */

struct row_sums {
	uint32_t nrows;
	rec_als_row_sum *row_sum;
	void *arg;
	double *block;
};

static int sum_block(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct row_sums *s = arg;
	double sum = 0;

	(void)e;
	for (uint64_t i = first; i < last; i++)
		sum += s->row_sum(s->arg, (uint32_t)i, thread);
	s->block[first / REC_BLOCK_ROWS] = sum;
	return 0;
}

int rec_als_sum_rows(double *sum, uint32_t nrows, rec_als_row_sum *row_sum, void *arg,
		     const struct rec_run *run, struct rec_err *e)
{
	uint64_t nblocks = rec_blocks(nrows);
	struct row_sums s = { nrows, row_sum, arg, rec_alloc(nblocks, sizeof(double), e) };
	int rc = s.block ? rec_pool_slices(run->pool, nrows, REC_BLOCK_ROWS, sum_block, &s, e) : -1;

	if (rc == 0)
		*sum = rec_tree_sum(s.block, nblocks);
	free(s.block);
	return rc;
}

struct gramian {
	const float *table;
	uint32_t n, kp;
	uint64_t nblocks, per_task;	/* leaves; leaves of a task, a power of two */
	size_t levels;			/* matrices of a thread: of the counter, and the carry */
	const struct rec_kernel *kn;
	double *task_sum;		/* a matrix a task */
	double *level;			/* levels matrices a thread */
	float *block;			/* a matrix a thread */
};

static void add_to(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

/* The leaf of one block, in double. */
static void leaf(const struct gramian *g, uint64_t b, float *f, double *to)
{
	size_t size = (size_t)g->kp * g->kp;
	uint64_t first = b * REC_BLOCK_ROWS,
		 rows = g->n - first < REC_BLOCK_ROWS ? g->n - first : REC_BLOCK_ROWS;

	memset(f, 0, size * sizeof *f);
	g->kn->rank_update(f, g->table + first * g->kp, NULL, (uint32_t)rows, g->kp);
	for (size_t i = 0; i < size; i++)
		to[i] = f[i];
}

/*
 * The leaves of one task. Level l holds the sum of a subtree of 2^l leaves
 * where bit l of the number of leaves so far is set.
 */
static int sum_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct gramian *g = arg;
	size_t size = (size_t)g->kp * g->kp;
	double *level = g->level + thread * g->levels * size,
	       *carry = level + (g->levels - 1) * size, *sum = g->task_sum + task * size;
	float *f = g->block + thread * size;
	uint64_t first = task * g->per_task,
		 last = first + g->per_task < g->nblocks ? first + g->per_task : g->nblocks,
		 count = last - first;
	bool empty = true;

	(void)e;
	for (uint64_t done = 0; done < count; done++) {
		size_t l = 0;

		leaf(g, first + done, f, carry);
		for (; done >> l & 1; l++) {
			add_to(level + l * size, carry, size);
			memcpy(carry, level + l * size, size * sizeof *carry);
		}
		memcpy(level + l * size, carry, size * sizeof *carry);
	}
	/* smaller subtrees stand on the right: left + (all that is right) */
	for (size_t l = 0; l + 1 < g->levels; l++) {
		if (!(count >> l & 1))
			continue;
		if (!empty)
			add_to(level + l * size, sum, size);
		memcpy(sum, level + l * size, size * sizeof *sum);
		empty = false;
	}
	return 0;
}

/* Sum of n task matrices into the first, by the same tree. */
static void join(double *m, uint64_t n, size_t size)
{
	uint64_t p;

	if (n <= 1)
		return;
	p = rec_tree_split(n);
	join(m, p, size);
	join(m + p * size, n - p, size);
	add_to(m, m + p * size, size);
}

static void mirror(double *t, const double *lower, uint32_t kp)
{
	for (uint32_t r = 0; r < kp; r++)
		for (uint32_t c = 0; c <= r; c++)
			t[(size_t)r * kp + c] = t[(size_t)c * kp + r] = lower[(size_t)r * kp + c];
}

int rec_als_gramian(double *t, const float *table, uint32_t n, uint32_t kp,
		    const struct rec_run *run, struct rec_err *e)
{
	struct gramian g = { .table = table,
			     .n = n,
			     .kp = kp,
			     .nblocks = rec_blocks(n),
			     .per_task = 1,
			     .levels = 2,
			     .kn = run->kernel };
	size_t size = (size_t)kp * kp, threads = rec_pool_size(run->pool);
	uint64_t ntasks;
	int rc = -1;

	memset(t, 0, size * sizeof *t);
	if (n == 0)
		return 0;
	for (; g.per_task * MAX_TASKS < g.nblocks; g.levels++)
		g.per_task *= 2;
	ntasks = (g.nblocks + g.per_task - 1) / g.per_task;
	g.task_sum = rec_alloc(ntasks * size, sizeof(double), e);
	g.level = g.task_sum ? rec_alloc(threads * g.levels * size, sizeof(double), e) : NULL;
	g.block = g.level ? rec_alloc(threads * size, sizeof(float), e) : NULL;
	if (g.block && rec_pool_run(run->pool, ntasks, sum_task, &g, e) == 0) {
		join(g.task_sum, ntasks, size);
		mirror(t, g.task_sum, kp);
		rc = 0;
	}
	free(g.task_sum);
	free(g.level);
	free(g.block);
	return rc;
}

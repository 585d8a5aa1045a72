/* SPDX-License-Identifier: MIT */
/*
 * cells.h - cells as they come, from all threads, and their way into a
 * canonical matrix.
 *
 * Every thread adds cells (row id, column id, value, time) to lists of its own,
 * one for each of 256 buckets of row ids, in chunks of 4 KiB: 12 bytes a cell,
 * 20 with time. Then, with the rank of every id known,
 *   1. each bucket counts the cells of its rows; a sum over rows in rank order
 *      gives every row its place;
 *   2. each bucket puts its cells in order: by row through the counts, within a
 *      row by (column, time, value); combines repeats; writes them out.
 * A bucket is the work of one thread and fits into its cache; two buckets share
 * no row, so nothing is shared, and after sorting no trace is left of the order
 * in which cells came. Where repeats were combined the rows are moved together
 * at the end.
 *
 * Memory: the cells, the matrix (8 bytes a cell, 16 with time), and a thread's
 * room for one bucket.
 */
#ifndef REC_MATRIX_CELLS_H
#define REC_MATRIX_CELLS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/combine.h"
#include "matrix/csr.h"
#include "matrix/sparse.h"

enum {
	REC_CELL_BUCKETS = 256,
	/*
	 * neighbouring ids share a bucket, so that counters of different
	 * buckets share no cache line
	 */
	REC_CELL_LINE = 8,
	REC_CELL_CHUNK = 1020,	/* words of a chunk, a multiple of 3 and of 5 */
};

struct rec_cell_chunk {
	struct rec_cell_chunk *next;
	uint32_t word[REC_CELL_CHUNK];	/* row, col, value[, time in two] */
};

struct rec_cell_slab;

/* What one thread added. */
struct rec_cell_lists {
	_Alignas(64) uint32_t *at[REC_CELL_BUCKETS], *end[REC_CELL_BUCKETS];
	/* the newest first; all but the first are full */
	struct rec_cell_chunk *chunk[REC_CELL_BUCKETS];
	struct rec_cell_slab *slab;
};

struct rec_cells {
	bool times;
	unsigned nthreads;
	struct rec_cell_lists *list;	/* one a thread */
};

static inline uint32_t rec_cell_bucket(uint32_t row_id)
{
	return row_id / REC_CELL_LINE % REC_CELL_BUCKETS;
}

REC_MUST int rec_cells_new(struct rec_cells *c, unsigned nthreads, bool times, struct rec_err *e);
void rec_cells_free(struct rec_cells *c);

/* Begin a new chunk of bucket b. */
REC_MUST int rec_cells_chunk(struct rec_cell_lists *l, uint32_t b, struct rec_err *e);

/*
 * One cell of one thread. value and time without negative zeros; time NaN where
 * missing.
 */
REC_MUST static inline int rec_cells_add(struct rec_cells *c, unsigned thread, uint32_t row,
					 uint32_t col, float value, double time, struct rec_err *e)
{
	struct rec_cell_lists *l = &c->list[thread];
	uint32_t b = rec_cell_bucket(row), *at;

	if (l->at[b] == l->end[b] && rec_cells_chunk(l, b, e) != 0)
		return -1;
	at = l->at[b];
	at[0] = row;
	at[1] = col;
	memcpy(&at[2], &value, sizeof value);
	if (c->times)
		memcpy(&at[3], &time, sizeof time);
	l->at[b] = at + (c->times ? 5 : 3);
	return 0;
}

/* What the cells are to become. */
struct rec_cells_shape {
	uint32_t row_ids;			/* ids are below */
	/* rank of an id; REC_NONE for rows that are not there */
	const uint32_t *row_rank, *col_rank;
	uint32_t nrows, ncols;			/* ranks are below */
	enum rec_repeats repeats;
	bool times;				/* m gets times */
};

/* The first pair (in canonical order) that the rule for repeats can't take. */
struct rec_conflict {
	enum rec_conflict_kind kind;
	uint32_t row, col;
};

/*
 * Make m; the cells are released on the way. repeats: cells that repeated an
 * earlier pair. With a conflict m is empty and the call succeeds.
 */
REC_MUST int rec_cells_csr(struct rec_csr *m, struct rec_cells *c,
			   const struct rec_cells_shape *shape, uint64_t *repeats,
			   struct rec_conflict *conflict, struct rec_pool *pool, struct rec_err *e);

#endif

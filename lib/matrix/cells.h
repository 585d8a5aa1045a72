/* SPDX-License-Identifier: MIT */
/*
 * cells.h - cells in any order, added by all threads, become a canonical
 * matrix.
 *
 * Every thread adds cells (row id, column id, value, time) to lists of its own:
 * one list for each of 256 buckets of row ids, in chunks of 4 KiB. A cell has
 * 8 bytes while all values of the thread are equal, else 12, and 20 from its
 * first time on. When the rank of every id is known:
 *   1. Each bucket counts the cells of its rows. A sum over rows in rank order
 *      gives every row its place.
 *   2. Each bucket sorts its cells by (row, column, time, value): by digits of
 *      (row, column), then the few that are equal in these. It combines repeats
 *      and writes the cells out.
 *
 *	thread 0:  [bucket 0] [bucket 1] ... [bucket 255]
 *	thread 1:  [bucket 0] [bucket 1] ... [bucket 255]
 *	               |          |              |
 *	            one task   one task       one task
 *
 * One thread handles a bucket, which fits into its cache. No two buckets hold
 * the same row, so threads share nothing. Sorting removes every trace of
 * arrival order. If repeats were combined, rows are compacted at the end.
 *
 * Memory: the cells, the matrix (8 bytes a cell, 16 with a time), and twice the
 * largest bucket a thread (4, 8 or 20 bytes a cell).
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
	/* words of a chunk; cells of 2, 3 or 5 words fill it exactly */
	REC_CELL_CHUNK = 1020,
};

struct rec_cell_chunk {
	struct rec_cell_chunk *next;
	uint16_t width;			/* words of a cell: 2, 3, 5 */
	uint16_t used;			/* words, once it is not the newest of its list */
	float value;			/* of every cell, where a cell has 2 words */
	uint32_t word[REC_CELL_CHUNK];	/* row, col[, value[, time in two words]] */
};

struct rec_cell_slab;

/* The cells that one thread added. */
struct rec_cell_lists {
	_Alignas(64) uint32_t *at[REC_CELL_BUCKETS], *end[REC_CELL_BUCKETS];
	/* newest first; only the first may have space left */
	struct rec_cell_chunk *chunk[REC_CELL_BUCKETS];
	uint64_t closed[REC_CELL_BUCKETS];	/* cells in all chunks but the newest */
	struct rec_cell_slab *slab;
	unsigned width;		/* of the next cell; it grows and never shrinks; 0: no cell */
	float value;		/* of the first cell */
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

/* Have the next cell of every bucket begin a chunk of wider cells. */
void rec_cells_widen(struct rec_cell_lists *l, unsigned width, float value);

/* The number of cells in bucket b of all threads. */
uint64_t rec_cells_count(const struct rec_cells *c, uint32_t b);

/*
 * The end of the words in use of a chunk. Only the newest chunk of a list may
 * still have space.
 */
static inline const uint32_t *rec_cells_end(const struct rec_cell_lists *l, uint32_t b,
					    const struct rec_cell_chunk *k)
{
	return k == l->chunk[b] ? l->at[b] : k->word + k->used;
}

/*
 * Add one cell of one thread. value and time must not be -0; time is NaN if
 * missing.
 */
REC_MUST static inline int rec_cells_add(struct rec_cells *c, unsigned thread, uint32_t row,
					 uint32_t col, float value, double time, struct rec_err *e)
{
	struct rec_cell_lists *l = &c->list[thread];
	uint32_t b = rec_cell_bucket(row), *at;
	unsigned width = c->times && time == time ? 5 : value == l->value ? 2 : 3;

	if (width > l->width)
		rec_cells_widen(l, width, value);
	if (l->at[b] == l->end[b] && rec_cells_chunk(l, b, e) != 0)
		return -1;
	at = l->at[b];
	at[0] = row;
	at[1] = col;
	if (l->width > 2)
		memcpy(&at[2], &value, sizeof value);
	if (l->width > 3)
		memcpy(&at[3], &time, sizeof time);
	l->at[b] = at + l->width;
	return 0;
}

/* The shape of the matrix to make. */
struct rec_cells_shape {
	uint32_t row_ids;			/* ids are below this */
	/* rank of an id; REC_NONE if the matrix does not have the row */
	const uint32_t *row_rank, *col_rank;
	uint32_t nrows, ncols;			/* ranks are below these */
	enum rec_repeats repeats;
	bool times;				/* m has times */
};

/* The first pair, in canonical order, for which the rule for repeats fails. */
struct rec_conflict {
	enum rec_conflict_kind kind;
	uint32_t row, col;
};

/*
 * Make m and release the cells. *repeats is the number of cells that repeat an
 * earlier pair. On a conflict m is empty and the call still succeeds.
 */
REC_MUST int rec_cells_csr(struct rec_csr *m, struct rec_cells *c,
			   const struct rec_cells_shape *shape, uint64_t *repeats,
			   struct rec_conflict *conflict, struct rec_pool *pool, struct rec_err *e);

#endif

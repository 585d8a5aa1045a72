/* SPDX-License-Identifier: MIT */
/*
 * stow.h - cells stored until all have come: in memory up to a limit, then in
 * temporary files.
 *
 *	blocks of threads        ranges of rows           matrix
 *
 *	[ cells ] [ cells ]      [ rows    0 .. a ]       rows    0 .. a
 *	[ cells ] [ cells ]  ->  [ rows a+1 .. b  ]   ->  rows a+1 .. b
 *	[ cells ]                [ rows b+1 .. c  ]       rows b+1 .. c
 *	any order                by range, ranks          canonical order
 *
 * Every thread adds cells (row id, column id, value[, time], 12 or 20 bytes) to
 * blocks of its own. When the rank of every id is known:
 *   1. The cells of every row are counted. Rows are cut into ranges of
 *      consecutive ranks. A range has no more cells than fit into memory, or
 *      one row.
 *   2. Every cell is copied to its range in a second file, with ranks in place
 *      of ids. A block is released when it is empty.
 *   3. Each range becomes a matrix by cells.h, as the whole input would in
 *      memory, with the same rule for repeats. It is written after the ranges
 *      before it.
 * So the result is that of rec_cells_csr, byte for byte. Steps 1 and 3 go
 * through their files in order; step 2 reads in order and writes to one place a
 * range.
 *
 * Memory: 8 bytes a row, and spill->limit. Files: at most twice the cells and
 * once the matrix.
 */
#ifndef REC_MATRIX_STOW_H
#define REC_MATRIX_STOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/far.h"
#include "base/pool.h"
#include "matrix/cells.h"
#include "matrix/csr.h"

struct rec_stow_block;

struct rec_stow_lists {
	_Alignas(64) uint32_t *at, *end;	/* of the block that is being filled */
	struct rec_stow_block *block;		/* newest first; only the first may have space */
};

struct rec_stow {
	struct rec_spill *spill;	/* NULL: not in use */
	bool times;
	_Atomic bool in_files;		/* some cells are in files */
	unsigned nthreads;
	struct rec_stow_lists *list;	/* one a thread */
	_Atomic uint64_t held;		/* bytes of blocks in memory */
};

REC_MUST int rec_stow_new(struct rec_stow *s, struct rec_spill *spill, unsigned nthreads,
			  bool times, struct rec_err *e);
void rec_stow_free(struct rec_stow *s);

/* Begin a new block. */
REC_MUST int rec_stow_block(struct rec_stow *s, unsigned thread, struct rec_err *e);

/* Add one cell of one thread, as rec_cells_add does. */
REC_MUST static inline int rec_stow_add(struct rec_stow *s, unsigned thread, uint32_t row,
					uint32_t col, float value, double time, struct rec_err *e)
{
	struct rec_stow_lists *l = &s->list[thread];
	uint32_t *at;

	if (l->at == l->end && rec_stow_block(s, thread, e) != 0)
		return -1;
	at = l->at;
	at[0] = row;
	at[1] = col;
	memcpy(&at[2], &value, sizeof value);
	if (s->times)
		memcpy(&at[3], &time, sizeof time);
	l->at = at + (s->times ? 5 : 3);
	return 0;
}

/* Move all cells to c. Use this when they fit into memory. s is emptied. */
REC_MUST int rec_stow_cells(struct rec_cells *c, struct rec_stow *s, struct rec_pool *pool,
			    struct rec_err *e);

/* Make m as rec_cells_csr does, but with its cells in a file. s is emptied. */
REC_MUST int rec_stow_csr(struct rec_csr *m, struct rec_stow *s,
			  const struct rec_cells_shape *shape, uint64_t *repeats,
			  struct rec_conflict *conflict, struct rec_pool *pool, struct rec_err *e);

#endif

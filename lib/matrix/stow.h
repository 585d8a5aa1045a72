/* SPDX-License-Identifier: MIT */
/*
 * stow.h - cells put away until all have come: in memory up to a limit, then in
 * temporary files.
 *
 * Cells (row id, column id, value[, time], 12 or 20 bytes) are added by all
 * threads to blocks of their own. With the rank of every id known,
 *   1. the cells of every row are counted; rows are cut into ranges of
 *      consecutive ranks, each with no more cells than fit into memory (or one
 *      row);
 *   2. the cells are counted out to their ranges in a second file, with ranks
 *      in place of ids; each block is released when it is empty;
 *   3. each range becomes a matrix by cells.h, as the whole would in memory,
 *      repeats combined by the same rule, and is written after the ones
 *      before.
 * So the result is that of rec_cells_csr to the byte. All passes but the second
 * go through their files in order; that writes to one place a range.
 *
 * Memory: 8 bytes a row, and spill->limit. Files: at most two times the cells
 * and once the matrix.
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
	struct rec_stow_block *block;		/* the newest first; all but the first are full */
};

struct rec_stow {
	struct rec_spill *spill;	/* NULL: not in use */
	bool times;
	_Atomic bool in_files;		/* some cells are */
	unsigned nthreads;
	struct rec_stow_lists *list;	/* one a thread */
	_Atomic uint64_t held;		/* bytes of blocks in memory */
};

REC_MUST int rec_stow_new(struct rec_stow *s, struct rec_spill *spill, unsigned nthreads,
			  bool times, struct rec_err *e);
void rec_stow_free(struct rec_stow *s);

/* Begin a new block. */
REC_MUST int rec_stow_block(struct rec_stow *s, unsigned thread, struct rec_err *e);

/* As rec_cells_add. */
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

/* All cells to c, for what fits into memory; s is emptied on the way. */
REC_MUST int rec_stow_cells(struct rec_cells *c, struct rec_stow *s, struct rec_pool *pool,
			    struct rec_err *e);

/*
 * As rec_cells_csr, but the cells of m lie in a file. s is emptied on the way.
 */
REC_MUST int rec_stow_csr(struct rec_csr *m, struct rec_stow *s,
			  const struct rec_cells_shape *shape, uint64_t *repeats,
			  struct rec_conflict *conflict, struct rec_pool *pool, struct rec_err *e);

#endif

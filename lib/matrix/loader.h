/* SPDX-License-Identifier: MIT */
/*
 * loader.h - what the loading of text and of recmat share.
 */
#ifndef REC_MATRIX_LOADER_H
#define REC_MATRIX_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/cells.h"
#include "matrix/intern.h"
#include "matrix/stow.h"
#include "matrix/tally.h"
#include "recpipe/matrix.h"

struct rec_loader {
	const struct rec_load *how;
	bool times;			/* times are held */
	struct rec_intern *row, *col;
	struct rec_cells cells;
	struct rec_stow stow;		/* cells go here where memory is bounded */
	struct rec_tally *tally;	/* one a thread */
	struct rec_pool *pool;
};

/* A cell of one thread. */
REC_MUST static inline int rec_loader_add(struct rec_loader *l, unsigned thread, uint32_t row,
					  uint32_t col, float value, double time, struct rec_err *e)
{
	if (l->stow.spill)
		return rec_stow_add(&l->stow, thread, row, col, value, time, e);
	return rec_cells_add(&l->cells, thread, row, col, value, time, e);
}

#endif

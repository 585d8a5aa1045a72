/* SPDX-License-Identifier: MIT */
/*
 * sim/turn.h - cells that were made column by column, as rows.
 *
 * The cells lie in slices of some columns each. A few parts, each of slices one
 * after the other, count their cells by row; sums over rows and parts give each
 * (row, part) its place; and every part carries its cells there. Places follow
 * (row, column), so neither slices nor parts show in the result, and the cells
 * are written once.
 */
#ifndef REC_SIM_TURN_H
#define REC_SIM_TURN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/csr.h"

struct rec_turn_slice {
	uint32_t *item;			/* the row of each cell */
	float *weight;
	size_t n, item_cap, weight_cap;
	uint32_t first, end;		/* columns first .. end - 1, one after the other */
};

/*
 * items x items. cells[j + 1] is the number of cells of column j. The memory of
 * slices is freed on the way.
 */
REC_MUST int rec_turn(struct rec_csr *s, uint32_t items, const uint64_t *cells,
		      struct rec_turn_slice *slice, size_t slices, struct rec_pool *pool,
		      struct rec_err *e);

#endif

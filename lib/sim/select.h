/* SPDX-License-Identifier: MIT */
/*
 * sim/select.h - from lines of weights to the similarity that is kept.
 *
 * A line is all weights of one item: of one candidate over the history items (a
 * column), or of one history item over the candidates (a row). Where N are kept
 * of each column the lines are columns, so that every selection is local to its
 * line, and the kept cells are transposed into rows at the end.
 *
 * Data flow: a task takes up to 64 lines. For each it calls the source,
 * selects, and appends the kept cells to the buffer of the task. Then the
 * buffers are laid end to end in order of lines, or, where lines are columns,
 * each cell goes straight to its row.
 *
 * Memory: the kept cells twice at most, and for each thread a few arrays of one
 * number an item.
 *
 * Selection takes O(cells of the line). The key of a cell is |weight|, then the
 * smaller item: the kept set follows from the weights alone. Cells whose key is
 * above the N-th best so far enter a buffer of 2 N, which quickselect halves
 * when it is full.
 */
#ifndef REC_SIM_SELECT_H
#define REC_SIM_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"

/*
 * A cell of a line as a number: the bits of |weight|, the smaller item first,
 * the sign. The larger |weight| is the larger key.
 */
static inline uint64_t rec_cell_key(float weight, uint32_t item)
{
	uint32_t bits = rec_bits32(weight);

	return (uint64_t)(bits & 0x7fffffff) << 33 | (uint64_t)(UINT32_MAX - item) << 1 |
	       bits >> 31;
}

static inline uint32_t rec_cell_item(uint64_t key)
{
	return UINT32_MAX - (uint32_t)(key >> 1);
}

static inline float rec_cell_weight(uint64_t key)
{
	return rec_float32((uint32_t)(key >> 33) | (uint32_t)key << 31);
}

/*
 * The cells of a line into key, which has room for one more than all items, in
 * any order unless `ascending` says that the source keeps it; *n of them.
 * Neither the diagonal nor zeros nor what --min-sim drops; where some number of
 * each line is kept, those that are surely not kept may be missing.
 */
typedef int rec_line_fn(void *arg, uint32_t line, unsigned thread, uint64_t *key, uint32_t *n,
			struct rec_err *e);

struct rec_selection {
	uint32_t items;
	uint32_t keep;		/* of each line; 0 for all */
	bool rows;		/* lines are rows (history items); else columns (candidates) */
	bool ascending;		/* the source gives items in ascending order */
	/*
	 * rows wanted; cells of others are dropped, and lines that are rows are
	 * not computed
	 */
	uint32_t from, to;
	/*
	 * from and to are columns instead; lines are columns then, and others
	 * are not computed
	 */
	bool columns;
	/*
	 * lines come in groups of so many: before is called once for each, by
	 * one thread, then their lines are asked for; 0: no groups
	 */
	uint32_t group;
	int (*before)(void *arg, uint32_t first, uint32_t end, struct rec_err *e);
};

/*
 * items x items, rows ascending; rows (or columns) outside from .. to - 1 are
 * empty.
 */
REC_MUST int rec_select(struct rec_csr *s, const struct rec_selection *how, rec_line_fn *fn,
			void *arg, const struct rec_run *run, struct rec_err *e);

/*
 * Sort n distinct items in at through a set of bits, items / 64 + 1 words of
 * zeros: O(n + items / 64).
 */
void rec_select_ascend(uint64_t *bits, uint32_t *at, uint32_t n, uint32_t items);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cells_sort.h - one bucket of cells (cells.h) in canonical order.
 *
 * Cells are gathered from their chunks as
 *
 *	key = place of the row in its bucket | rank of the column
 *
 * with what else they hold, and sorted by digits of the key, the lowest first.
 * That takes the same few steps a cell however long the rows are, and no step
 * depends on a comparison. A cell takes as few bytes as its key and its values
 * allow. The cells of one pair are rare; a row that has any is sorted again, by
 * comparing.
 */
#ifndef REC_MATRIX_CELLS_SORT_H
#define REC_MATRIX_CELLS_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "matrix/cells.h"

/* How cells are held while they are sorted; the same for all buckets. */
struct rec_cell_form {
	enum rec_cell_kind {
		REC_CELL_KEY32,		/* all values are equal, keys fit into 32 bits */
		REC_CELL_KEY64,		/* all values are equal */
		REC_CELL_VALUED,	/* a key of 32 bits, and the value */
		REC_CELL_TIMED		/* a key of 64 bits, value and time */
	} kind;
	bool times;			/* some cell may have a time */
	size_t size;			/* bytes of a cell */
	unsigned col_bits, bits;	/* of the key: column, all */
	float value;			/* of every cell, for REC_CELL_KEY32 and _KEY64 */
};

struct rec_cell_form rec_cell_form(const struct rec_cells *c, const struct rec_cells_shape *shape);

/* The number of row ids that a bucket can hold, of all that are below n. */
static inline uint64_t rec_cell_local_rows(uint32_t n)
{
	return ((uint64_t)n / (REC_CELL_LINE * REC_CELL_BUCKETS) + 1) * REC_CELL_LINE;
}

/* The place of a row id in its bucket, and the id at place l of bucket b. */
static inline uint64_t rec_cell_local(uint32_t id)
{
	return (uint64_t)id / (REC_CELL_LINE * REC_CELL_BUCKETS) * REC_CELL_LINE +
	       id % REC_CELL_LINE;
}

static inline uint64_t rec_cell_id(uint32_t b, uint64_t l)
{
	return (l / REC_CELL_LINE * REC_CELL_BUCKETS + b) * REC_CELL_LINE + l % REC_CELL_LINE;
}

/* Memory of a thread for the cells of one bucket, twice. */
struct rec_cell_room {
	void *cell, *spare;
};

/* Gather the cells of bucket b into room->cell, and sort them there. */
void rec_cells_sort(const struct rec_cell_form *f, const struct rec_cells *c,
		    const uint32_t *col_rank, uint32_t b, struct rec_cell_room *room);

/*
 * Write n cells of one row, from place begin of room->cell on: columns, values,
 * and times where time is not NULL. Returns the number of cells that repeat the
 * one before; these are in order of (time, value).
 */
REC_MUST uint64_t rec_cells_put(const struct rec_cell_form *f, const struct rec_cell_room *room,
				uint64_t begin, uint64_t n, uint32_t *col, float *val,
				double *time);

#endif

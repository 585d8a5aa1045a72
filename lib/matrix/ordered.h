/* SPDX-License-Identifier: MIT */
/*
 * matrix/ordered.h - numbers and labels to text by all threads, written in
 * order.
 *
 * The work is n units (cells, rows); tasks of `step` units are formatted into
 * buffers of their own, a few tasks a thread at a time, and the buffers are
 * written in order of their units. Memory is the text of 4 tasks a thread.
 */
#ifndef REC_MATRIX_ORDERED_H
#define REC_MATRIX_ORDERED_H

#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "io/out.h"
#include "matrix/labels.h"
#include "rows/rows.h"

/* Append the text of units from .. to-1 to b. */
typedef int rec_text_format(void *arg, uint64_t from, uint64_t to, struct rec_buf *b,
			    struct rec_err *e);

REC_MUST int rec_text_write(struct rec_out *out, uint64_t n, uint64_t step, rec_text_format *format,
			    void *arg, struct rec_pool *pool, struct rec_err *e);

/* Row i of l as a line with its label alone. */
static inline struct rec_row rec_text_row(const struct rec_labels *l, uint32_t i)
{
	size_t n;
	const char *label = rec_label(l, i, &n);

	return (struct rec_row){ .row = label, .row_len = (uint32_t)n };
}

/* The pair of row i and column j, with its value. */
static inline struct rec_row rec_text_cell(const struct rec_labels *row, uint32_t i,
					   const struct rec_labels *col, uint32_t j, float value)
{
	struct rec_row x = rec_text_row(row, i);
	size_t n;

	x.col = rec_label(col, j, &n);
	x.col_len = (uint32_t)n;
	x.value = value;
	x.has = REC_HAS_COL | REC_HAS_VALUE;
	return x;
}

#endif

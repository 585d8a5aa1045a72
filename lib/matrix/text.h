/* SPDX-License-Identifier: MIT */
/*
 * text.h - numbers and labels to text by all threads, written in order.
 *
 * The work is n units (cells, rows); tasks of `step` units are formatted into buffers of their own, a few tasks a thread at a time, and the buffers are
 * written in order of their units. Memory is the text of 4 tasks a thread.
 */
#ifndef REC_MATRIX_TEXT_H
#define REC_MATRIX_TEXT_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "io/num.h"
#include "io/out.h"
#include "matrix/labels.h"

/* Append the text of units from .. to-1 to b. */
typedef int rec_text_format(void *arg, uint64_t from, uint64_t to, struct rec_buf *b, struct rec_err *e);

REC_MUST int rec_text_write(struct rec_out *out, uint64_t n, uint64_t step, rec_text_format *format, void *arg, struct rec_pool *pool, struct rec_err *e);

/* The row that holds cell c: ptr[row] <= c < ptr[row + 1]. */
uint32_t rec_text_row(const uint64_t *ptr, uint32_t nrows, uint64_t c);

/* Room for n more bytes behind b->p + b->n. */
REC_MUST static inline int rec_text_room(struct rec_buf *b, size_t n, struct rec_err *e)
{
	return b->cap - b->n >= n ? 0 : rec_grow(&b->p, &b->cap, b->n + n, 1, e);
}

/* Bytes into room that is there. */
static inline void rec_text_put(struct rec_buf *b, const void *bytes, size_t n)
{
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * rows/stream_out.h - rows to recmat in the order they come, in blocks of order
 * stream and of bounded size. Commands that pass rows on write this: memory
 * stays bounded, and a label is written once a block.
 */
#ifndef REC_ROWS_STREAM_OUT_H
#define REC_ROWS_STREAM_OUT_H

#include "base/err.h"
#include "base/lang.h"
#include "io/out.h"
#include "rows/row.h"

REC_BEGIN_C

struct rec_stream_out;

/* Borrows out. */
REC_MUST int rec_stream_out_new(struct rec_stream_out **s, struct rec_out *out, struct rec_err *e);
/*
 * Name the blocks to come (rec_block_name_ok); without it they have none. name
 * is borrowed.
 */
void rec_stream_out_name(struct rec_stream_out *s, const char *name);
REC_MUST int rec_stream_out_row(struct rec_stream_out *s, const struct rec_row *row,
				struct rec_err *e);
/* The last block, then the end mark. */
REC_MUST int rec_stream_out_end(struct rec_stream_out *s, struct rec_err *e);
void rec_stream_out_free(struct rec_stream_out *s);

REC_END_C

#endif

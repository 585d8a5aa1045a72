/* SPDX-License-Identifier: MIT */
/*
 * rows/write.h - one row as text. Nothing else knows how a row is written.
 */
#ifndef REC_ROWS_WRITE_H
#define REC_ROWS_WRITE_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "io/out.h"
#include "recpipe/rows.h"

/*
 * Field 3 (value) or 4 (time) of a row: as it was written where its REC_LOST
 * bit is set, else as it is printed, into buf. Returns the text, *n bytes.
 */
const char *rec_row_field(const struct rec_row *row, int field, char buf[32], size_t *n);

/* rec_row_write, but appended to b, without a NUL. */
REC_MUST int rec_row_add(struct rec_buf *b, const struct rec_row *row, struct rec_err *e);

#endif

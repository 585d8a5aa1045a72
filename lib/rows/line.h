/* SPDX-License-Identifier: MIT */
/*
 * rows/line.h - lines of text to rows one by one; contract of rec_rows_line.
 */
#ifndef REC_ROWS_LINE_H
#define REC_ROWS_LINE_H

#include "rows/place.h"

REC_MUST int rec_rows_text_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e);

#endif

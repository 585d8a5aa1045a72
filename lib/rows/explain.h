/* SPDX-License-Identifier: MIT */
/*
 * rows/explain.h - what a reader says of a text that is perhaps not rows: it is
 * another format, or it begins with names of columns.
 */
#ifndef REC_ROWS_EXPLAIN_H
#define REC_ROWS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/looks.h"
#include "rows/place.h"

/*
 * What the text looks like where none of its lines so far held a TAB; NULL
 * where one did, for labels and for recmat.
 */
const struct rec_looks *rec_rows_appear(const struct rec_rows *r);

/*
 * At the end of a text: fail where no line held a TAB and the text is surely
 * another format (not with REC_ROWS_ANYHOW).
 */
REC_MUST int rec_rows_end(const struct rec_rows *r, struct rec_err *e);

/*
 * Improve the message about a line that could not be parsed. True: the first
 * bytes of the stream are of another format, and the message is now about the
 * stream, without a line. False: the message may have got a hint that the line
 * holds names of columns. first: it is the first line of the stream.
 */
bool rec_rows_explain(const struct rec_rows *r, const char *line, const char *end, bool first,
		      struct rec_err *e);
/* The same, and "FILE:LINE: " before a message about a line. Returns -1. */
int rec_rows_bad_line(const struct rec_rows *r, const char *p, const char *end, uint64_t line,
		      struct rec_err *e);

/* Tell the listener of the stream if its first line, at p, reads like names. */
void rec_rows_first_line(const struct rec_rows *r, const char *p, const char *end);

#endif

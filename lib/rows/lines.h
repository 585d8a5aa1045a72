/* SPDX-License-Identifier: MIT */
/*
 * lines.h - a text stream as regions of whole lines, read ahead while the
 * caller parses, or lying in a mapping.
 */
#ifndef REC_ROWS_LINES_H
#define REC_ROWS_LINES_H

#include <stddef.h>

#include "base/err.h"
#include "io/in.h"

struct rec_lines;

/*
 * Readable bytes that follow every region: the parser looks at 64 bytes at a
 * time (tsv.c), and its last look begins before the last newline.
 */
enum { REC_LINES_PAD = 64 };

/* Regions of about chunk bytes (more where a line is longer). Borrows in. */
REC_MUST int rec_lines_open(struct rec_lines **l, struct rec_in *in, size_t chunk,
			    struct rec_err *e);
void rec_lines_close(struct rec_lines *l);

/*
 * The next region: 1, 0 at the end, -1. Whole lines, each with its newline,
 * then REC_LINES_PAD readable bytes; never empty. all: a mapped file is one
 * region (and a small one for its end). Valid until the next call.
 */
REC_MUST int rec_lines_next(struct rec_lines *l, int all, const char **p, size_t *n,
			    struct rec_err *e);

/*
 * Read the region after this one, from any thread but one at a time. What goes
 * wrong is told by rec_lines_next when it gets there.
 */
void rec_lines_ahead(struct rec_lines *l);

#endif

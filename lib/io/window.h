/* SPDX-License-Identifier: MIT */
/*
 * window.h - the part of a stream that a reader of lines holds in memory: bytes
 * it has not yet given out, and room after them to read more.
 */
#ifndef REC_IO_WINDOW_H
#define REC_IO_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/in.h"

enum { REC_WINDOW_PAD = 65 };	/* bytes after p[n) that may be written to */

struct rec_window {	/* { .in = in } is empty; borrows in */
	struct rec_in *in;
	char *p;
	size_t n, cap;
	bool end;		/* the stream has no more bytes */
};

/*
 * Drop the first `drop` bytes, move the rest to the front, and read once after
 * it: as much as a pipe gives, so that a whole line is never kept waiting. Sets
 * end where nothing came. The buffer holds at least twice what is left, so a
 * line that outgrows it costs O(its length) in all.
 */
REC_MUST int rec_window_read(struct rec_window *w, size_t drop, struct rec_err *e);

#endif

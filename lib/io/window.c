/* SPDX-License-Identifier: MIT */
#include "io/window.h"

#include <string.h>

#include "base/mem.h"

/*
 * Few calls for a file. A pipe gives at most 64 KiB at a time; the memory
 * after that is never touched.
 */
enum { STEP = 256 << 10 };

int rec_window_read(struct rec_window *w, size_t drop, struct rec_err *e)
{
	size_t left = w->n - drop;
	int64_t got;

	if (drop > 0)
		memmove(w->p, w->p + drop, left);
	w->n = left;
	if (rec_grow(&w->p, &w->cap, 2 * left + STEP + REC_WINDOW_PAD, 1, e) != 0)
		return -1;
	got = rec_in_read(w->in, w->p + left, w->cap - left - REC_WINDOW_PAD, e);
	if (got < 0)
		return -1;
	w->n += (size_t)got;
	w->end = got == 0;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * matrix/ordered.c - formatted by all threads, written in order; see
 * matrix/ordered.h.
 */
#include "matrix/ordered.h"

#include <stdlib.h>

struct writer {
	rec_text_format *format;
	void *arg;
	uint64_t n, step, first;	/* first: task number of buf[0] */
	struct rec_buf *buf;
};

static int format_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct writer *w = arg;
	uint64_t from = (w->first + task) * w->step, left = w->n - from;

	(void)thread;
	w->buf[task].n = 0;
	return w->format(w->arg, from, from + (left < w->step ? left : w->step), &w->buf[task], e);
}

int rec_text_write(struct rec_out *out, uint64_t n, uint64_t step, rec_text_format *format,
		   void *arg, struct rec_pool *pool, struct rec_err *e)
{
	struct writer w = { .format = format, .arg = arg, .n = n, .step = step };
	uint64_t tasks = n / step + (n % step != 0);
	size_t nbuf = 4 * (size_t)rec_pool_size(pool);
	int rc = 0;

	w.buf = rec_zalloc(nbuf, sizeof *w.buf, e);
	if (!w.buf)
		return -1;
	while (rc == 0 && w.first < tasks) {
		size_t now = tasks - w.first < nbuf ? (size_t)(tasks - w.first) : nbuf;

		rc = rec_pool_run(pool, now, format_task, &w, e);
		for (size_t i = 0; rc == 0 && i < now; i++)
			rc = rec_out_write(out, w.buf[i].p, w.buf[i].n, e);
		w.first += now;
	}
	for (size_t i = 0; i < nbuf; i++)
		rec_buf_free(&w.buf[i]);
	free(w.buf);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * Two buffers take turns: the caller parses one while the other is filled. What
 * is after the last newline of a buffer is copied to the front of the other. A
 * buffer without any newline grows, so memory is twice the chunk, or four times
 * the longest line.
 * A plain file is mapped instead and handed out in place, except for its last
 * lines: they are copied, so that bytes may be read after them.
 */
#include "rows/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

struct buffer {
	char *p;
	size_t cap, room;	/* allocated; of these for the stream */
	size_t n, whole;	/* bytes held; bytes of whole lines */
	bool ready, end, failed;
	struct rec_err err;
};

struct rec_lines {
	struct rec_in *in;
	size_t chunk;
	bool started;
	const char *map;
	size_t map_at, map_end;	/* end of the lines that are handed out in place */
	struct buffer buf[2];
	unsigned now;		/* the buffer that the caller has */
};

int rec_lines_open(struct rec_lines **l, struct rec_in *in, size_t chunk, struct rec_err *e)
{
	*l = rec_zalloc(1, sizeof **l, e);
	if (!*l)
		return -1;
	(*l)->in = in;
	(*l)->chunk = chunk;
	return 0;
}

void rec_lines_close(struct rec_lines *l)
{
	if (!l)
		return;
	free(l->buf[0].p);
	free(l->buf[1].p);
	free(l);
}

/*
 * Room for n bytes of the stream, a newline that may be missing, and padding.
 */
static int make_room(struct buffer *b, size_t n)
{
	if (rec_grow(&b->p, &b->cap, n + 1 + REC_LINES_PAD, 1, &b->err) != 0) {
		b->failed = true;
		return -1;
	}
	b->room = b->cap - 1 - REC_LINES_PAD;
	return 0;
}

/*
 * Length of the whole lines in p[0 .. n), knowing that p[0 .. from) has no
 * newline.
 */
static size_t whole_lines(const char *p, size_t from, size_t n)
{
	while (n > from && p[n - 1] != '\n')
		n--;
	return n > from ? n : 0;
}

static void finish(struct buffer *b)
{
	if (b->end && b->n > 0 && b->p[b->n - 1] != '\n')
		b->p[b->n++] = '\n';
	if (b->end)
		b->whole = b->n;
	if (b->p)
		memset(b->p + b->n, 0, REC_LINES_PAD);
}

/*
 * Read until the buffer is full and holds a newline, or the stream ends or
 * fails.
 */
static void fill(struct rec_lines *l, struct buffer *b)
{
	size_t searched = 0;

	while (!b->failed && !b->end) {
		int64_t got;

		if (b->n == b->room) {
			b->whole = whole_lines(b->p, searched, b->n);
			searched = b->n;
			if (b->whole > 0 || make_room(b, 2 * b->n) != 0)
				return;
		}
		got = rec_in_read(l->in, b->p + b->n, b->room - b->n, &b->err);
		b->failed = got < 0;
		b->end = got == 0;
		b->n += got > 0 ? (size_t)got : 0;
	}
	if (b->failed)	/* lines that came before the failure are still good */
		b->whole = whole_lines(b->p, searched, b->n);
}

static void fill_next(struct rec_lines *l)
{
	struct buffer *was = &l->buf[l->now], *b = &l->buf[!l->now];
	size_t rest = was->n - was->whole;

	if (b->ready)
		return;
	b->ready = true;
	b->n = b->whole = 0;
	b->end = was->end;
	b->failed = was->failed;
	b->err = was->err;
	if (b->end || b->failed || make_room(b, rest < l->chunk ? l->chunk : 2 * rest) != 0)
		return;
	if (rest)
		memcpy(b->p, was->p + was->whole, rest);
	b->n = rest;
	fill(l, b);
	finish(b);
}

void rec_lines_ahead(struct rec_lines *l)
{
	if (!l->map)
		fill_next(l);
}

/*
 * Map the stream where that can be; the lines near its end go to the buffer
 * that comes next, as the last ones.
 */
static int start(struct rec_lines *l, struct rec_err *e)
{
	struct buffer *b = &l->buf[1];
	const void *map;
	size_t n, tail;
	int rc = rec_in_map(l->in, &map, &n, e);

	if (rc <= 0)
		return rc;
	(void)posix_madvise((void *)(uintptr_t)map, n, POSIX_MADV_SEQUENTIAL);	/* a hint */
	l->map = map;
	l->map_end = n > REC_LINES_PAD ? whole_lines(map, 0, n - REC_LINES_PAD) : 0;
	tail = n - l->map_end;
	if (make_room(b, tail) != 0) {
		*e = b->err;
		return -1;
	}
	memcpy(b->p, l->map + l->map_end, tail);
	b->n = tail;
	b->ready = b->end = true;
	finish(b);
	return 0;
}

static size_t next_in_map(struct rec_lines *l, int all)
{
	size_t left = l->map_end - l->map_at;
	const char *cut;

	if (all || left <= l->chunk)
		return left;
	cut = memchr(l->map + l->map_at + l->chunk - 1, '\n', left - l->chunk + 1);
	return (size_t)(cut + 1 - (l->map + l->map_at));	/* the last byte is a newline */
}

int rec_lines_next(struct rec_lines *l, int all, const char **p, size_t *n, struct rec_err *e)
{
	struct buffer *b;

	if (!l->started && start(l, e) != 0)
		return -1;
	l->started = true;
	if (l->map_at < l->map_end) {
		*n = next_in_map(l, all);
		*p = l->map + l->map_at;
		l->map_at += *n;
		return 1;
	}
	fill_next(l);
	l->buf[l->now].ready = false;
	l->now = !l->now;
	b = &l->buf[l->now];
	*p = b->p;
	*n = b->whole;
	if (b->whole > 0)
		return 1;
	if (b->failed)
		*e = b->err;
	return b->failed ? -1 : 0;
}

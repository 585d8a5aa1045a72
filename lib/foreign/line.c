/* SPDX-License-Identifier: MIT */
#include "foreign/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "io/looks.h"
#include "io/num.h"

enum { NEAR = 4096 };	/* bytes without a newline after which CR counts as line end */

void rec_line_free(struct rec_foreign_line *l)
{
	free(l->held.p);
	l->held.p = NULL;
	rec_buf_free(&l->text);
}

int rec_line_fail(const struct rec_foreign_line *l, int field, struct rec_err *e, const char *fmt,
		  ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (field)
		return rec_err_set(e, REC_EDATA, "%s:%llu: field %d: %s", rec_in_name(l->held.in),
				   (unsigned long long)l->number, field, text);
	return rec_err_set(e, REC_EDATA, "%s:%llu: %s", rec_in_name(l->held.in),
			   (unsigned long long)l->number, text);
}

/* Read more bytes. The line that is being read stays in memory. */
static int read_more(struct rec_foreign_line *l, struct rec_err *e)
{
	l->at -= l->start;
	if (rec_window_read(&l->held, l->start, e) != 0)
		return -1;
	l->start = 0;
	return 0;
}

/*
 * Decide at the first line end of the stream whether CR alone ends a line.
 * Returns false if more bytes are needed. In csv CR decides if it comes before
 * the first newline; a wrong decision shows there, because fields are counted.
 * In other formats a CR in a line that ends in newline belongs to a label.
 */
static bool decide(struct rec_foreign_line *l, size_t from)
{
	const char *p = l->held.p + from, *end = l->held.p + l->held.n,
		   *newline = memchr(p, '\n', (size_t)(end - p)), *cr;

	cr = memchr(p, '\r', (size_t)((newline ? newline : end) - p));
	if (!newline && !l->held.end && (!cr || cr + 2 >= end || (!l->marks && end - p < NEAR)))
		return false;
	if (newline && !l->marks)
		cr = NULL;
	l->cr = cr && cr + 1 < end && cr[1] != '\n' &&
		!(cr[1] == '\r' && (cr + 2 == end || cr[2] == '\n'));
	l->known = newline || cr || l->held.end;
	return true;
}

/*
 * Find the end of the line that begins at byte `from`: its place and width.
 * False if the bytes held do not contain it, or contain only its first byte.
 */
static bool find_end(const struct rec_foreign_line *l, size_t from, size_t *place, size_t *width)
{
	const char *p = l->held.p + from, *end = l->held.p + l->held.n,
		   *newline = memchr(p, '\n', (size_t)(end - p)), *cr = NULL;

	if (l->cr)
		cr = memchr(p, '\r', (size_t)((newline ? newline : end) - p));
	if (cr && cr + 1 == end && !l->held.end)
		return false;
	if (!cr && !newline)
		return false;
	*place = (size_t)((cr ? cr : newline) - l->held.p);
	*width = cr && cr + 1 < end && cr[1] == '\n' ? 2 : 1;
	return true;
}

/*
 * Take the bytes from at to the next line end, and put a NUL over the line end.
 * Returns 1, 0 at the end of the input, -1 on error.
 */
static int take_line(struct rec_foreign_line *l, struct rec_err *e)
{
	size_t looked = l->at, place, width;
	bool found = false;

	for (;;) {
		size_t before = l->start;

		if (l->known || (l->held.n > looked && decide(l, l->at)))
			found = find_end(l, looked, &place, &width);
		if (found || l->held.end)
			break;
		looked = l->known && l->held.n > l->at ? l->held.n - (l->cr ? 1 : 0) : l->at;
		looked = looked > l->at ? looked : l->at;
		if (read_more(l, e) != 0)
			return -1;
		looked -= before - l->start;
	}
	if (!found && l->at == l->held.n)
		return 0;
	l->stop = found ? place : l->held.n;
	l->at = l->stop + (found ? width : 0);
	if (l->stop > l->start && l->held.p[l->stop - 1] == '\r')
		l->stop--;
	l->number++;
	return 1;
}

static int check_line(struct rec_foreign_line *l, size_t from, struct rec_err *e)
{
	const struct rec_looks *looks = NULL;
	const char *head;
	size_t n;

	if (l->number == 1 && !l->binary) {
		head = rec_in_head(l->held.in, &n);
		looks = rec_looks_format(head, n);
	}
	if (looks)
		return rec_looks_fail(l->held.in, looks, e);
	if (!l->marks && rec_looks_mark(l->held.p + from, l->stop - from))
		return rec_line_fail(l, 0, e, "%s", REC_LOOKS_MARK);
	if (!memchr(l->held.p + from, '\0', l->stop - from))
		return 0;
	rec_line_fail(l, 0, e, "a NUL byte");
	rec_looks_explain(l->held.in, e);
	return -1;
}

/* Return the bytes between start and stop, without a byte order mark. */
static int give_line(struct rec_foreign_line *l, char **line, size_t *n)
{
	l->under = l->held.p[l->stop];
	l->held.p[l->stop] = '\0';	/* the line end, or the byte kept free at the end */
	*line = l->held.p + l->start;
	*n = l->stop - l->start;
	if (l->marks && rec_looks_mark(*line, *n)) {
		*line += 3;
		*n -= 3;
	}
	return 1;
}

int rec_line_next(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e)
{
	int got;

	l->start = l->at;
	got = take_line(l, e);
	if (got == 1 && check_line(l, l->start, e) != 0)
		return -1;
	return got == 1 ? give_line(l, line, n) : got;
}

int rec_line_more(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e)
{
	size_t had = l->at - l->start;
	int got;

	l->held.p[l->stop] = l->under;
	got = take_line(l, e);
	if (got == 1 && memchr(l->held.p + l->start + had, '\0', l->stop - l->start - had)) {
		rec_line_fail(l, 0, e, "a NUL byte");
		rec_looks_explain(l->held.in, e);
		return -1;
	}
	return got == 1 ? give_line(l, line, n) : got;
}

static int number_fail(const struct rec_foreign_line *l, int field, const char *s, size_t n,
		       enum rec_num why, struct rec_err *e)
{
	if (why == REC_NUM_EMPTY)
		return rec_line_fail(l, field, e, "empty");
	return rec_line_fail(l, field, e, "'%.*s%s' is %s", (int)(n < 40 ? n : 40), s,
			     n > 40 ? "..." : "",
			     why == REC_NUM_RANGE ? "out of range" : "not a number");
}

int rec_line_f32(const struct rec_foreign_line *l, int field, const char *s, size_t n, float *x,
		 struct rec_err *e)
{
	bool lost = false;
	enum rec_num r = rec_num_value(s, n, x, &lost);

	if (lost && l->lost)
		rec_lost_value(l->lost, rec_in_name(l->held.in), l->number, s, n, *x);
	return r == REC_NUM_OK ? lost : number_fail(l, field, s, n, r, e);
}

int rec_line_time(const struct rec_foreign_line *l, int field, const char *s, size_t n, double *x,
		  struct rec_err *e)
{
	bool lost = false;
	enum rec_num r = rec_num_time(s, n, x, &lost);

	if (lost && l->lost)
		rec_lost_time(l->lost, rec_in_name(l->held.in), l->number, field, s, n, *x);
	return r == REC_NUM_OK ? lost : number_fail(l, field, s, n, r, e);
}

int rec_line_keep(struct rec_foreign_line *l, struct rec_row *row, const char *value, size_t nvalue,
		  const char *time, size_t ntime, struct rec_err *e)
{
	struct rec_buf *b = &l->text;

	b->n = 0;
	if (rec_buf_add(b, row->col, row->col_len, e) != 0 || rec_buf_add(b, "\t", 1, e) != 0)
		return -1;
	if (rec_buf_add(b, value ? value : "1", value ? nvalue : 1, e) != 0 ||
	    rec_buf_add(b, "\t", 1, e) != 0)
		return -1;
	if (rec_buf_add(b, time ? time : "", time ? ntime : 0, e) != 0 ||
	    rec_buf_add(b, "\n", 1, e) != 0)
		return -1;
	row->col = b->p;
	return 0;
}

int rec_line_u64(const struct rec_foreign_line *l, int field, const char *s, size_t n, uint64_t *x,
		 struct rec_err *e)
{
	enum rec_num r = rec_num_u64(s, n, x);

	return r == REC_NUM_OK ? 0 : number_fail(l, field, s, n, r, e);
}

int rec_line_label(const struct rec_foreign_line *l, int field, const char *s, size_t n,
		   struct rec_err *e)
{
	if (n == 0)
		return rec_line_fail(l, field, e, "empty");
	if (n > REC_LABEL_MAX)
		return rec_line_fail(l, field, e, REC_LABEL_TOO_LONG);
	if (memchr(s, '\t', n) || memchr(s, '\n', n))
		return rec_line_fail(l, field, e, "a label cannot hold TAB or line break");
	return 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

int rec_field_next(char **p, const char *end, const char *delimiter, char **s, size_t *n)
{
	size_t len = delimiter ? strlen(delimiter) : 0;
	char *at = *p;

	if (len == 0) {
		while (at < end && blank(*at))
			at++;
		if (at >= end)
			return 0;
		*s = at;
		while (at < end && !blank(*at))
			at++;
		*n = (size_t)(at - *s);
		*p = at;
		return 1;
	}
	if (at > end)
		return 0;
	*s = at;
	while (at + len <= end && memcmp(at, delimiter, len) != 0)
		at++;
	if (at + len > end) {
		*n = (size_t)(end - *s);
		*p = (char *)end + 1;	/* past end: there is no further field */
		return 1;
	}
	*n = (size_t)(at - *s);
	*p = at + len;
	return 1;
}

const char *rec_delimiter(const char *option, const char *otherwise)
{
	if (!option)
		return otherwise;
	if (strcmp(option, "blanks") == 0)
		return "";
	return strcmp(option, "\\t") == 0 ? "\t" : option;
}

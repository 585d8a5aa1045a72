/* SPDX-License-Identifier: MIT */
#include "io/foreign_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"

void rec_line_free(struct rec_foreign_line *l)
{
	free(l->buf);
	l->buf = NULL;
}

int rec_line_fail(const struct rec_foreign_line *l, int field, struct rec_err *e, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (field)
		return rec_err_set(e, REC_EDATA, "%s:%llu: field %d: %s", rec_in_name(l->in), (unsigned long long)l->number, field, text);
	return rec_err_set(e, REC_EDATA, "%s:%llu: %s", rec_in_name(l->in), (unsigned long long)l->number, text);
}

/* Keep what is not given out yet, and read more behind it. */
static int read_more(struct rec_foreign_line *l, struct rec_err *e)
{
	enum { CHUNK = 1 << 18 };
	int64_t got;

	if (l->at > 0) {
		memmove(l->buf, l->buf + l->at, l->n - l->at);
		l->n -= l->at;
		l->at = 0;
	}
	if (rec_grow(&l->buf, &l->cap, l->n + CHUNK + 1, 1, e) != 0)
		return -1;
	got = rec_in_read(l->in, l->buf + l->n, CHUNK, e);
	if (got < 0)
		return -1;
	l->ended = got == 0;
	l->n += (size_t)got;
	return 0;
}

int rec_line_next(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e)
{
	char *newline = NULL;
	size_t looked = 0;

	while (!(newline = l->n > l->at + looked ? memchr(l->buf + l->at + looked, '\n', l->n - l->at - looked) : NULL) && !l->ended) {
		looked = l->n - l->at;
		if (read_more(l, e) != 0)
			return -1;
	}
	if (!newline && l->at == l->n)
		return 0;
	l->number++;
	*line = l->buf + l->at;
	*n = newline ? (size_t)(newline - *line) : l->n - l->at;
	l->at += *n + (newline != NULL);
	if (*n > 0 && (*line)[*n - 1] == '\r')
		--*n;
	(*line)[*n] = '\0';	/* over the newline, the CR, or the byte kept free at the end */
	if (memchr(*line, '\0', *n))
		return rec_line_fail(l, 0, e, "a NUL byte");
	return 1;
}

static int number_fail(const struct rec_foreign_line *l, int field, const char *s, size_t n, enum rec_num why, struct rec_err *e)
{
	if (why == REC_NUM_EMPTY)
		return rec_line_fail(l, field, e, "empty");
	return rec_line_fail(l, field, e, "'%.*s%s' is %s", (int)(n < 40 ? n : 40), s, n > 40 ? "..." : "",
			     why == REC_NUM_RANGE ? "out of range" : "not a number");
}

int rec_line_f32(const struct rec_foreign_line *l, int field, const char *s, size_t n, float *x, struct rec_err *e)
{
	enum rec_num r = rec_num_f32(s, n, x);

	return r == REC_NUM_OK ? 0 : number_fail(l, field, s, n, r, e);
}

int rec_line_f64(const struct rec_foreign_line *l, int field, const char *s, size_t n, double *x, struct rec_err *e)
{
	enum rec_num r = rec_num_f64(s, n, x);

	return r == REC_NUM_OK ? 0 : number_fail(l, field, s, n, r, e);
}

int rec_line_u64(const struct rec_foreign_line *l, int field, const char *s, size_t n, uint64_t *x, struct rec_err *e)
{
	enum rec_num r = rec_num_u64(s, n, x);

	return r == REC_NUM_OK ? 0 : number_fail(l, field, s, n, r, e);
}

int rec_line_label(const struct rec_foreign_line *l, int field, const char *s, size_t n, struct rec_err *e)
{
	if (n == 0)
		return rec_line_fail(l, field, e, "empty");
	if (memchr(s, '\t', n) || memchr(s, '\n', n))
		return rec_line_fail(l, field, e, "a label can't hold TAB or newline");
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
		*p = (char *)end + 1;	/* past the end: the last field was given */
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
	return strcmp(option, "\\t") == 0 ? "\t" : option;
}

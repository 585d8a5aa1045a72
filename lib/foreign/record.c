/* SPDX-License-Identifier: MIT */
/*
 * foreign/record.c - reads a record in two steps. First it finds the end
 * without writing: it adds lines while a quoted field is open, and looks at no
 * byte twice. Then it cuts the record into fields and undoes doubled quotes in
 * place.
 */
#include "foreign/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/looks.h"

/*
 * bytes of a record with an open quote: beyond it the quote must be a mistake
 */
enum { LONGEST = 64 << 20 };

void rec_record_free(struct rec_record *r)
{
	rec_line_free(&r->line);
	free(r->field);
	r->field = NULL;
}

static int fail_at(const struct rec_record *r, uint64_t line, size_t f, struct rec_err *e,
		   const char *text)
{
	struct rec_foreign_line at = r->line;

	at.number = line;
	return rec_line_fail(&at, (int)f, e, "%s", text);
}

int rec_record_fail(const struct rec_record *r, size_t f, struct rec_err *e, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return fail_at(r, r->field[f > 0 && f <= r->n ? f - 1 : 0].line, f, e, text);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of the delimiter at p, 0 if there is none. */
static size_t delimiter_at(const struct rec_record *r, const char *p, const char *end)
{
	size_t len = strlen(r->delimiter);

	if (len == 0) {
		while (p + len < end && blank(p[len]))
			len++;
		return len;
	}
	return (size_t)(end - p) >= len && memcmp(p, r->delimiter, len) == 0 ? len : 0;
}

/* The next delimiter from p on, or end. */
static const char *find_delimiter(const struct rec_record *r, const char *p, const char *end)
{
	if (*r->delimiter && !r->delimiter[1]) {
		const char *q = memchr(p, r->delimiter[0], (size_t)(end - p));

		return q ? q : end;
	}
	while (p < end && delimiter_at(r, p, end) == 0)
		p++;
	return p;
}

/*
 * True if the record in p[0 .. n) is complete. r->at and r->open say how far
 * the last call came. Unless a field is open, a field begins at r->at.
 */
static bool is_whole(struct rec_record *r, const char *p, size_t n)
{
	const char *end = p + n, *at = p + r->at;

	while (at < end || r->open) {
		if (!r->open && *at == '"') {
			r->open = true;
			r->open_field = r->n + 1;
			r->open_line = r->line.number;
			at++;
		}
		if (r->open) {
			const char *q = memchr(at, '"', (size_t)(end - at));

			r->at = n;
			if (!q)
				return false;
			at = q + 1;
			if (at < end && *at == '"') {
				at++;
				continue;
			}
			r->open = false;
		}
		at = find_delimiter(r, at, end);
		if (at == end)
			return true;
		at += delimiter_at(r, at, end);
		r->n++;
	}
	return true;
}

static int never_closed(const struct rec_record *r, const char *where, struct rec_err *e)
{
	char text[120];

	snprintf(text, sizeof text,
		 "a quote is opened here and not closed%s; --quote none takes quotes as they are",
		 where);
	return fail_at(r, r->open_line, r->open_field, e, text);
}

/* The whole text of the next record. Returns 1, 0 at the end, -1 on error. */
static int take_text(struct rec_record *r, char **p, size_t *n, struct rec_err *e)
{
	int got = rec_line_next(&r->line, p, n, e);

	if (got != 1 || !r->quotes || !memchr(*p, '"', *n))
		return got;
	r->at = r->n = 0;
	r->open = false;
	while (*r->delimiter == '\0' && r->at < *n && blank((*p)[r->at]))
		r->at++;
	while (!is_whole(r, *p, *n)) {
		if (*n > LONGEST)
			return never_closed(r, " within 64 MiB", e);
		got = rec_line_more(&r->line, p, n, e);
		if (got != 1)
			return got < 0 ? -1 : never_closed(r, "", e);
	}
	return 1;
}

static int add_field(struct rec_record *r, char *s, size_t n, uint64_t line, struct rec_err *e)
{
	if (rec_grow(&r->field, &r->cap, r->n + 1, sizeof *r->field, e) != 0)
		return -1;
	r->field[r->n++] = (struct rec_record_field){ s, n, line };
	return 0;
}

/*
 * Cut a quoted field at p, and undo doubled quotes in place. Returns the place
 * after the closing quote. *line counts line ends.
 */
static char *cut_quoted(const struct rec_record *r, char *p, const char *end, size_t *n,
			uint64_t *line)
{
	char *from = p + 1, *to = p + 1;

	for (; from < end; from++) {
		if (*from == '"' && (from + 1 == end || from[1] != '"'))
			break;
		from += *from == '"';
		*line += *from == '\n' || (r->line.cr && *from == '\r' && from[1] != '\n');
		*to++ = *from;
	}
	*n = (size_t)(to - (p + 1));
	return from + 1;
}

static int fail_behind(const struct rec_record *r, uint64_t line, struct rec_err *e)
{
	const struct rec_record_field *f = &r->field[r->n - 1];
	char text[160], where[60] = "";

	if (f->line != line)
		snprintf(where, sizeof where, " (of a field that begins in line %llu)",
			 (unsigned long long)f->line);
	snprintf(text, sizeof text,
		 "text behind a closing quote%s; a quote inside is doubled, --quote none takes "
		 "them as they are",
		 where);
	return fail_at(r, line, r->n, e, text);
}

static int cut(struct rec_record *r, char *p, size_t n, uint64_t line, struct rec_err *e)
{
	char *end = p + n;

	r->n = 0;
	for (;;) {
		uint64_t begins = line;
		char *s = p;
		size_t len, step;

		if (r->quotes && p < end && *p == '"') {
			p = cut_quoted(r, p, end, &len, &line);
			s++;
		} else {
			p = (char *)(uintptr_t)find_delimiter(r, p, end);
			len = (size_t)(p - s);
		}
		if (add_field(r, s, len, begins, e) != 0)
			return -1;
		if (p >= end)
			return 0;
		step = delimiter_at(r, p, end);
		if (step == 0)
			return fail_behind(r, line, e);
		p += step;
		if (*r->delimiter == '\0' && p == end)	/* blanks at the end */
			return 0;
	}
}

/*
 * A first line "sep=;" names the delimiter. Returns 1 if this is one, 0 if not,
 * -1 on error.
 */
static int take_sep(struct rec_record *r, const char *p, size_t n, struct rec_err *e)
{
	if (n < 5 || n >= 4 + sizeof r->sep || memcmp(p, "sep=", 4) != 0 ||
	    memchr(p + 5, '=', n - 5))
		return 0;
	if (!r->guess && (strlen(r->delimiter) != n - 4 || memcmp(r->delimiter, p + 4, n - 4) != 0))
		return rec_line_fail(&r->line, 0, e,
				     "'%.*s' is not the delimiter that was asked for", (int)n, p);
	memcpy(r->sep, p + 4, n - 4);
	r->sep[n - 4] = '\0';
	r->delimiter = r->sep;
	return 1;
}

int rec_record_next(struct rec_record *r, struct rec_err *e)
{
	uint64_t first;
	char *p;
	size_t n;
	int got, sep = 0;

	do {
		first = r->line.number + 1;
		got = take_text(r, &p, &n, e);
		if (got == 1 && first == 1)
			sep = take_sep(r, p, n, e);
		if (sep < 0)
			return -1;
		while (got == 1 && *r->delimiter == '\0' && n > 0 && blank(*p)) {
			p++;
			n--;
		}
	} while (got == 1 && (n == 0 || (sep && first == 1)));
	return got == 1 ? cut(r, p, n, first, e) != 0 ? -1 : 1 : got;
}

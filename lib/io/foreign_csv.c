/* SPDX-License-Identifier: MIT */
/*
 * foreign_csv.c - fields by a delimiter of one byte or more, quoted as in RFC 4180 (a doubled quote is a quote), columns by number or by name. A name also
 * matches what stands before a colon in the header, so that RecBole's user_id:token is user_id. Quoted newlines are refused: no label can hold one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/foreign_formats.h"
#include "io/foreign_line.h"
#include "io/num.h"

enum { MAX_FIELDS = 4096, ROLES = 4 };	/* roles: row, column, value, time */

struct field {
	char *s;
	size_t n;
};

struct csv {
	struct rec_foreign_line line;
	const char *delimiter;
	struct field *field;	/* MAX_FIELDS */
	size_t nfields;
	size_t column[ROLES];	/* 1-based; 0: not there */
	bool chosen;
};

/* A quoted field: quotes doubled inside are undone in place. Leaves *p behind the closing quote. */
static int quoted(struct csv *c, char **p, char *end, struct field *f, struct rec_err *e)
{
	char *from = *p + 1, *to = from;

	f->s = from;
	for (;; from++, to++) {
		if (from >= end)
			return rec_line_fail(&c->line, (int)c->nfields + 1, e, "a quote is not closed on its line");
		if (*from == '"' && (from + 1 >= end || from[1] != '"'))
			break;
		if (*from == '"')
			from++;
		*to = *from;
	}
	f->n = (size_t)(to - f->s);
	*p = from + 1;
	return 0;
}

static int cut(struct csv *c, char *line, size_t n, struct rec_err *e)
{
	char *p = line, *end = line + n;
	size_t len = strlen(c->delimiter);

	c->nfields = 0;
	for (;;) {
		struct field *f = &c->field[c->nfields];

		if (c->nfields == MAX_FIELDS)
			return rec_line_fail(&c->line, 0, e, "more than %d fields", MAX_FIELDS);
		if (p < end && *p == '"') {
			if (quoted(c, &p, end, f, e) != 0)
				return -1;
			c->nfields++;
			if (p == end)
				return 0;
			if (p + len > end || memcmp(p, c->delimiter, len) != 0)
				return rec_line_fail(&c->line, (int)c->nfields, e, "text behind a closing quote");
			p += len;
			continue;
		}
		if (!rec_field_next(&p, end, c->delimiter, &f->s, &f->n))
			return 0;
		c->nfields++;
		if (p > end)
			return 0;
	}
}

static bool is_name(const struct field *f, const char *name, size_t n)
{
	if (f->n == n && memcmp(f->s, name, n) == 0)
		return true;
	return f->n > n && memcmp(f->s, name, n) == 0 && f->s[n] == ':';
}

/* One entry of --columns: a number, or a name of the header. */
static int find_column(const struct csv *c, bool header, const char *s, size_t n, size_t *column, struct rec_err *e)
{
	uint64_t number;

	if (rec_num_u64(s, n, &number) == REC_NUM_OK) {
		if (number < 1 || number > MAX_FIELDS)
			return rec_err_set(e, REC_EUSAGE, "--columns: %.*s is not between 1 and %d", (int)n, s, MAX_FIELDS);
		*column = (size_t)number;
		return 0;
	}
	*column = 0;
	for (size_t i = 0; header && i < c->nfields; i++)
		if (is_name(&c->field[i], s, n)) {
			if (*column)
				return rec_err_set(e, REC_EDATA, "%s:1: columns %zu and %zu are called '%.*s'", rec_in_name(c->line.in), *column, i + 1, (int)n, s);
			*column = i + 1;
		}
	if (*column)
		return 0;
	return rec_err_set(e, REC_EDATA, "%s:1: no column is called '%.*s'", rec_in_name(c->line.in), (int)n, s);
}

static bool has_names(const char *columns)
{
	return columns && columns[strspn(columns, "0123456789,")] != '\0';
}

/* Called with the fields of the first line cut. */
static int choose_columns(struct csv *c, const char *columns, bool header, struct rec_err *e)
{
	c->chosen = true;
	if (!columns) {
		for (size_t r = 0; r < ROLES; r++)
			c->column[r] = r < c->nfields ? r + 1 : 0;
		return 0;
	}
	for (size_t r = 0; *columns; r++) {
		size_t n = strcspn(columns, ",");

		if (r == ROLES)
			return rec_err_set(e, REC_EUSAGE, "--columns: at most row, column, value, time");
		if (find_column(c, header, columns, n, &c->column[r], e) != 0)
			return -1;
		columns += n + (columns[n] == ',');
	}
	return c->column[1] ? 0 : rec_err_set(e, REC_EUSAGE, "--columns: at least row and column");
}

static int to_row(const struct csv *c, struct rec_row *row, struct rec_err *e)
{
	const struct field *f[ROLES] = { NULL };

	for (size_t r = 0; r < ROLES; r++) {
		if (c->column[r] > c->nfields)
			return rec_line_fail(&c->line, 0, e, "%zu fields, but column %zu is wanted", c->nfields, c->column[r]);
		if (c->column[r])
			f[r] = &c->field[c->column[r] - 1];
	}
	if (!f[0] || !f[1])
		return rec_line_fail(&c->line, 0, e, "one field; is the delimiter right? see --delimiter");
	*row = (struct rec_row){ f[0]->s, f[1]->s, (uint32_t)f[0]->n, (uint32_t)f[1]->n, 1, REC_HAS_COL, (double)__builtin_nan("") };
	if (rec_line_label(&c->line, (int)c->column[0], row->row, row->row_len, e) != 0 ||
	    rec_line_label(&c->line, (int)c->column[1], row->col, row->col_len, e) != 0)
		return -1;
	if (f[2]) {
		row->has |= REC_HAS_VALUE;
		if (rec_line_f32(&c->line, (int)c->column[2], f[2]->s, f[2]->n, &row->value, e) != 0)
			return -1;
	}
	if (f[3] && f[3]->n > 0) {	/* an empty time is a missing one; an empty value would be taken for 1, which nobody may have meant */
		row->has |= REC_HAS_TIME;
		return rec_line_f64(&c->line, (int)c->column[3], f[3]->s, f[3]->n, &row->time, e);
	}
	return 0;
}

static int read_lines(struct csv *c, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	bool header = o->header || has_names(o->columns);
	struct rec_row row;
	char *line;
	size_t n;
	int got;

	while ((got = rec_line_next(&c->line, &line, &n, e)) == 1) {
		if (c->line.number == 1 && n >= 3 && memcmp(line, "\357\273\277", 3) == 0) {	/* spreadsheets write one */
			line += 3;
			n -= 3;
		}
		if (cut(c, line, n, e) != 0)
			return -1;
		if (!c->chosen) {
			if (choose_columns(c, o->columns, header, e) != 0)
				return -1;
			if (header)
				continue;
		}
		if (to_row(c, &row, e) != 0 || fn(arg, &row, e) != 0)
			return -1;
	}
	return got;
}

int rec_csv_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	struct csv c = { .line = { .in = in }, .delimiter = rec_delimiter(o->delimiter, ",") };
	int rc = -1;

	if (!*c.delimiter)
		return rec_err_set(e, REC_EUSAGE, "--delimiter: empty");
	c.field = rec_alloc(MAX_FIELDS, sizeof *c.field, e);
	if (c.field)
		rc = read_lines(&c, o, fn, arg, e);
	free(c.field);
	rec_line_free(&c.line);
	return rc;
}

static int put_field(struct rec_out *out, const char *s, size_t n, const char *delimiter, struct rec_err *e)
{
	bool plain = !memchr(s, '"', n) && !memchr(s, '\r', n) && !memchr(s, delimiter[0], n);

	if (plain)
		return rec_out_write(out, s, n, e);
	if (rec_out_write(out, "\"", 1, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rec_out_write(out, s + i, 1, e) != 0 || (s[i] == '"' && rec_out_write(out, "\"", 1, e) != 0))
			return -1;
	return rec_out_write(out, "\"", 1, e);
}

int rec_csv_begin(struct rec_out *out, const struct rec_foreign_opts *o, struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, ","), *names = has_names(o->columns) ? o->columns : "row,column,value,time";

	if (!*d)
		return rec_err_set(e, REC_EUSAGE, "--delimiter: empty");
	if (!o->header)
		return 0;
	for (; *names; names++)
		if (rec_out_write(out, *names == ',' ? d : names, *names == ',' ? strlen(d) : 1, e) != 0)
			return -1;
	return rec_out_write(out, "\n", 1, e);
}

/* Under a header every line has all four fields: a missing value is 1, a missing time empty. */
int rec_csv_write(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_row *row, struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, ",");
	bool time = row->has & REC_HAS_TIME, value = row->has & REC_HAS_VALUE || time || o->header;
	char num[REC_NUM_MAX];

	if (put_field(out, row->row, row->row_len, d, e) != 0 || rec_out_write(out, d, strlen(d), e) != 0 ||
	    put_field(out, row->col, row->col_len, d, e) != 0)
		return -1;
	if (value && rec_out_write(out, d, strlen(d), e) != 0)
		return -1;
	if (value && rec_out_write(out, num, rec_num_put_f32(num, row->value), e) != 0)
		return -1;
	if ((time || o->header) && rec_out_write(out, d, strlen(d), e) != 0)
		return -1;
	if (time && rec_out_write(out, num, rec_num_put_f64(num, row->time), e) != 0)
		return -1;
	return rec_out_write(out, "\n", 1, e);
}

/* SPDX-License-Identifier: MIT */
/*
 * foreign/csv_write.c - from rows to csv that reads back the same: quotes only
 * where a field needs them, and the same number of fields in every row.
 */
#include <string.h>

#include "base/label.h"
#include "foreign/formats.h"
#include "foreign/line.h"
#include "io/looks.h"
#include "io/num.h"
#include "rows/write.h"

enum { ROLES = 4 };

/* In the list of --columns a number is not a name. */
static bool is_name(const char *s, size_t n)
{
	return n > 0 && strspn(s, "0123456789") < n;
}

static int put_names(struct rec_out *out, const char *columns, const char *d, struct rec_err *e)
{
	static const char *const names[ROLES] = { "user", "item", "value", "time" };

	for (size_t r = 0; r < ROLES; r++) {
		size_t n = columns ? strcspn(columns, ",") : 0;
		bool given = columns && is_name(columns, n);

		if ((r > 0 && rec_out_write(out, d, strlen(d), e) != 0) ||
		    rec_out_write(out, given ? columns : names[r], given ? n : strlen(names[r]),
				  e) != 0)
			return -1;
		if (columns)
			columns = columns[n] ? columns + n + 1 : NULL;
	}
	return rec_out_write(out, "\n", 1, e);
}

int rec_csv_begin(struct rec_out *out, const struct rec_foreign_opts *o, struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, ",");

	if (!*d)
		return rec_err_set(
			e, REC_EUSAGE,
			"--delimiter: %s is for reading csv; one byte or more is written",
			*o->delimiter ? o->delimiter : "an empty one");
	return o->header ? put_names(out, o->columns, d, e) : 0;
}

static bool holds(const char *s, size_t n, const char *what)
{
	size_t len = strlen(what);

	for (size_t i = 0; i + len <= n; i++)
		if (s[i] == *what && memcmp(s + i, what, len) == 0)
			return true;
	return false;
}

/*
 * The first byte of the delimiter is enough to need quotes: with a delimiter of
 * several bytes, the end of the field and the delimiter after it could together
 * form a delimiter earlier.
 */
static bool needs_quotes(const char *s, size_t n, const char *d)
{
	return memchr(s, '"', n) || memchr(s, '\r', n) || memchr(s, d[0], n) ||
	       rec_looks_mark(s, n);
}

static int put_quoted(struct rec_out *out, const char *s, size_t n, struct rec_err *e)
{
	if (rec_out_write(out, "\"", 1, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rec_out_write(out, s + i, 1, e) != 0 ||
		    (s[i] == '"' && rec_out_write(out, "\"", 1, e) != 0))
			return -1;
	return rec_out_write(out, "\"", 1, e);
}

static int put_field(struct rec_out *out, const struct rec_foreign_opts *o, const char *s, size_t n,
		     const char *d, struct rec_err *e)
{
	if (!needs_quotes(s, n, d))
		return rec_out_write(out, s, n, e);
	if (o->quote == REC_QUOTE_DOUBLE)
		return put_quoted(out, s, n, e);
	if (holds(s, n, d) || memchr(s, d[0], n) || memchr(s, '\r', n))
		return rec_err_set(
			e, REC_EDATA,
			"the label '%.*s' holds the delimiter, which needs quotes (--quote double)",
			REC_LABEL(s, n));
	return rec_out_write(out, s, n, e);
}

/*
 * Number of fields of every row: four under a header, otherwise that of the
 * first row. Returns 0 if this row has more.
 */
static unsigned fields_of(const struct rec_foreign_opts *o, const struct rec_row *row)
{
	unsigned own = row->has & REC_HAS_TIME ? 4 : row->has & REC_HAS_VALUE ? 3 : 2;

	if (o->header)
		return 4;
	if (!o->fields)
		return own;
	if (*o->fields == 0)
		*o->fields = own;
	return own > *o->fields ? 0 : *o->fields;
}

static int put_number(struct rec_out *out, const struct rec_row *row, int field, struct rec_err *e)
{
	char num[REC_NUM_MAX];
	size_t n;
	const char *text = rec_row_field(row, field, num, &n);

	return rec_out_write(out, text, n, e);
}

/* A missing value is written as 1, a missing time as an empty field. */
int rec_csv_write(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_row *row,
		  struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, ",");
	unsigned fields = fields_of(o, row);
	size_t len = strlen(d);

	if (fields == 0)
		return rec_err_set(e, REC_EDATA,
				   "'%.*s' '%.*s' has a %s, rows before have none; --header writes "
				   "all four fields for every row",
				   REC_LABEL(row->row, row->row_len),
				   REC_LABEL(row->col, row->col_len),
				   row->has & REC_HAS_TIME ? "time" : "value");
	if (put_field(out, o, row->row, row->row_len, d, e) != 0 ||
	    rec_out_write(out, d, len, e) != 0 ||
	    put_field(out, o, row->col, row->col_len, d, e) != 0)
		return -1;
	if (fields > 2 && (rec_out_write(out, d, len, e) != 0 || put_number(out, row, 3, e) != 0))
		return -1;
	if (fields > 3 && rec_out_write(out, d, len, e) != 0)
		return -1;
	if (row->has & REC_HAS_TIME && put_number(out, row, 4, e) != 0)
		return -1;
	return rec_out_write(out, "\n", 1, e);
}

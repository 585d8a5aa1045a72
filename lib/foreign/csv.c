/* SPDX-License-Identifier: MIT */
/*
 * foreign/csv.c - from records of csv to rows: the fields of the chosen columns
 * become labels, value and time. A header that appears again, as in joined
 * files, is skipped.
 */
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "foreign/csv_head.h"
#include "foreign/formats.h"
#include "foreign/record.h"
#include "io/looks.h"
#include "io/looks_words.h"
#include "io/num.h"
#include "io/when.h"

struct csv {
	struct rec_record rec;
	const struct rec_foreign_opts *o;
	struct rec_csv_head head;
	bool names_alike;	/* no header requested, but the first record looks like one */
	struct rec_buf label[2];	/* labels with TABs and line breaks replaced */
	struct rec_foreign_line at;	/* the result of at_field */
	uint64_t repeated, ones, skipped;
};

/* -- one record -- */

static int one_field(const struct csv *c, struct rec_err *e)
{
	const struct rec_record_field *f = &c->rec.field[0];
	const struct rec_looks *l = rec_looks_line(f->s, f->n);

	if (memchr(f->s, '\t', f->n))
		return rec_record_fail(&c->rec, 0, e,
				       "one field; parted by TAB? see --delimiter '\\t'");
	if (l && l->sure == false && strstr(l->todo, " -d "))
		return rec_record_fail(&c->rec, 0, e, "one field; %s? see --delimiter%s", l->what,
				       strstr(l->todo, " -d ") + 3);
	return rec_record_fail(&c->rec, 0, e, "one field; is the delimiter right? see --delimiter");
}

/* True if the field becomes a number when blanks around it are removed. */
static bool is_padded(const struct rec_record_field *f)
{
	size_t from = 0, end = f->n;
	double x;

	while (from < end && f->s[from] == ' ')
		from++;
	while (end > from && f->s[end - 1] == ' ')
		end--;
	return end - from < f->n && rec_num_f64(f->s + from, end - from, &x) == REC_NUM_OK;
}

/* Append a hint to the error about a value that is not a number. */
static void explain_value(const struct csv *c, const struct rec_record_field *f, struct rec_err *e)
{
	if (rec_looks_comma(f->s, f->n))
		rec_err_suffix(e, "; a decimal is written with a point, and without separators");
	else if (is_padded(f))
		rec_err_suffix(e,
			       "; blanks beside a delimiter belong to the field, but --delimiter "
			       "'%s ' takes one with it",
			       c->rec.delimiter);
	else if (!c->head.is_header && f->line == c->head.line && rec_looks_name(f->s, f->n))
		rec_err_suffix(e, "; names of columns? see --header");
}

/*
 * The line to name in an error about a field: a record may span several lines.
 */
static const struct rec_foreign_line *at_field(struct csv *c, const struct rec_record_field *f)
{
	if (f->line == c->rec.line.number)
		return &c->rec.line;
	c->at = c->rec.line;
	c->at.number = f->line;
	return &c->at;
}

/* Returns 1 if the value is good, 0 if the row is skipped, -1 on error. */
static int take_value(struct csv *c, const struct rec_record_field *f, struct rec_row *row,
		      struct rec_err *e)
{
	const struct rec_foreign_line *at = at_field(c, f);
	int lost;

	if (rec_looks_missing(f->s, f->n)) {
		if (c->o->empty == REC_EMPTY_FAIL)
			return rec_record_fail(&c->rec, c->head.column[2], e,
					       "%s%.*s%s; --empty 1 takes a missing value as 1, "
					       "--empty skip leaves the row out",
					       f->n ? "'" : "empty", REC_LABEL(f->s, f->n),
					       f->n ? "' is not a number" : "");
		c->ones += c->o->empty == REC_EMPTY_ONE;
		return c->o->empty == REC_EMPTY_ONE;
	}
	lost = rec_line_f32(at, (int)c->head.column[2], f->s, f->n, &row->value, e);
	if (lost < 0)
		explain_value(c, f, e);
	row->has |= REC_HAS_VALUE | (lost > 0 ? REC_LOST_VALUE : 0);
	return lost < 0 ? -1 : 1;
}

static int take_date(struct csv *c, const struct rec_record_field *f, struct rec_row *row,
		     struct rec_err *e)
{
	const char *format = c->o->time_format;
	int rc = strcmp(format, "iso") == 0 ? rec_when_iso(f->s, f->n, &row->time) :
					      rec_when_format(format, f->s, f->n, &row->time);

	if (rc != 0)
		return rec_record_fail(&c->rec, c->head.column[3], e,
				       "'%.*s' is not a time of the format '%.60s' (--time-format)",
				       REC_LABEL(f->s, f->n), format);
	row->has |= REC_HAS_TIME;
	return 1;
}

static int take_time(struct csv *c, const struct rec_record_field *f, struct rec_row *row,
		     struct rec_err *e)
{
	const struct rec_foreign_line *at = at_field(c, f);
	int lost;

	if (rec_looks_missing(f->s, f->n))	/* a row may lack a time */
		return 1;
	if (c->o->time_format)
		return take_date(c, f, row, e);
	lost = rec_line_time(at, (int)c->head.column[3], f->s, f->n, &row->time, e);
	if (lost < 0 && rec_when_likely(f->s, f->n))
		rec_err_suffix(e, "; a date? --time-format iso, or another format");
	row->has |= REC_HAS_TIME | (lost > 0 ? REC_LOST_TIME : 0);
	return lost < 0 ? -1 : 1;
}

static bool is_break(char x)
{
	return x == '\t' || x == '\n';
}

static int replace_breaks(struct rec_buf *b, const struct rec_record_field *f, const char *with,
			  struct rec_err *e)
{
	b->n = 0;
	for (size_t i = 0; i < f->n; i++) {
		bool pair = f->s[i] == '\r' && i + 1 < f->n && f->s[i + 1] == '\n';
		bool hit = pair || is_break(f->s[i]);

		i += pair;
		if (rec_buf_add(b, hit ? with : f->s + i, hit ? strlen(with) : 1, e) != 0)
			return -1;
	}
	return 0;
}

/*
 * Find the label of role 0 or 1. Returns 1 and *s, 0 if the row is skipped, -1
 * on error.
 */
static int take_label(struct csv *c, int role, const struct rec_record_field *f, const char **s,
		      uint32_t *len, struct rec_err *e)
{
	size_t n = f->n;
	bool breaks = memchr(f->s, '\t', n) || memchr(f->s, '\n', n);
	const struct rec_foreign_line *at = at_field(c, f);

	*s = f->s;
	if (n == 0 && c->o->empty == REC_EMPTY_SKIP)
		return 0;
	if (n == 0)
		return rec_record_fail(&c->rec, c->head.column[role], e,
				       "empty; --empty skip leaves such rows out");
	if (breaks && !c->o->breaks)
		return rec_record_fail(&c->rec, c->head.column[role], e,
				       "a label cannot hold TAB or line break; --replace-breaks ' "
				       "' puts a blank there");
	if (breaks) {
		if (replace_breaks(&c->label[role], f, c->o->breaks, e) != 0)
			return -1;
		*s = c->label[role].p;
		n = c->label[role].n;
	}
	*len = (uint32_t)n;
	return rec_line_label(at, (int)c->head.column[role], *s, n, e) == 0 ? 1 : -1;
}

/*
 * Keep a value and a time as text if a float or double cannot hold their
 * digits.
 */
static int keep_digits(struct csv *c, struct rec_row *row, const struct rec_record_field *value,
		       const struct rec_record_field *time, struct rec_err *e)
{
	const char *v = row->has & REC_HAS_VALUE ? value->s : NULL,
		   *t = row->has & REC_HAS_TIME ? time->s : NULL;

	if (!(row->has & (REC_LOST_VALUE | REC_LOST_TIME)))
		return 1;
	return rec_line_keep(&c->rec.line, row, v, value->n, t, time->n, e) == 0 ? 1 : -1;
}

/* Returns 1, 0 if the row is skipped, -1 on error. */
static int to_row(struct csv *c, struct rec_row *row, struct rec_err *e)
{
	char nothing[1] = "";
	struct rec_record_field f[REC_CSV_ROLES];
	int good;

	for (size_t r = 0; r < REC_CSV_ROLES; r++) {
		bool there = c->head.column[r] >= 1 && c->head.column[r] <= c->rec.n;

		if (c->head.column[r] > c->head.n)
			return rec_record_fail(&c->rec, 0, e,
					       "%zu field%s, but column %zu is wanted", c->rec.n,
					       REC_S(c->rec.n), c->head.column[r]);
		f[r] = there ? c->rec.field[c->head.column[r] - 1] :
			       (struct rec_record_field){ nothing, 0, c->rec.field[0].line };
	}
	*row = (struct rec_row){ .value = 1,
				 .has = REC_HAS_COL,
				 .time = (double)__builtin_nan("") };
	if (c->head.is_header && rec_csv_head_other(&c->head, &c->rec, &f[0], &f[1], e) != 0)
		return -1;
	good = take_label(c, 0, &f[0], &row->row, &row->row_len, e);
	if (good == 1)
		good = take_label(c, 1, &f[1], &row->col, &row->col_len, e);
	if (good == 1 && c->head.column[2])
		good = take_value(c, &f[2], row, e);
	if (good == 1 && c->head.column[3])
		good = take_time(c, &f[3], row, e);
	if (good == 1)
		good = keep_digits(c, row, &f[2], &f[3], e);
	c->skipped += good == 0;
	return good;
}

/* -- all records -- */

/*
 * Returns 1 if the first record is a row, 0 if it names columns, -1 on error.
 */
static int take_first(struct csv *c, struct rec_err *e)
{
	const struct rec_record_field *f = c->rec.field;

	if ((c->rec.n == 1 && one_field(c, e) != 0) ||
	    rec_csv_head_take(&c->head, &c->rec, c->o->columns, e) != 0)
		return -1;
	if (!c->head.is_header && c->head.column[0] <= c->rec.n && c->head.column[1] <= c->rec.n) {
		const struct rec_record_field *row = &f[c->head.column[0] - 1],
					      *col = &f[c->head.column[1] - 1];

		c->names_alike = rec_looks_header(row->s, row->n, col->s, col->n);
	}
	return !c->head.is_header;
}

static int read_records(struct csv *c, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	struct rec_row row;
	int got, good;

	while ((got = rec_record_next(&c->rec, e)) == 1) {
		bool first = c->head.n == 0;
		bool again = !first && (c->head.is_header || c->names_alike) &&
			     rec_csv_head_again(&c->head, &c->rec);

		c->repeated += again;
		if (first)
			good = take_first(c, e);
		else
			good = again && c->head.is_header		     ? 0 :
			       rec_csv_head_count(&c->head, &c->rec, e) == 0 ? 1 :
									       -1;
		if (good == 1)
			good = to_row(c, &row, e);
		if (good < 0 || (good == 1 && fn(arg, &row, e) != 0))
			return -1;
	}
	return got;
}

static void tell(const struct csv *c)
{
	const struct rec_in *in = c->rec.line.held.in;
	unsigned long long n = (unsigned long long)c->repeated;

	if (c->head.is_header && n)
		rec_in_tell(in, 0, "%llu line%s left out that repeat%s the header", n,
			    n == 1 ? "" : "s", n == 1 ? "s" : "");
	if (c->names_alike)
		rec_in_tell(in, c->head.line,
			    "'%.60s' '%.60s' reads like names of columns and was taken as a row%s; "
			    "see --header",
			    c->head.name[c->head.column[0] - 1].s,
			    c->head.name[c->head.column[1] - 1].s,
			    n ? ", as were more such lines" : "");
	n = (unsigned long long)c->skipped;
	if (n)
		rec_in_tell(in, 0, "%llu row%s left out for an empty field", n, n == 1 ? "" : "s");
	n = (unsigned long long)c->ones;
	if (n)
		rec_in_tell(in, 0, "%llu missing value%s taken as 1", n, n == 1 ? "" : "s");
}

/* Letters in the list of columns mean names, which only a header gives. */
static bool has_names(const char *columns)
{
	return columns && columns[strspn(columns, "0123456789,")] != '\0';
}

int rec_csv_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		 struct rec_err *e)
{
	struct csv c = { .o = o, .head.is_header = o->header || has_names(o->columns) };
	int rc;

	c.rec = (struct rec_record){ .line = { .held.in = in, .lost = o->lost, .marks = true },
				     .delimiter = rec_delimiter(o->delimiter, ","),
				     .quotes = o->quote == REC_QUOTE_DOUBLE,
				     .guess = !o->delimiter };
	if (o->delimiter && !*o->delimiter)
		return rec_err_set(e, REC_EUSAGE,
				   "--delimiter: empty; runs of blanks are --delimiter blanks");
	rc = read_records(&c, fn, arg, e);
	if (rc == 0)
		tell(&c);
	rec_csv_head_free(&c.head);
	rec_buf_free(&c.label[0]);
	rec_buf_free(&c.label[1]);
	rec_record_free(&c.rec);
	return rc;
}

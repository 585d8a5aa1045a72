/* SPDX-License-Identifier: MIT */
/*
 * foreign.c - tsv and the formats of rec-cat: whatever comes, a reader gives
 * rows that a pipe can hold, or says what is wrong in one line that names the
 * input. What a reader of rows gave is read again as text, and what csv gave is
 * also written as csv and read again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "foreign/foreign.h"
#include "rows/rows.h"
#include "rows/write.h"

#include "fuzz.h"

static bool bad_label(const char *s, size_t n)
{
	return n == 0 || memchr(s, '\t', n) || memchr(s, '\n', n) || memchr(s, '\0', n);
}

/* A row as text behind arg, a struct rec_buf. */
static int keep_row(void *arg, const struct rec_row *row, struct rec_err *e)
{
	if (bad_label(row->row, row->row_len) ||
	    (row->has & REC_HAS_COL && bad_label(row->col, row->col_len)))
		finding("a row", "a label that no pipe can hold");
	if (!isfinite(row->value) || (row->has & REC_HAS_TIME && !isfinite(row->time)))
		finding("a row", "a number that is not finite");
	return rec_row_add(arg, row, e);
}

static int read_tsv(struct rec_in *in, unsigned flags, struct rec_buf *text, struct rec_err *e)
{
	const struct rec_row *row;
	struct rec_rows *rows;
	size_t n;
	int got;

	if (rec_rows_open(&rows, in, flags, NULL, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++)
			need(keep_row(text, &row[i], e), e);
	rec_rows_close(rows);
	return got;
}

static int read_dense(const struct rec_foreign *f, struct rec_in *in,
		      const struct rec_foreign_opts *o, struct rec_err *e)
{
	struct rec_foreign_dense d = { 0 };
	int rc = f->read_dense(&d, in, o, e);

	for (uint64_t i = 0; rc == 0 && i < d.nrows * d.ncols; i++)
		if (!isfinite(d.val[i]))
			finding("a cell", "not finite");
	for (uint64_t i = 0; rc == 0 && i < d.nrows; i++)
		if (bad_label(d.labels.label[i], d.labels.len[i]))
			finding("a label", "no pipe can hold it");
	rec_foreign_dense_free(&d);
	rec_in_close(in);
	return rc;
}

static void hear(void *arg, const char *text)
{
	(void)arg;
	if (strchr(text, '\n'))
		finding("told in two lines", text);
}

/* Takes in over. Rows are put behind text. */
static int read_in(const struct rec_foreign *f, struct rec_in *in, const struct rec_foreign_opts *o,
		   unsigned flags, struct rec_buf *text, struct rec_err *e)
{
	int rc;

	rec_in_listen(in, hear, NULL);
	if (!f)
		return read_tsv(in, flags, text, e);
	if (f->shape == REC_SHAPE_DENSE)
		return read_dense(f, in, o, e);
	rc = f->read_rows(in, o, keep_row, text, e);
	rec_in_close(in);
	return rc;
}

static bool equal(const struct rec_buf *a, const struct rec_buf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/*
 * Text is told from gzip and recmat by its first bytes, a CR before the end of
 * a line belongs to it, and a line does not begin with a byte order mark.
 * Labels of other formats may begin or end so.
 */
static bool reads_otherwise(const struct rec_buf *text)
{
	static const char *const begins[] = { "\x1f\x8b", "\xef\xbb\xbf", "RECMAT" };

	for (size_t i = 0; i + 1 < text->n; i++)
		if (memcmp(text->p + i, "\r\n", 2) == 0 || memcmp(text->p + i, "\n\xef", 2) == 0)
			return true;
	for (size_t i = 0; i < COUNT(begins); i++)
		if (text->n >= strlen(begins[i]) &&
		    memcmp(text->p, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* Rows as text are read as the same rows. */
static void read_again(const struct rec_buf *text, unsigned flags)
{
	static struct memory m;
	struct rec_buf again = { 0 };
	struct rec_err e = { 0 };

	if (read_tsv(memory_in(&m, text->p, text->n), flags, &again, &e) != 0)
		finding("rows as text", e.msg);
	else if (!equal(text, &again))
		finding("rows as text", "read as other rows");
	rec_buf_free(&again);
}

/* The rows of text as csv to a file; with a value each, to full. */
static int write_csv(const struct rec_buf *text, const struct rec_foreign_opts *o,
		     struct rec_buf *full, struct rec_err *e)
{
	const struct rec_foreign *csv = rec_foreign_find("csv");
	static struct memory m;
	const struct rec_row *row;
	struct rec_rows *rows;
	struct rec_out *out;
	size_t n;
	int rc;

	need(rec_rows_open(&rows, memory_in(&m, text->p, text->n), 0, NULL, e), e);
	need(rec_out_open(&out, scratch(), e), e);
	need(csv->begin(out, o, e), e);
	while ((rc = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++) {
			struct rec_row all = row[i];

			all.has |= REC_HAS_VALUE;
			need(keep_row(full, &all, e), e);
			need(csv->write_row(out, o, &row[i], e), e);
		}
	rec_rows_close(rows);
	if (rc == 0) {
		need(rec_out_finish(out, e), e);
		need(rec_out_commit(out, e), e);
	}
	rec_out_free(out);
	return rc;
}

/*
 * What csv read, as csv under a header, read again: the same rows, but that a
 * value of 1 may be written or not.
 */
static void write_again(const struct rec_buf *text, enum rec_empty empty)
{
	const struct rec_foreign_opts o = { .header = true,
					    .delimiter = draw(2) ? "::" : ",",
					    .empty = empty };
	struct rec_buf full = { 0 }, again = { 0 };
	struct rec_err e = { 0 };
	struct rec_in *in;

	if (write_csv(text, &o, &full, &e) == 0) {
		need(rec_in_open(&in, scratch(), &e), &e);
		if (read_in(rec_foreign_find("csv"), in, &o, 0, &again, &e) == 0 &&
		    !equal(&full, &again))
			finding("written as csv and read", "other rows");
	}
	rec_buf_free(&full);
	rec_buf_free(&again);
}

static void choose(struct rec_foreign_opts *o)
{
	static const char *const delimiters[] = { NULL, NULL,	  NULL,	 ",", ";",
						  "::", "blanks", "\\t", "|" };
	static const char *const columns[] = { NULL,	  NULL,	       NULL,
					       "1,2",	  "2,1",       "1,2,,4",
					       "1,2,3,4", "user,item", "user,item,rating,time" };
	static const char *const breaks[] = { NULL, NULL, " ", "" };
	static char a[] = "a", b[] = "b c", d[] = "d", *label[] = { a, b, d };
	static uint32_t len[] = { 1, 3, 1 };
	static const struct rec_label_list labels = { .label = label, .len = len, .n = 3 };

	*o = (struct rec_foreign_opts){ .delimiter = ONE_OF(delimiters),
					.columns = ONE_OF(columns),
					.header = draw(2),
					.quote = draw(4) == 0 ? REC_QUOTE_NONE : REC_QUOTE_DOUBLE,
					.empty = (enum rec_empty)draw(3),
					.breaks = ONE_OF(breaks) };
	if (draw(3) == 0)
		o->row_labels = &labels;
	if (draw(3) == 0)
		o->col_labels = &labels;
}

static int read_once(const struct target *t, struct rec_in *in, const struct rec_foreign_opts *o,
		     unsigned flags)
{
	const struct rec_foreign *f = rec_foreign_find(t->name);
	bool piped = strcmp(rec_in_name(in), "input") != 0;
	struct rec_buf text = { 0 };
	struct rec_err e = { 0 };
	int rc = read_in(f, in, o, flags, &text, &e);

	if (!went_well(rc, &e) && e.code == REC_EDATA &&
	    !strstr(e.msg, piped ? "/dev/fd/" : "input"))
		finding("a message without the input", e.msg);
	if (rc == 0 && !reads_otherwise(&text))
		read_again(&text, f ? 0 : flags | REC_ROWS_ANYHOW);
	if (rc == 0 && strcmp(t->name, "csv") == 0 && text.n > 0 && draw(32) == 0)
		write_again(&text, o->empty);
	rec_buf_free(&text);
	return rc;
}

/* As rec-cat does without options, then with some, sometimes from a pipe. */
int read_foreign(const struct target *t, const unsigned char *p, size_t n)
{
	const struct rec_foreign_opts plain = { 0 };
	static struct memory m;
	struct rec_foreign_opts o;
	int rc = read_once(t, memory_in(&m, p, n), &plain, 0);
	bool piped = n <= 1 << 16 && draw(4) == 0;

	choose(&o);
	read_once(t, piped ? pipe_in(p, n) : memory_in(&m, p, n), &o, (unsigned)draw(16));
	return rc;
}

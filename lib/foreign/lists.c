/* SPDX-License-Identifier: MIT */
/*
 * foreign/lists.c - formats of words on a line: wide, labelled, libsvm,
 * trec-run, trec-qrels. Blanks separate words, or the delimiter that the user
 * chose.
 */
#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "foreign/formats.h"
#include "foreign/line.h"
#include "io/num.h"
#include "rows/write.h"

struct word {
	char *s;
	size_t n;
};

/* Turns one line into rows for fn. Returns their number, or -1. */
typedef int line_fn(struct rec_foreign_line *l, char *line, size_t n,
		    const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, struct rec_err *e);

static void tell_lone(struct rec_in *in, unsigned long long n)
{
	if (n)
		rec_in_tell(in, 0, "%llu line%s left out: a row and no item", n, n == 1 ? "" : "s");
}

static int each_line(struct rec_in *in, const struct rec_foreign_opts *o, line_fn *parse,
		     rec_row_fn *fn, void *arg, struct rec_err *e)
{
	struct rec_foreign_line l = { .held.in = in, .lost = o->lost };
	unsigned long long lone = 0;
	char *line;
	size_t n;
	int got;

	while ((got = rec_line_next(&l, &line, &n, e)) == 1) {
		int rows = parse(&l, line, n, o, fn, arg, e);

		if (rows < 0) {
			got = -1;
			break;
		}
		lone += rows == 0;
	}
	if (got == 0)
		tell_lone(in, lone);
	rec_line_free(&l);
	return got;
}

static struct rec_row pair(const struct word *row, const struct word *col)
{
	return (struct rec_row){ row->s, col->s,      (uint32_t)row->n,		(uint32_t)col->n,
				 1,	 REC_HAS_COL, (double)__builtin_nan("") };
}

/* Read the value of a row from the n bytes at s. */
static int take_value(struct rec_foreign_line *l, struct rec_row *r, int field, const char *s,
		      size_t n, struct rec_err *e)
{
	int lost = rec_line_f32(l, field, s, n, &r->value, e);

	if (lost < 0)
		return -1;
	r->has |= REC_HAS_VALUE | (lost ? REC_LOST_VALUE : 0);
	return lost ? rec_line_keep(l, r, s, n, NULL, 0, e) : 0;
}

/* Take the first word of a line: the label of its row. */
static int first_word(struct rec_foreign_line *l, char **line, const char *end, const char *d,
		      struct word *row, struct rec_err *e)
{
	if (!rec_field_next(line, end, d, &row->s, &row->n))
		return rec_line_fail(l, 0, e, "empty line");
	return rec_line_label(l, 1, row->s, row->n, e);
}

static int wide_line(struct rec_foreign_line *l, char *line, size_t n,
		     const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, NULL), *end = line + n;
	struct word row, col;
	int rows = 0;

	if (first_word(l, &line, end, d, &row, e) != 0)
		return -1;
	for (int field = 2; rec_field_next(&line, end, d, &col.s, &col.n); field++, rows = 1) {
		struct rec_row r = pair(&row, &col);

		if (rec_line_label(l, field, col.s, col.n, e) != 0 || fn(arg, &r, e) != 0)
			return -1;
	}
	return rows;
}

int rec_wide_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		  struct rec_err *e)
{
	return each_line(in, o, wide_line, fn, arg, e);
}

/*
 * Split "item:value": cell keeps the item, value gets the rest. A label may
 * hold colons, so the last colon separates.
 */
static int cut_cell(struct rec_foreign_line *l, int field, struct word *cell, struct word *value,
		    struct rec_err *e)
{
	char *colon = cell->s + cell->n;

	while (colon > cell->s && colon[-1] != ':')
		colon--;
	if (colon == cell->s)
		return rec_line_fail(l, field, e, "'%.*s' is not item:value",
				     REC_LABEL(cell->s, cell->n));
	*value = (struct word){ colon, (size_t)(cell->s + cell->n - colon) };
	cell->n -= value->n + 1;
	return rec_line_label(l, field, cell->s, cell->n, e);
}

static int labelled_line(struct rec_foreign_line *l, char *line, size_t n,
			 const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
			 struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, NULL), *end = line + n;
	struct word row, cell, value;
	int rows = 0;

	if (first_word(l, &line, end, d, &row, e) != 0)
		return -1;
	for (int field = 2; rec_field_next(&line, end, d, &cell.s, &cell.n); field++, rows = 1) {
		struct rec_row r;

		if (cut_cell(l, field, &cell, &value, e) != 0)
			return -1;
		r = pair(&row, &cell);
		if (take_value(l, &r, field, value.s, value.n, e) != 0 || fn(arg, &r, e) != 0)
			return -1;
	}
	return rows;
}

int rec_labelled_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn,
		      void *arg, struct rec_err *e)
{
	return each_line(in, o, labelled_line, fn, arg, e);
}

/*
 * Replace a number by the label at its place of the list, from 1. Without a
 * list the word stays.
 */
static int to_label(struct rec_foreign_line *l, int field, struct word *w,
		    const struct rec_label_list *labels, struct rec_err *e)
{
	uint64_t i;

	if (!labels)
		return 0;
	if (rec_line_u64(l, field, w->s, w->n, &i, e) != 0)
		return -1;
	if (i < 1 || i > labels->n)
		return rec_line_fail(l, field, e,
				     "%llu is not between 1 and %llu, the labels that there are",
				     (unsigned long long)i, (unsigned long long)labels->n);
	*w = (struct word){ labels->label[i - 1], labels->len[i - 1] };
	return 0;
}

/*
 * After numbers a # begins a comment. A label may hold #, so in a line of
 * labels # is an error that says so.
 */
static int libsvm_line(struct rec_foreign_line *l, char *line, size_t n,
		       const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		       struct rec_err *e)
{
	const char *end = o->row_labels && o->col_labels && memchr(line, '#', n) ?
				  memchr(line, '#', n) :
				  line + n;
	struct word row, cell, value;
	int rows = 0;

	if (end == line && n > 0)
		return 1;
	if (first_word(l, &line, end, NULL, &row, e) != 0 ||
	    to_label(l, 1, &row, o->row_labels, e) != 0)
		return -1;
	for (int field = 2; rec_field_next(&line, end, NULL, &cell.s, &cell.n); field++, rows = 1) {
		struct rec_row r;

		if (*row.s == '#' && !memchr(cell.s, ':', cell.n))
			return rec_line_fail(l, 0, e, "a comment; drop it: sed '/^#/d'");
		if (cut_cell(l, field, &cell, &value, e) != 0)
			return -1;
		if (field == 2 && cell.n == 3 && memcmp(cell.s, "qid", 3) == 0)
			return rec_line_fail(
				l, field, e,
				"query ids are not read; drop them: sed 's/ qid:[0-9]*//'");
		if (to_label(l, field, &cell, o->col_labels, e) != 0)
			return -1;
		r = pair(&row, &cell);
		if (take_value(l, &r, field, value.s, value.n, e) != 0 || fn(arg, &r, e) != 0)
			return -1;
	}
	return rows;
}

int rec_libsvm_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		    struct rec_err *e)
{
	return each_line(in, o, libsvm_line, fn, arg, e);
}

/*
 * Read a line of exactly `want` words: the row is the first, the column the
 * third, the value is w[value].
 */
static int trec_row(struct rec_foreign_line *l, char *line, size_t n, int want, int value,
		    struct rec_row *r, struct rec_err *e)
{
	const char *end = line + n;
	struct word w[6];
	char *s;
	size_t len;
	int got = 0;

	while (rec_field_next(&line, end, NULL, &s, &len)) {
		if (got == want)
			return rec_line_fail(l, got + 1, e, "unexpected (a line has %d)", want);
		w[got++] = (struct word){ s, len };
	}
	if (got < want)
		return rec_line_fail(l, 0, e, "%d fields, not %d", got, want);
	*r = pair(&w[0], &w[2]);
	if (rec_line_label(l, 1, w[0].s, w[0].n, e) != 0 ||
	    rec_line_label(l, 3, w[2].s, w[2].n, e) != 0)
		return -1;
	return take_value(l, r, value + 1, w[value].s, w[value].n, e);
}

static int run_line(struct rec_foreign_line *l, char *line, size_t n,
		    const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	struct rec_row r;

	(void)o;
	return trec_row(l, line, n, 6, 4, &r, e) != 0 || fn(arg, &r, e) != 0 ? -1 : 1;
}

static int qrels_line(struct rec_foreign_line *l, char *line, size_t n,
		      const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		      struct rec_err *e)
{
	struct rec_row r;

	(void)o;
	return trec_row(l, line, n, 4, 3, &r, e) != 0 || fn(arg, &r, e) != 0 ? -1 : 1;
}

int rec_trec_run_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn,
		      void *arg, struct rec_err *e)
{
	return each_line(in, o, run_line, fn, arg, e);
}

int rec_trec_qrels_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn,
			void *arg, struct rec_err *e)
{
	return each_line(in, o, qrels_line, fn, arg, e);
}

/* Write a label as one word: it must not hold what separates words. */
static int put_word(struct rec_out *out, const char *s, size_t n, const char *delimiter,
		    struct rec_err *e)
{
	const char *stop = delimiter && *delimiter ? delimiter : " \t";

	for (size_t i = 0; i < n; i++)
		if (strchr(stop, s[i]))
			return rec_err_set(e, REC_EDATA,
					   "the label '%.*s' holds a blank or delimiter, which "
					   "this format cannot; csv can",
					   REC_LABEL(s, n));
	return rec_out_write(out, s, n, e);
}

static int put_label(struct rec_out *out, const uint64_t *off, const char *bytes, uint64_t i,
		     const char *delimiter, struct rec_err *e)
{
	return put_word(out, bytes + off[i], (size_t)(off[i + 1] - off[i]), delimiter, e);
}

static int put_value(struct rec_out *out, char before, float x, struct rec_err *e)
{
	char text[REC_NUM_MAX + 1] = { before };

	return rec_out_write(out, text, 1 + rec_num_put_f32(text + 1, x), e);
}

static int put_lines(struct rec_out *out, const struct rec_foreign_opts *o,
		     const struct rec_block *b, bool values, struct rec_err *e)
{
	const char *d = rec_delimiter(o->delimiter, " ");

	for (uint64_t r = 0; r < b->rows; r++) {
		if (put_label(out, b->row_off, b->row_bytes, r, d, e) != 0)
			return -1;
		for (uint64_t i = b->ptr[r]; i < b->ptr[r + 1]; i++)
			if (rec_out_write(out, d, strlen(d), e) != 0 ||
			    put_label(out, b->col_off, b->col_bytes, b->col[i], d, e) != 0 ||
			    (values && put_value(out, ':', b->val[i], e) != 0))
				return -1;
		if (rec_out_write(out, "\n", 1, e) != 0)
			return -1;
	}
	return 0;
}

int rec_wide_write(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_block *b,
		   struct rec_err *e)
{
	return put_lines(out, o, b, false, e);
}

int rec_labelled_write(struct rec_out *out, const struct rec_foreign_opts *o,
		       const struct rec_block *b, struct rec_err *e)
{
	return put_lines(out, o, b, true, e);
}

/*
 * The target of a line is the number of its row. The columns of a canonical
 * block ascend, as libsvm demands.
 */
int rec_libsvm_write(struct rec_out *out, const struct rec_foreign_opts *o,
		     const struct rec_block *b, struct rec_err *e)
{
	char text[REC_NUM_MAX + 1] = " ";

	(void)o;
	for (uint64_t r = 0; r < b->rows; r++) {
		if (rec_out_write(out, text + 1, rec_num_put_u64(text + 1, r + 1), e) != 0)
			return -1;
		for (uint64_t i = b->ptr[r]; i < b->ptr[r + 1]; i++)
			if (rec_out_write(out, text, 1 + rec_num_put_u64(text + 1, b->col[i] + 1u),
					  e) != 0 ||
			    put_value(out, ':', b->val[i], e) != 0)
				return -1;
		if (rec_out_write(out, "\n", 1, e) != 0)
			return -1;
	}
	return 0;
}

/*
 * Write a score. A ranked block stores scores as doubles in place of times;
 * their digits tell apart scores that are equal as floats. Otherwise write the
 * float.
 */
static size_t put_score(char out[REC_NUM_MAX + 1], const struct rec_block *b, uint64_t i)
{
	*out = ' ';
	return 1 + (b->time ? rec_num_put_f64(out + 1, b->time[i]) :
			      rec_num_put_f32(out + 1, b->val[i]));
}

int rec_trec_run_write(struct rec_out *out, const struct rec_foreign_opts *o,
		       const struct rec_block *b, struct rec_err *e)
{
	const char *tag = o->tag ? o->tag : "recpipe";
	char rank[REC_NUM_MAX + 1] = " ", score[REC_NUM_MAX + 1];

	for (uint64_t r = 0; r < b->rows; r++)
		for (uint64_t i = b->ptr[r]; i < b->ptr[r + 1]; i++) {
			size_t n = 1 + rec_num_put_u64(rank + 1, i - b->ptr[r] + 1);

			if (put_label(out, b->row_off, b->row_bytes, r, NULL, e) != 0 ||
			    rec_out_write(out, " Q0 ", 4, e) != 0 ||
			    put_label(out, b->col_off, b->col_bytes, b->col[i], NULL, e) != 0 ||
			    rec_out_write(out, rank, n, e) != 0 ||
			    rec_out_write(out, score, put_score(score, b, i), e) != 0 ||
			    rec_out_write(out, " ", 1, e) != 0 ||
			    put_word(out, tag, strlen(tag), NULL, e) != 0 ||
			    rec_out_write(out, "\n", 1, e) != 0)
				return -1;
		}
	return 0;
}

int rec_trec_qrels_write(struct rec_out *out, const struct rec_foreign_opts *o,
			 const struct rec_row *row, struct rec_err *e)
{
	char num[REC_NUM_MAX];
	const char *value;
	size_t n;

	(void)o;
	if (put_word(out, row->row, row->row_len, NULL, e) != 0 ||
	    rec_out_write(out, " 0 ", 3, e) != 0 ||
	    put_word(out, row->col, row->col_len, NULL, e) != 0 ||
	    rec_out_write(out, " ", 1, e) != 0)
		return -1;
	value = rec_row_field(row, 3, num, &n);
	return rec_out_write(out, value, n, e) != 0 ? -1 : rec_out_write(out, "\n", 1, e);
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/form_text.c - a body of lines: row TAB column [TAB value [TAB time]],
 * as rec-topn and rec-score read them. Text alone: what is compressed or
 * binary elsewhere is not here, so a body never becomes more than it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "recpipe/matrix.h"
#include "rows/lines.h"
#include "rows/tsv.h"
#include "serve/form_read.h"

enum { PIECE = 256 };		/* rows that are parsed at a time */

/* A copy with a newline at its end and the zeros that the parser wants. */
static int copy(struct rec_buf *b, const char *body, size_t n, struct rec_err *e)
{
	static const char pad[REC_LINES_PAD];

	b->n = 0;
	if (rec_buf_add(b, body, n, e) != 0 ||
	    (body[n - 1] != '\n' && rec_buf_add(b, "\n", 1, e) != 0) ||
	    rec_buf_add(b, pad, sizeof pad, e) != 0)
		return -1;
	b->n -= sizeof pad;
	return 0;
}

static int parse(struct rec_reader *x, unsigned flags)
{
	struct rec_form *f = x->form;
	const char *p = f->text.p, *end = p + f->text.n;
	struct rec_err e = { 0 };

	while (p < end) {
		struct rec_tsv_rows to = { .max = PIECE };

		if (rec_grow(&f->row, &f->row_cap, f->nrows + PIECE, sizeof *f->row, &e) != 0)
			return rec_reply_error(x->reply, &e);
		to.rows = f->row + f->nrows;
		if (rec_tsv_parse(&p, end, flags, &to, &e) != 0)
			return rec_form_bad(x, "line %zu: %s", f->nrows + to.n + 1, e.msg);
		f->nrows += to.n;
	}
	return 0;
}

static int add_pair(struct rec_reader *x, const struct rec_row *row)
{
	struct rec_form *f = x->form;
	struct rec_err e = { 0 };

	if (!(row->has & REC_HAS_COL))
		return 0;
	if (rec_grow(&f->pair, &f->pair_cap, f->npairs + 1, sizeof *f->pair, &e) != 0)
		return rec_reply_error(x->reply, &e);
	f->pair[f->npairs++] = (struct rec_ask_pair){
		{ row->col, row->col_len }, row->value, row->time
	};
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct rec_row *a = pa, *b = pb;
	int c = rec_label_cmp(a->row, a->row_len, b->row, b->row_len);

	/* of one row in the order of the body, which is that of addresses */
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

static bool same_row(const struct rec_row *a, const struct rec_row *b)
{
	return a->row_len == b->row_len && memcmp(a->row, b->row, a->row_len) == 0;
}

/* Histories in the order of labels, as rec-topn answers them. */
static int make_histories(struct rec_reader *x)
{
	struct rec_form *f = x->form;
	struct rec_err e = { 0 };

	qsort(f->row, f->nrows, sizeof *f->row, compare);
	for (size_t i = 0; i < f->nrows; i++) {
		const struct rec_row *row = &f->row[i];

		if (i == 0 || !same_row(row - 1, row)) {
			if (rec_grow(&f->history, &f->history_cap, f->nhistories + 1,
				     sizeof *f->history, &e) != 0)
				return rec_reply_error(x->reply, &e);
			f->history[f->nhistories++] = (struct rec_form_history){
				{ row->row, row->row_len }, f->npairs, f->npairs
			};
		}
		if (add_pair(x, row) != 0)
			return -1;
		f->history[f->nhistories - 1].last = f->npairs;
	}
	if (f->nhistories <= x->defaults->most_rows)
		return 0;
	return rec_reply_fail(x->reply, 413, "too-many",
			      "more than %zu histories; send them in several requests",
			      x->defaults->most_rows);
}

/* The history of one user. */
static int make_history(struct rec_reader *x)
{
	struct rec_form *f = x->form;

	if (f->has_user)
		return rec_form_bad(x, "user stands in the lines already; leave the parameter out");
	f->user = (struct rec_text){ f->row[0].row, f->row[0].row_len };
	f->has_user = f->has_history = true;
	for (size_t i = 0; i < f->nrows; i++) {
		if (!same_row(&f->row[0], &f->row[i]))
			return rec_form_bad(x,
					    "line %zu: another user, '%.*s'; /batch takes many",
					    i + 1, REC_LABEL(f->row[i].row, f->row[i].row_len));
		if (add_pair(x, &f->row[i]) != 0)
			return -1;
	}
	return 0;
}

static int make_scored(struct rec_reader *x)
{
	struct rec_form *f = x->form;
	struct rec_err e = { 0 };

	if (rec_grow(&f->scored, &f->scored_cap, f->nrows, sizeof *f->scored, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (size_t i = 0; i < f->nrows; i++)
		f->scored[f->nscored++] = (struct rec_form_pair){
			{ f->row[i].row, f->row[i].row_len }, { f->row[i].col, f->row[i].col_len }
		};
	return 0;
}

int rec_form_lines(struct rec_reader *x, const char *body, size_t n)
{
	bool score = x->endpoint == REC_ASK_SCORE;
	struct rec_err e = { 0 };

	x->form->from_text = true;
	if (copy(&x->form->text, body, n, &e) != 0)
		return rec_reply_error(x->reply, &e);
	if (parse(x, score ? 0 : REC_ROWS_LABELS) != 0)
		return -1;
	return score ? make_scored(x) :
	       x->endpoint == REC_ASK_BATCH ? make_histories(x) :
					      make_history(x);
}

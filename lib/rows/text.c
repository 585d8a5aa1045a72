/* SPDX-License-Identifier: MIT */
/*
 * A region of lines is cut into pieces of PIECE bytes; the task of a piece
 * parses the lines that begin in it. Another task of the same run reads the
 * region after this one. Every line is a row, so that rows count lines; a
 * failing task counts the newlines before its line.
 */
#include "rows/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rows/explain.h"
#include "rows/tsv.h"

enum { PIECE = 128 << 10 };

struct region {
	struct rec_rows *r;
	const char *p;
	size_t n;
	rec_rows_visit *visit;
	void *arg;
};

static size_t pieces_of(const struct region *g)
{
	return (g->n + PIECE - 1) / PIECE;
}

/* The lines that begin in piece i; false where there is none. */
static bool piece_lines(const struct region *g, size_t i, const char **p, const char **end)
{
	size_t from = i * PIECE, to = g->n - from < PIECE ? g->n : from + PIECE;
	const char *q;

	*p = g->p;
	if (from > 0) {
		q = memchr(g->p + from - 1, '\n', to - from);
		if (!q)
			return false;
		*p = q + 1;
	}
	/* there: a region ends in a newline */
	q = memchr(g->p + to - 1, '\n', g->n - (to - 1));
	*end = q + 1;
	return true;
}

/* 1, 0, -1 as for rec_lines_next. */
static int next_region(struct rec_rows *r, struct region *g, int all, struct rec_err *e)
{
	int rc = rec_lines_next(r->lines, all, &g->p, &g->n, e);

	if (rc == 1 && r->count == 0)
		rec_rows_first_line(r, g->p, g->p + g->n);
	return rc;
}

static int visit_batch(const struct region *g, unsigned thread, const char *from, size_t n,
		       struct rec_err *e)
{
	const struct rec_row *rows = g->r->scratch + (size_t)thread * REC_ROWS_BATCH;
	size_t bad = SIZE_MAX;

	g->r->tally[thread].n += n;
	if (!g->r->tally[thread].tab)
		g->r->tally[thread].tab = rec_rows_any_tab(rows, n);
	if (n == 0 || g->visit(g->arg, thread, rows, n, &bad, e) == 0)
		return 0;
	if (bad >= n)
		return -1;
	return rec_rows_at_line(g->r, g->r->count + rec_rows_newlines(g->p, from) + bad + 1, e);
}

static int visit_piece(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct region *g = arg;
	struct rec_rows *r = g->r;
	struct rec_tsv_rows batch = { .rows = r->scratch + (size_t)thread * REC_ROWS_BATCH,
				      .max = REC_ROWS_BATCH };
	const char *p, *end, *from;
	int rc = 0;

	if (task == 0) {
		rec_lines_ahead(r->lines);
		return 0;
	}
	if (!piece_lines(g, task - 1, &p, &end))
		return 0;
	rec_in_used(r->in, (uint64_t)(end - p));
	while (p < end && rc == 0) {
		/* rows before a bad line come first, and so do their errors */
		struct rec_err later = { 0 };

		from = p;
		rc = rec_tsv_parse(&p, end, r->flags, &batch, &later);
		if (batch.lost)
			rec_rows_note_lost(&r->tally[thread], batch.rows, batch.n);
		if (visit_batch(g, thread, from, batch.n, e) != 0)
			return -1;
		if (rc != 0) {
			*e = later;
			return rec_rows_bad_line(r, p, end,
						 r->count + rec_rows_newlines(g->p, p) + 1, e);
		}
	}
	return 0;
}

int rec_rows_text_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e)
{
	struct region g = { .r = r, .visit = visit, .arg = arg };
	int rc;

	while ((rc = next_region(r, &g, 1, e)) == 1) {
		if (rec_pool_run(r->pool, pieces_of(&g) + 1, visit_piece, &g, e) != 0)
			return -1;
		rec_rows_add_lost(r, g.p, r->count + 1);
		rec_rows_add_tally(r);
	}
	return rc;
}

static int parse_piece(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct region *g = arg;
	struct rec_rows *r = g->r;
	struct rec_rows_piece *w;
	const char *p, *end;

	(void)thread;
	if (task == 0) {
		rec_lines_ahead(r->lines);
		return 0;
	}
	w = &r->pieces[task - 1];
	w->n = 0;
	w->failed = w->explained = w->lost = false;
	w->err = (struct rec_err){ 0 };
	if (!piece_lines(g, task - 1, &p, &end))
		return 0;
	while (p < end && !w->failed) {
		struct rec_tsv_rows to;

		if (rec_grow(&w->rows, &w->cap, w->n + REC_ROWS_BATCH, sizeof *w->rows, e) != 0)
			return -1;
		to = (struct rec_tsv_rows){ .rows = w->rows + w->n, .max = w->cap - w->n };
		w->failed = rec_tsv_parse(&p, end, r->flags, &to, &w->err) != 0;
		w->n += to.n;
		w->lost |= to.lost;
	}
	if (w->failed)
		w->explained = rec_rows_explain(r, p, end, r->count == 0 && p == g->p, &w->err);
	return 0;
}

static int parse_region(struct rec_rows *r, struct region *g, struct rec_err *e)
{
	size_t n = pieces_of(g), had = r->pieces_cap;

	if (rec_grow(&r->pieces, &r->pieces_cap, n, sizeof *r->pieces, e) != 0)
		return -1;
	if (r->pieces_cap > had)
		memset(r->pieces + had, 0, (r->pieces_cap - had) * sizeof *r->pieces);
	r->npieces = n;
	r->piece = 0;
	if (rec_pool_run(r->pool, n + 1, parse_piece, g, e) != 0 || rec_rows_tallies(r, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (r->pieces[i].lost)
			rec_rows_note_lost(r->tally, r->pieces[i].rows, r->pieces[i].n);
	rec_rows_add_lost(r, g->p, r->count + 1);
	return 0;
}

/*
 * Pieces go out in their order; the error of a bad line goes out after the
 * rows before it.
 */
int rec_rows_text_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
		       struct rec_err *e)
{
	struct region g = { .r = r };
	int rc;

	for (;;) {
		for (; r->piece < r->npieces; r->piece++) {
			struct rec_rows_piece *w = &r->pieces[r->piece];

			if (w->n > 0) {
				*rows = w->rows;
				*n = w->n;
				w->n = 0;
				r->piece += !w->failed;
				return 1;
			}
			if (w->failed) {
				*e = w->err;
				return w->explained ? -1 : rec_rows_at_line(r, r->count + 1, e);
			}
		}
		rc = next_region(r, &g, 0, e);
		if (rc != 1)
			return rc;
		if (parse_region(r, &g, e) != 0)
			return -1;
	}
}

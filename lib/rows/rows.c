/* SPDX-License-Identifier: MIT */
/*
 * Rows in.
 *
 * text:   rec_in -> lines.c (regions of whole lines, read ahead) -> tsv.c in
 *         the pool, a piece a task -> batches
 * recmat: rec_in -> recmat.c (blocks) -> rows of label pointers into the block
 * -> batches
 *
 * Labels point into the region or the block, so nothing is copied. Memory: text
 * two regions of up to a MiB a thread and, for rec_rows_next, the rows of one
 * region; recmat one block where it can't be mapped.
 */
#include "rows/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/looks.h"
#include "rows/private.h"

enum { CHUNK_ALONE = 256 << 10, CHUNK_THREAD = 1 << 20 };

int rec_rows_open(struct rec_rows **out, struct rec_in *in, unsigned flags, struct rec_pool *pool,
		  struct rec_err *e)
{
	struct rec_rows *r = rec_zalloc(1, sizeof *r, e);
	unsigned threads = rec_pool_size(pool);
	int binary, rc;

	*out = NULL;
	if (!r)
		return -1;
	r->pool = pool;
	r->flags = flags;
	binary = rec_recmat_is(in, e);
	r->binary = binary == 1;
	if (binary == 1)
		rc = rec_recmat_open(&r->recmat, in, flags & REC_ROWS_TRUST, pool, e);
	else
		rc = binary < 0 ? -1 :
				  rec_lines_open(&r->lines, in,
						 threads == 1 ? CHUNK_ALONE :
								(size_t)threads * CHUNK_THREAD,
						 e);
	if (rc != 0) {
		rec_rows_close(r);
		return -1;
	}
	r->in = in;
	*out = r;
	return 0;
}

void rec_rows_close(struct rec_rows *r)
{
	if (!r)
		return;
	rec_block_free(&r->block);
	rec_recmat_close(r->recmat);
	rec_lines_close(r->lines);
	for (size_t i = 0; i < r->pieces_cap; i++)
		free(r->pieces[i].rows);
	free(r->pieces);
	free(r->lone);
	free(r->line);
	free(r->scratch);
	free(r->tally);
	rec_in_close(r->in);
	free(r);
}

uint64_t rec_rows_count(const struct rec_rows *r)
{
	return r->count;
}

int rec_rows_scratch(struct rec_rows *r, struct rec_err *e)
{
	if (!r->scratch)
		r->scratch = rec_alloc((size_t)rec_pool_size(r->pool) * REC_ROWS_BATCH,
				       sizeof *r->scratch, e);
	return r->scratch ? rec_rows_tallies(r, e) : -1;
}

int rec_rows_tallies(struct rec_rows *r, struct rec_err *e)
{
	if (!r->tally)
		r->tally = rec_zalloc(rec_pool_size(r->pool), sizeof *r->tally, e);
	return r->tally ? 0 : -1;
}

void rec_rows_add_tally(struct rec_rows *r)
{
	for (unsigned i = 0; i < rec_pool_size(r->pool); i++) {
		r->count += r->tally[i].n;
		r->tab |= r->tally[i].tab;
		r->tally[i].n = 0;
	}
}

const struct rec_lost *rec_rows_lost(const struct rec_rows *r)
{
	return &r->lost;
}

int rec_rows_at_line(const struct rec_rows *r, uint64_t line, struct rec_err *e)
{
	return rec_err_prefix(e, "%s:%" PRIu64 ": ", rec_in_name(r->in), line);
}

int rec_rows_in_block(const struct rec_rows *r, struct rec_err *e)
{
	return rec_err_prefix(e, "%s: block %" PRIu64 ": ", rec_in_name(r->in), r->blocks);
}

const struct rec_looks *rec_rows_looks(const struct rec_rows *r)
{
	size_t n;
	const char *p = rec_in_head(r->in, &n);

	return r->binary || r->tab ? NULL : rec_looks_labels(p, n);
}

int rec_rows_end(const struct rec_rows *r, struct rec_err *e)
{
	const struct rec_looks *l = NULL;

	if ((r->flags & REC_ROWS_LABELS) && !(r->flags & REC_ROWS_ANYHOW))
		l = rec_rows_looks(r);
	return l && l->sure ? rec_looks_fail(r->in, l, e) : 0;
}

bool rec_rows_any_tab(const struct rec_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].has & REC_HAS_COL)
			return true;
	return false;
}

/*
 * The first two fields of a line: whether they read like names of columns. *n:
 * fields in all.
 */
static bool reads_like_header(const char *p, const char *end, int *n)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p)), *q, *stop;

	*n = 1;
	if (!tab)
		return false;
	for (q = tab; q; q = memchr(q + 1, '\t', (size_t)(end - q - 1)))
		++*n;
	stop = *n > 2 ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : end - (end[-1] == '\r');
	return rec_looks_header(p, (size_t)(tab - p), tab + 1, (size_t)(stop - tab - 1));
}

/* Letters in the third field. */
static bool has_third_name(const char *p, const char *end)
{
	for (int tabs = 0; tabs < 2; tabs++) {
		p = memchr(p, '\t', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	return rec_looks_name(p, strcspn(p, "\t\r\n"));
}

bool rec_rows_explain(const struct rec_rows *r, const char *line, const char *end, bool first,
		      struct rec_err *e)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	int fields;

	if (rec_looks_explain(r->in, e))
		return true;
	if (e->code != REC_EDATA || !strstr(e->msg, "field 3: ") ||
	    !strstr(e->msg, " is not a number"))
		return false;
	if (reads_like_header(line, newline ? newline : end, &fields) ||
	    (first && has_third_name(line, newline ? newline : end)))
		rec_err_suffix(e, "; names of columns? drop the line, or read the file with "
				  "rec-cat --from csv -d '\\t' --header");
	return false;
}

int rec_rows_bad_line(const struct rec_rows *r, const char *p, const char *end, uint64_t line,
		      struct rec_err *e)
{
	return rec_rows_explain(r, p, end, line == 1, e) ? -1 : rec_rows_at_line(r, line, e);
}

/* With a third name the line is an error, and explained there. */
void rec_rows_first_line(const struct rec_rows *r, const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end,
		   *tab;
	int fields;

	if (!reads_like_header(p, stop, &fields) || fields > 2)
		return;
	tab = memchr(p, '\t', (size_t)(stop - p));
	stop -= stop[-1] == '\r';
	rec_in_tell(r->in, 1,
		    "'%.*s' '%.*s' reads like names of columns and was taken as a row; to drop it: "
		    "tail -n +2, "
		    "in joined files rec-cat --from csv -d '\\t' --quote none --header",
		    (int)(tab - p), p, (int)(stop - tab - 1), tab + 1);
}

int rec_rows_next(struct rec_rows *r, const struct rec_row **rows, size_t *n, struct rec_err *e)
{
	int rc = r->binary ? rec_rows_recmat_next(r, rows, n, e) :
			     rec_rows_text_next(r, rows, n, e);

	r->batch_n = rc == 1 ? *n : 0;
	r->count += r->batch_n;
	if (!r->tab && rc == 1)
		r->tab = rec_rows_any_tab(*rows, *n);
	return rc == 0 && !r->binary ? rec_rows_end(r, e) : rc;
}

int rec_rows_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e)
{
	if (rec_rows_scratch(r, e) != 0)
		return -1;
	if (r->binary)
		return rec_rows_recmat_each(r, visit, arg, e);
	return rec_rows_text_each(r, visit, arg, e) != 0 ? -1 : rec_rows_end(r, e);
}

int rec_rows_fail(const struct rec_rows *r, size_t i, int field, struct rec_err *e, const char *fmt,
		  ...)
{
	char text[sizeof e->msg];
	va_list ap;

	if (e->code != REC_OK)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (field > 0)
		rec_err_set(e, REC_EDATA, "field %d: %s", field, text);
	else
		rec_err_set(e, REC_EDATA, "%s", text);
	return r->binary ? rec_rows_in_block(r, e) :
			   rec_rows_at_line(r, r->count - r->batch_n + i + 1, e);
}

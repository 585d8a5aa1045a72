/* SPDX-License-Identifier: MIT */
/*
 * Rows in.
 *
 * text:   rec_in -> lines.c (regions of whole lines, read ahead) -> tsv.c in the pool, a piece a task -> batches
 * recmat: rec_in -> recmat.c (blocks) -> rows of label pointers into the block -> batches
 *
 * Labels point into the region or the block, so nothing is copied. Memory: text two regions of up to a MiB a thread and, for rec_rows_next, the rows of one
 * region; recmat one block where it can't be mapped.
 */
#include "io/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/rows_private.h"

enum { CHUNK_ALONE = 256 << 10, CHUNK_THREAD = 1 << 20 };

int rec_rows_open(struct rec_rows **out, struct rec_in *in, unsigned flags, struct rec_pool *pool, struct rec_err *e)
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
		rc = binary < 0 ? -1 : rec_lines_open(&r->lines, in, threads == 1 ? CHUNK_ALONE : (size_t)threads * CHUNK_THREAD, e);
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
	unsigned threads = rec_pool_size(r->pool);

	if (!r->scratch)
		r->scratch = rec_alloc((size_t)threads * REC_ROWS_BATCH, sizeof *r->scratch, e);
	if (!r->tally)
		r->tally = rec_zalloc(threads, sizeof *r->tally, e);
	return r->scratch && r->tally ? 0 : -1;
}

void rec_rows_add_tally(struct rec_rows *r)
{
	for (unsigned i = 0; i < rec_pool_size(r->pool); i++) {
		r->count += r->tally[i].n;
		r->tally[i].n = 0;
	}
}

int rec_rows_at_line(const struct rec_rows *r, uint64_t line, struct rec_err *e)
{
	return rec_err_prefix(e, "%s:%" PRIu64 ": ", rec_in_name(r->in), line);
}

int rec_rows_in_block(const struct rec_rows *r, struct rec_err *e)
{
	return rec_err_prefix(e, "%s: block %" PRIu64 ": ", rec_in_name(r->in), r->blocks);
}

int rec_rows_no_mark(const struct rec_rows *r, const char *p, size_t n, struct rec_err *e)
{
	if (n < 3 || memcmp(p, "\xef\xbb\xbf", 3) != 0)
		return 0;
	rec_err_set(e, REC_EDATA, "byte order mark");
	return rec_rows_at_line(r, 1, e);
}

int rec_rows_next(struct rec_rows *r, const struct rec_row **rows, size_t *n, struct rec_err *e)
{
	int rc = r->binary ? rec_rows_recmat_next(r, rows, n, e) : rec_rows_text_next(r, rows, n, e);

	r->batch_n = rc == 1 ? *n : 0;
	r->count += r->batch_n;
	return rc;
}

int rec_rows_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e)
{
	if (rec_rows_scratch(r, e) != 0)
		return -1;
	return r->binary ? rec_rows_recmat_each(r, visit, arg, e) : rec_rows_text_each(r, visit, arg, e);
}

int rec_rows_fail(const struct rec_rows *r, size_t i, int field, struct rec_err *e, const char *fmt, ...)
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
	return r->binary ? rec_rows_in_block(r, e) : rec_rows_at_line(r, r->count - r->batch_n + i + 1, e);
}

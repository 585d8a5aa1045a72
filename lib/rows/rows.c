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

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rows/blocks.h"
#include "rows/explain.h"
#include "rows/line.h"
#include "rows/place.h"
#include "rows/text.h"

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
	r->in = r->held.in = in;
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
	free(r->held.p);
	free(r->scratch);
	free(r->tally);
	rec_in_close(r->in);
	free(r);
}

uint64_t rec_rows_count(const struct rec_rows *r)
{
	return r->count;
}

const struct rec_lost *rec_rows_lost(const struct rec_rows *r)
{
	return &r->lost;
}

const struct rec_looks *rec_rows_looks(const struct rec_rows *r)
{
	return rec_rows_appear(r);
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

int rec_rows_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e)
{
	if (r->binary)
		return rec_err_set(e, REC_EDATA, "%s: recmat where lines of text are wanted",
				   rec_in_name(r->in));
	return rec_rows_text_line(r, row, e);
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

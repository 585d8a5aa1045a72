/* SPDX-License-Identifier: MIT */
#include "matrix/sparse.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "matrix/block.h"
#include "matrix/ordered.h"
#include "recmat/recmat.h"
#include "rows/write.h"

enum { ROWS_A_TASK = 1 << 8, CELLS_A_TEXT = 1 << 13 };

void rec_sparse_free(struct rec_sparse *s)
{
	rec_csr_free(&s->m);
	rec_labels_free(&s->row);
	rec_labels_free(&s->col);
	if (s->block)
		rec_block_free(s->block);
	free(s->block);
	free(s->beyond);
	if (s->in)
		rec_in_close(s->in);
	*s = (struct rec_sparse){ 0 };
}

static int put_cell(struct rec_buf *b, const struct rec_sparse *s, uint32_t row, uint64_t cell,
		    struct rec_err *e)
{
	struct rec_row x = rec_text_cell(&s->row, row, &s->col, s->m.col[cell], s->m.val[cell]);

	if (s->m.time && !isnan(s->m.time[cell])) {
		x.time = s->m.time[cell];
		x.has |= REC_HAS_TIME;
	}
	return rec_row_add(b, &x, e);
}

static int format_cells(void *arg, uint64_t from, uint64_t to, struct rec_buf *b, struct rec_err *e)
{
	const struct rec_sparse *s = *(const struct rec_sparse *const *)arg;
	uint32_t row = rec_csr_row_of(s->m.ptr, s->m.nrows, from);

	for (uint64_t c = from; c < to; c++) {
		while (s->m.ptr[row + 1] <= c)
			row++;
		if (put_cell(b, s, row, c, e) != 0)
			return -1;
	}
	return 0;
}

/* Where some rows have no cells: those are lines with a label alone. */
static int format_rows(void *arg, uint64_t from, uint64_t to, struct rec_buf *b, struct rec_err *e)
{
	const struct rec_sparse *s = *(const struct rec_sparse *const *)arg;

	for (uint32_t i = (uint32_t)from; i < to; i++) {
		struct rec_row alone = rec_text_row(&s->row, i);

		if (s->m.ptr[i] == s->m.ptr[i + 1] && rec_row_add(b, &alone, e) != 0)
			return -1;
		for (uint64_t c = s->m.ptr[i]; c < s->m.ptr[i + 1]; c++)
			if (put_cell(b, s, i, c, e) != 0)
				return -1;
	}
	return 0;
}

static bool has_repeats(const struct rec_csr *m)
{
	for (uint32_t i = 0; i < m->nrows; i++)
		for (uint64_t c = m->ptr[i] + 1; c < m->ptr[i + 1]; c++)
			if (m->col[c] == m->col[c - 1])
				return true;
	return false;
}

/* A matrix that keeps repeats isn't canonical: it is written as triples. */
static int write_stream(struct rec_out *out, struct rec_block *b, struct rec_pool *pool,
			struct rec_err *e)
{
	uint32_t *row = rec_alloc((size_t)b->nnz, sizeof *row, e);
	int rc;

	if (!row)
		return -1;
	for (uint32_t i = 0; i < b->rows; i++)
		for (uint64_t c = b->ptr[i]; c < b->ptr[i + 1]; c++)
			row[c] = i;
	b->order = REC_STREAM;
	b->row = row;
	b->ptr = NULL;
	rc = rec_recmat_write(out, b, pool, e);
	free(row);
	return rc;
}

static int write_binary(struct rec_out *out, const struct rec_sparse *s, const char *name,
			const struct rec_meta *meta, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_block b = rec_csr_block(&s->row, &s->col, &s->m, name ? name : "");
	bool with_meta = meta && meta->n > 0;

	if (with_meta && rec_meta_write(out, meta, pool, e) != 0)
		return -1;
	if ((has_repeats(&s->m) ? write_stream(out, &b, pool, e) :
				  rec_recmat_write(out, &b, pool, e)) != 0)
		return -1;
	return rec_recmat_end(out, with_meta ? 2 : 1, e);
}

int rec_sparse_write(struct rec_out *out, const struct rec_sparse *s, bool binary, const char *name,
		     const struct rec_meta *meta, struct rec_pool *pool, struct rec_err *e)
{
	if (binary)
		return write_binary(out, s, name, meta, pool, e);
	if (rec_csr_empty_rows(&s->m) > 0)
		return rec_text_write(out, s->m.nrows, ROWS_A_TASK, format_rows, &s, pool, e);
	return rec_text_write(out, s->m.nnz, CELLS_A_TEXT, format_cells, &s, pool, e);
}

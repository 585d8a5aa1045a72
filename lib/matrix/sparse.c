/* SPDX-License-Identifier: MIT */
#include "matrix/sparse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "io/num.h"
#include "matrix/load.h"
#include "matrix/ordered.h"
#include "recmat/recmat.h"
#include "rows/write.h"

enum { CELLS_A_TASK = 1 << 14, ROWS_A_TASK = 1 << 8, CELLS_A_TEXT = 1 << 13 };

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

/*
 * Labels without cells are dropped: flags of used ones to the rank of each, and
 * the number of used ones.
 */
struct used {
	unsigned char *keep;
	uint32_t *rank, n;
	uint64_t *hash;
};

static int used_new(struct used *u, const struct rec_labels *l, struct rec_err *e)
{
	u->keep = rec_zalloc(l->n, 1, e);
	u->rank = rec_alloc(l->n, sizeof *u->rank, e);
	u->hash = rec_alloc(l->n, sizeof *u->hash, e);
	return u->keep && u->rank && u->hash ? 0 : -1;
}

static void used_rank(struct used *u, const struct rec_labels *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		size_t n;
		const char *p = rec_label(l, i, &n);

		u->rank[i] = u->keep[i] ? u->n++ : REC_NONE;
		u->hash[i] = u->keep[i] ? rec_hash(p, n, 0) : 0;
	}
}

static void used_free(struct used *u)
{
	free(u->keep);
	free(u->rank);
	free(u->hash);
}

struct feed {
	const struct rec_cell *cell;
	uint64_t n;
	struct used row, col;
	struct rec_cells cells;
	struct rec_tally *tally;
};

static int feed_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct feed *f = arg;
	struct rec_tally *t = &f->tally[thread];

	for (const struct rec_cell *c = f->cell + first; c < f->cell + last; c++) {
		float value = c->value + 0.0f;
		double time = c->time + 0.0;

		rec_digest_add(&t->digest, f->row.hash[c->row], f->col.hash[c->col], value, time);
		rec_tally_time(t, time);
		rec_tally_value(t, value);
		if (rec_cells_add(&f->cells, thread, c->row, c->col, value, time, e) != 0)
			return -1;
	}
	t->has_value = true;
	return 0;
}

static int feed_cells(struct feed *f, const struct rec_labels *row, const struct rec_labels *col,
		      bool times, struct rec_pool *pool, struct rec_err *e)
{
	unsigned threads = rec_pool_size(pool);

	f->tally = rec_zalloc(threads, sizeof *f->tally, e);
	if (!f->tally || used_new(&f->row, row, e) != 0 || used_new(&f->col, col, e) != 0 ||
	    rec_cells_new(&f->cells, threads, times, e) != 0)
		return -1;
	for (uint64_t i = 0; i < f->n; i++) {
		f->row.keep[f->cell[i].row] = 1;
		f->col.keep[f->cell[i].col] = 1;
	}
	used_rank(&f->row, row);
	used_rank(&f->col, col);
	return rec_pool_slices(pool, f->n, CELLS_A_TASK, feed_task, f, e);
}

static int build(struct rec_sparse *s, struct feed *f, const struct rec_labels *row,
		 const struct rec_labels *col, enum rec_repeats repeats, bool times,
		 struct rec_pool *pool, struct rec_err *e)
{
	struct rec_conflict conflict;
	struct rec_cells_shape shape = { .row_ids = row->n, .repeats = repeats };

	if (feed_cells(f, row, col, times || repeats == REC_REPEATS_LAST, pool, e) != 0)
		return -1;
	shape.times = rec_tally_sum(s, f->tally, rec_pool_size(pool)) && times;
	shape.row_rank = f->row.rank;
	shape.col_rank = f->col.rank;
	shape.nrows = f->row.n;
	shape.ncols = f->col.n;
	if (rec_labels_copy(&s->row, row, f->row.keep, e) != 0 ||
	    rec_labels_copy(&s->col, col, f->col.keep, e) != 0 ||
	    rec_cells_csr(&s->m, &f->cells, &shape, &s->repeats, &conflict, pool, e) != 0)
		return -1;
	return conflict.kind ? rec_conflict_fail(&conflict, &s->row, &s->col, NULL, NULL, e) : 0;
}

int rec_sparse_build(struct rec_sparse *s, const struct rec_labels *row,
		     const struct rec_labels *col, const struct rec_cell *cell, uint64_t n,
		     enum rec_repeats repeats, bool times, struct rec_pool *pool, struct rec_err *e)
{
	struct feed f = { .cell = cell, .n = n };
	int rc;

	*s = (struct rec_sparse){ 0 };
	rc = build(s, &f, row, col, repeats, times, pool, e);
	used_free(&f.row);
	used_free(&f.col);
	rec_cells_free(&f.cells);
	free(f.tally);
	if (rc != 0)
		rec_sparse_free(s);
	return rc;
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

static int write_meta(struct rec_out *out, const struct rec_meta *meta, struct rec_pool *pool,
		      struct rec_err *e)
{
	struct rec_buf text = { 0 };
	struct rec_block b = { .kind = REC_META };
	int rc = rec_meta_format(meta, &text, e);

	if (rc == 0) {
		b.meta = text.p;
		b.meta_len = text.n;
		rc = rec_recmat_write(out, &b, pool, e);
	}
	rec_buf_free(&text);
	return rc;
}

static int write_binary(struct rec_out *out, const struct rec_sparse *s, const char *name,
			const struct rec_meta *meta, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_block b = { .kind = REC_SPARSE,
			       .order = REC_CANONICAL,
			       .rows = s->m.nrows,
			       .cols = s->m.ncols,
			       .nnz = s->m.nnz,
			       .ptr = s->m.ptr,
			       .col = s->m.col,
			       .val = s->m.val,
			       .time = s->m.time,
			       .row_off = s->row.off,
			       .row_bytes = s->row.bytes,
			       .col_off = s->col.off,
			       .col_bytes = s->col.bytes };
	bool with_meta = meta && meta->n > 0;

	rec_block_name(&b, name ? name : "");
	if (with_meta && write_meta(out, meta, pool, e) != 0)
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

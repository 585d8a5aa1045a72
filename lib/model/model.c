/* SPDX-License-Identifier: MIT */
/*
 * Models on disk and in memory. Reading leaves the blocks where they lie (in a mapped file that is how processes share a model); only parts that must be joined,
 * and a similarity in rank order, which scoring wants by column, get memory of their own.
 */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/recmat.h"
#include "matrix/merge.h"
#include "matrix/sparse.h"
#include "model/check.h"

enum { ROWS = 256, TEXT_CELLS = 1 << 20 };

void rec_model_free(struct rec_model *m)
{
	struct rec_merged *own = m->own;

	/* the labels of a dense similarity are those of the model: released once */
	if (m->sim_dense.row.own_off == m->row.own_off)
		m->sim_dense.row = (struct rec_labels){ 0 };
	if (m->sim_dense.col.own_off == m->col.own_off)
		m->sim_dense.col = (struct rec_labels){ 0 };
	free(m->name);
	rec_meta_free(&m->meta);
	rec_dense_free(&m->user);
	rec_dense_free(&m->item);
	rec_dense_free(&m->sim_dense);
	rec_dense_free(&m->offset);
	rec_labels_free(&m->row);
	rec_labels_free(&m->col);
	rec_csr_free(&m->sim);
	if (own)
		rec_merged_free(own);
	free(own);
	if (m->in)
		rec_in_close(m->in);
	*m = (struct rec_model){ 0 };
}

int rec_model_blame(const struct rec_model *m, struct rec_err *e)
{
	return m->name ? rec_err_prefix(e, "%s: ", m->name) : -1;
}

/* -- reading -- */

static struct rec_labels row_labels(const struct rec_block *b)
{
	return (struct rec_labels){ .n = (uint32_t)b->rows, .off = b->row_off, .bytes = b->row_bytes };
}

static struct rec_labels col_labels(const struct rec_block *b)
{
	return (struct rec_labels){ .n = (uint32_t)b->cols, .off = b->col_off, .bytes = b->col_bytes };
}

static void borrow_dense(struct rec_dense *d, const struct rec_block *b)
{
	*d = (struct rec_dense){ .row = row_labels(b), .ncols = (uint32_t)b->cols, .val = b->val };
	if (b->col_off)
		d->col = col_labels(b);
}

struct entry {
	uint32_t col;
	float val;
};

static int by_column(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return (a->col > b->col) - (a->col < b->col);
}

struct sorting {
	const struct rec_block *b;
	uint32_t *col;
	float *val;
	struct entry **scratch;	/* per thread, room for the longest row */
	uint64_t longest;
};

static int sort_rows(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct sorting *s = arg;
	const struct rec_block *b = s->b;
	uint64_t end = (task + 1) * ROWS < b->rows ? (task + 1) * ROWS : b->rows;
	struct entry *t = s->scratch[thread];

	if (!t)
		t = s->scratch[thread] = rec_alloc((size_t)s->longest, sizeof *t, e);
	if (!t)
		return -1;
	for (uint64_t r = task * ROWS; r < end; r++) {
		uint64_t from = b->ptr[r], n = b->ptr[r + 1] - from;

		for (uint64_t i = 0; i < n; i++)
			t[i] = (struct entry){ b->col[from + i], b->val[from + i] };
		qsort(t, (size_t)n, sizeof *t, by_column);
		for (uint64_t i = 0; i < n; i++) {
			s->col[from + i] = t[i].col;
			s->val[from + i] = t[i].val;
		}
	}
	return 0;
}

/* A similarity that came in rank order, columns ascending. Pointers and labels stay where they are. */
static int sort_similarity(struct rec_csr *m, const struct rec_block *b, struct rec_pool *pool, struct rec_err *e)
{
	unsigned n = rec_pool_size(pool);
	struct sorting s = { .b = b, .scratch = rec_zalloc(n, sizeof *s.scratch, e) };
	int rc = -1;

	m->col = m->own[1] = s.col = rec_alloc(b->nnz, sizeof *s.col, e);
	m->val = m->own[2] = s.val = rec_alloc(b->nnz, sizeof *s.val, e);
	for (uint64_t r = 0; r < b->rows; r++)
		if (b->ptr[r + 1] - b->ptr[r] > s.longest)
			s.longest = b->ptr[r + 1] - b->ptr[r];
	if (s.scratch && s.col && s.val)
		rc = rec_pool_run(pool, (size_t)((b->rows + ROWS - 1) / ROWS), sort_rows, &s, e);
	for (unsigned i = 0; s.scratch && i < n; i++)
		free(s.scratch[i]);
	free(s.scratch);
	return rc;
}

static int set_similarity(struct rec_model *m, const struct rec_block *b, struct rec_pool *pool, struct rec_err *e)
{
	if (m->has_similarity)
		return rec_err_set(e, REC_EDATA, "two similarities; keep one of them");
	m->has_similarity = true;
	m->dense = b->kind == REC_DENSE;
	m->row = row_labels(b);
	m->col = col_labels(b);
	if (m->dense) {
		borrow_dense(&m->sim_dense, b);
		return 0;
	}
	m->sim = (struct rec_csr){ .nrows = m->row.n, .ncols = m->col.n, .nnz = b->nnz, .ptr = b->ptr, .col = b->col, .val = b->val };
	return b->order == REC_RANKED ? sort_similarity(&m->sim, b, pool, e) : 0;
}

static int set_block(struct rec_model *m, const struct rec_block *b, struct rec_pool *pool, struct rec_err *e)
{
	enum rec_model_role role;

	if (rec_model_role(&role, b, e) != 0)
		return -1;
	switch (role) {
	case REC_ROLE_USER:
		borrow_dense(&m->user, b);
		break;
	case REC_ROLE_ITEM:
		borrow_dense(&m->item, b);
		m->has_factors = true;
		break;
	case REC_ROLE_OFFSET:
		borrow_dense(&m->offset, b);
		m->has_offset = true;
		break;
	case REC_ROLE_SIMILARITY:
		m->text |= b->name[0] == '\0';
		return set_similarity(m, b, pool, e);
	case REC_ROLE_NONE:
		break;
	}
	return 0;
}

static int set_blocks(struct rec_model *m, const struct rec_merged *x, struct rec_pool *pool, struct rec_err *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (set_block(m, &x->block[i], pool, e) != 0)
			return -1;
	m->text |= x->text;
	return rec_model_check(m, e);
}

static int load(struct rec_model *m, struct rec_in *in, const struct rec_merge *how, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_merged *x = rec_zalloc(1, sizeof *x, e);
	size_t n = strlen(rec_in_name(in)) + 1;
	char *name = rec_alloc(n, 1, e);	/* the input may be gone when its name is wanted */
	int rc = -1;

	*m = (struct rec_model){ .name = name, .own = x };
	if (x && name) {
		memcpy(name, rec_in_name(in), n);
		rc = rec_blocks_merge(x, &in, 1, how, pool, e);
		if (rc == 0) {
			m->meta = x->meta;
			m->lost = x->lost;
			x->meta = (struct rec_meta){ 0 };
			rc = set_blocks(m, x, pool, e) == 0 ? 0 : rec_model_blame(m, e);
		}
	} else {
		rec_in_close(in);
	}
	if (rc != 0)
		rec_model_free(m);
	return rc;
}

int rec_model_load(struct rec_model *m, struct rec_in *in, bool trust, struct rec_pool *pool, struct rec_err *e)
{
	return load(m, in, &(struct rec_merge){ .repeats = REC_REPEATS_FAIL, .trust = trust, .text_name = "similarity" }, pool, e);
}

int rec_model_load_half(struct rec_model *m, struct rec_in *in, bool trust, struct rec_pool *pool, struct rec_err *e)
{
	return load(m, in, &(struct rec_merge){ .repeats = REC_REPEATS_FAIL, .trust = trust, .text_name = "similarity", .turn = "iterations" }, pool, e);
}

/* -- writing -- */

static struct rec_block dense_block(const struct rec_dense *d, const char *name)
{
	struct rec_block b = { .kind = REC_DENSE, .rows = d->row.n, .cols = d->ncols, .row_off = d->row.off, .row_bytes = d->row.bytes, .val = d->val,
			       .far = d->far };

	if (d->col.n) {
		b.col_off = d->col.off;
		b.col_bytes = d->col.bytes;
	}
	rec_block_name(&b, name);
	return b;
}

static struct rec_block similarity_block(const struct rec_model *m)
{
	if (m->dense) {
		struct rec_dense d = m->sim_dense;

		d.row = m->row;
		d.col = m->col;
		return dense_block(&d, "similarity");
	}
	return (struct rec_block){ .kind = REC_SPARSE, .order = REC_CANONICAL, .name = "similarity", .rows = m->row.n, .cols = m->col.n, .nnz = m->sim.nnz,
				   .row_off = m->row.off, .row_bytes = m->row.bytes, .col_off = m->col.off, .col_bytes = m->col.bytes, .ptr = m->sim.ptr,
				   .col = m->sim.col, .val = m->sim.val };
}

static int write_binary(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_block b[5];
	struct rec_buf text = { 0 };
	size_t n = 0;
	int rc = rec_meta_format(&m->meta, &text, e);

	if (m->meta.n)
		b[n++] = (struct rec_block){ .kind = REC_META, .meta = text.p, .meta_len = text.n };
	if (m->has_factors && m->user.val)
		b[n++] = dense_block(&m->user, "user");
	if (m->has_factors)
		b[n++] = dense_block(&m->item, "item");
	if (m->has_similarity)
		b[n++] = similarity_block(m);
	if (m->has_offset)
		b[n++] = dense_block(&m->offset, "offset");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = rec_recmat_write(out, &b[i], pool, e);
	rec_buf_free(&text);
	return rc == 0 ? rec_recmat_end(out, n, e) : -1;
}

/* Rows from .. to - 1 of a dense similarity as a sparse one in room for their cells; zeros are no cells. */
static void sparse_rows(struct rec_csr *c, uint64_t *ptr, uint32_t *col, float *val, const struct rec_dense *d, uint32_t from, uint32_t to)
{
	uint64_t n = 0;

	ptr[0] = 0;
	for (uint32_t r = from; r < to; r++) {
		const float *x = d->val + (uint64_t)r * d->ncols;

		for (uint32_t j = 0; j < d->ncols; j++)
			if (x[j] != 0) {
				col[n] = j;
				val[n++] = x[j];
			}
		ptr[r - from + 1] = n;
	}
	*c = (struct rec_csr){ .nrows = to - from, .ncols = d->ncols, .nnz = n, .ptr = ptr, .col = col, .val = val };
}

static bool has_cells(const struct rec_dense *d, uint32_t r)
{
	const float *x = d->val + (uint64_t)r * d->ncols;

	for (uint32_t j = 0; j < d->ncols; j++)
		if (x[j] != 0)
			return true;
	return false;
}

/* Text has no frame, so a dense similarity goes out in pieces of rows; a row of zeros has no cells, and so no line. */
static int write_dense_text(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool, struct rec_err *e)
{
	uint32_t w = m->sim_dense.ncols, rows = w < TEXT_CELLS ? TEXT_CELLS / (w ? w : 1) : 1;
	uint64_t *ptr = rec_alloc((size_t)rows + 1, sizeof *ptr, e);
	uint32_t *col = rec_alloc((size_t)rows * w, sizeof *col, e);
	float *val = rec_alloc((size_t)rows * w, sizeof *val, e);
	int rc = ptr && col && val ? 0 : -1;

	for (uint32_t from = 0, to; rc == 0 && from < m->row.n; from = to) {
		struct rec_sparse s = { .col = m->col, .has_value = true };

		for (to = from; to < m->row.n && to - from < rows && has_cells(&m->sim_dense, to); to++)
			;
		if (to == from) {
			to++;
			continue;
		}
		s.row = (struct rec_labels){ .n = to - from, .off = m->row.off + from, .bytes = m->row.bytes };
		sparse_rows(&s.m, ptr, col, val, &m->sim_dense, from, to);
		rc = rec_sparse_write(out, &s, false, "", NULL, pool, e);
	}
	free(ptr);
	free(col);
	free(val);
	return rc;
}

static int write_text(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_sparse s = { .row = m->row, .col = m->col, .m = m->sim, .has_value = true };
	const char *weights = rec_meta_get(&m->meta, "history.weights");

	if (m->has_factors)
		return rec_err_set(e, REC_EUSAGE, "factors do not go into text: use -b");
	if (m->has_offset)
		return rec_err_set(e, REC_EUSAGE, "a model with an offset does not go into text: use -b");
	if (weights && strcmp(weights, "none") != 0)
		return rec_err_set(e, REC_EUSAGE, "a model that transforms the history (%s) does not go into text: use -b", weights);
	return m->dense ? write_dense_text(out, m, pool, e) : rec_sparse_write(out, &s, false, "", NULL, pool, e);
}

int rec_model_write(struct rec_out *out, const struct rec_model *m, bool binary, struct rec_pool *pool, struct rec_err *e)
{
	return binary ? write_binary(out, m, pool, e) : write_text(out, m, pool, e);
}

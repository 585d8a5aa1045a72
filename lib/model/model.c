/* SPDX-License-Identifier: MIT */
/* model.c - a model in memory, and written. */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/block.h"
#include "matrix/merge.h"
#include "matrix/sparse.h"
#include "recmat/meta.h"
#include "recmat/recmat.h"

enum { TEXT_CELLS = 1 << 20 };

void rec_model_free(struct rec_model *m)
{
	struct rec_merged *own = m->own;

	/*
	 * the labels of a dense similarity are those of the model: released
	 * once
	 */
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

/* -- what others ask -- */

uint64_t rec_model_bytes(const struct rec_model *m)
{
	uint64_t bytes = 0;

	if (m->has_factors)
		bytes += sizeof(float) * ((uint64_t)m->user.row.n * m->user.ncols +
					  (uint64_t)m->item.row.n * m->item.ncols);
	if (m->has_similarity)
		bytes += m->dense ? sizeof(float) * (uint64_t)m->row.n * m->col.n :
				    (sizeof(float) + sizeof(uint32_t)) * m->sim.nnz;
	if (m->has_offset)
		bytes += sizeof(float) * (uint64_t)m->offset.row.n;
	return bytes;
}

bool rec_model_of_users(const struct rec_model *m)
{
	const char *side = rec_meta_get(&m->meta, "side");

	return m->has_similarity && side && strcmp(side, "user") == 0;
}

int rec_model_holds(const struct rec_model *m, const struct rec_labels *rows, bool *all,
		    struct rec_err *e)
{
	uint32_t *row_to_user;

	*all = true;
	if (!m->has_factors)
		return 0;
	if (rec_labels_map(&row_to_user, rows, &m->user.row, e) != 0)
		return -1;
	for (uint32_t i = 0; i < rows->n; i++)
		*all = *all && row_to_user[i] != REC_NONE;
	free(row_to_user);
	return 0;
}

bool rec_model_is_part(const struct rec_model *m)
{
	double items = 0;
	struct rec_err e = { 0 };

	return m->has_factors && rec_meta_get_f64(&m->meta, "items", &items, &e) > 0 &&
	       items > m->item.row.n;
}

/* The norm of the first k numbers of a row; 0 where there is no such row. */
static double norm(const struct rec_dense *d, uint32_t row, uint32_t k)
{
	double sum = 0;

	for (uint32_t i = 0; row < d->row.n && i < k; i++) {
		double x = (double)d->val[(size_t)row * d->ncols + i];

		sum += x * x;
	}
	return sqrt(sum);
}

double rec_model_reach(const struct rec_model *m, double enough)
{
	const struct rec_dense *u = &m->user, *v = &m->item;
	const char *bias = rec_meta_get(&m->meta, "bias");
	uint32_t k = v->ncols - (bias && bias[0] == '1' && v->ncols > 2 ? 2 : 0);
	double user = u->row.n ? 0 : 1, item = 0;

	for (uint32_t i = 0; (i < u->row.n || i < v->row.n) && !(user * item >= enough); i++) {
		double x = norm(u, i, k), y = norm(v, i, k);

		user = x > user ? x : user;
		item = y > item ? y : item;
	}
	return user * item;
}

/* -- writing -- */

static struct rec_block similarity_block(const struct rec_model *m)
{
	if (m->dense) {
		struct rec_dense d = m->sim_dense;

		d.row = m->row;
		d.col = m->col;
		return rec_dense_block(&d, "similarity");
	}
	return rec_csr_block(&m->row, &m->col, &m->sim, "similarity");
}

static int write_binary(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool,
			struct rec_err *e)
{
	bool meta = m->meta.n > 0;
	struct rec_block b[4];
	size_t n = 0;
	int rc = meta ? rec_meta_write(out, &m->meta, pool, e) : 0;

	if (m->has_factors && m->user.val)
		b[n++] = rec_dense_block(&m->user, "user");
	if (m->has_factors)
		b[n++] = rec_dense_block(&m->item, "item");
	if (m->has_similarity)
		b[n++] = similarity_block(m);
	if (m->has_offset)
		b[n++] = rec_dense_block(&m->offset, "offset");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = rec_recmat_write(out, &b[i], pool, e);
	return rc == 0 ? rec_recmat_end(out, n + meta, e) : -1;
}

/*
 * Rows from .. to - 1 of a dense similarity as a sparse one in room for their
 * cells; zeros are no cells.
 */
static void sparse_rows(struct rec_csr *c, uint64_t *ptr, uint32_t *col, float *val,
			const struct rec_dense *d, uint32_t from, uint32_t to)
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
	*c = (struct rec_csr){
		.nrows = to - from, .ncols = d->ncols, .nnz = n, .ptr = ptr, .col = col, .val = val
	};
}

static bool has_cells(const struct rec_dense *d, uint32_t r)
{
	const float *x = d->val + (uint64_t)r * d->ncols;

	for (uint32_t j = 0; j < d->ncols; j++)
		if (x[j] != 0)
			return true;
	return false;
}

/*
 * Text has no frame, so a dense similarity goes out in pieces of rows; a row of
 * zeros has no cells, and so no line.
 */
static int write_dense_text(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool,
			    struct rec_err *e)
{
	uint32_t w = m->sim_dense.ncols, rows = w < TEXT_CELLS ? TEXT_CELLS / (w ? w : 1) : 1;
	uint64_t *ptr = rec_alloc((size_t)rows + 1, sizeof *ptr, e);
	uint32_t *col = rec_alloc((size_t)rows * w, sizeof *col, e);
	float *val = rec_alloc((size_t)rows * w, sizeof *val, e);
	int rc = ptr && col && val ? 0 : -1;

	for (uint32_t from = 0, to; rc == 0 && from < m->row.n; from = to) {
		struct rec_sparse s = { .col = m->col, .has_value = true };

		for (to = from; to < m->row.n && to - from < rows && has_cells(&m->sim_dense, to);
		     to++)
			;
		if (to == from) {
			to++;
			continue;
		}
		s.row = (struct rec_labels){ .n = to - from,
					     .off = m->row.off + from,
					     .bytes = m->row.bytes };
		sparse_rows(&s.m, ptr, col, val, &m->sim_dense, from, to);
		rc = rec_sparse_write(out, &s, false, "", NULL, pool, e);
	}
	free(ptr);
	free(col);
	free(val);
	return rc;
}

static int write_text(struct rec_out *out, const struct rec_model *m, struct rec_pool *pool,
		      struct rec_err *e)
{
	struct rec_sparse s = { .row = m->row, .col = m->col, .m = m->sim, .has_value = true };
	const char *weights = rec_meta_get(&m->meta, "history.weights");

	if (m->has_factors)
		return rec_err_set(e, REC_EUSAGE, "factors do not go into text: use -b");
	if (m->has_offset)
		return rec_err_set(e, REC_EUSAGE,
				   "a model with an offset does not go into text: use -b");
	if (weights && strcmp(weights, "none") != 0)
		return rec_err_set(
			e, REC_EUSAGE,
			"a model that transforms the history (%s) does not go into text: use -b",
			weights);
	return m->dense ? write_dense_text(out, m, pool, e) :
			  rec_sparse_write(out, &s, false, "", NULL, pool, e);
}

int rec_model_write(struct rec_out *out, const struct rec_model *m, bool binary,
		    struct rec_pool *pool, struct rec_err *e)
{
	return binary ? write_binary(out, m, pool, e) : write_text(out, m, pool, e);
}

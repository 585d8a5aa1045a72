/* SPDX-License-Identifier: MIT */
/* sim/finish.c - normalisation, offset, labels. */
#include "sim/finish.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Columns (or rows) of a dense matrix that a task takes: 1 KiB of each row. */
enum { STRIP = 256 };

void rec_similarity_free(struct rec_similarity *s)
{
	rec_csr_free(&s->sparse);
	free(s->dense);
	*s = (struct rec_similarity){ 0 };
}

/*
 * Dense matrices are worked on in strips of columns (or rows), one task each.
 */
struct strips {
	struct rec_similarity *s;
	double *sum;		/* per column or row */
	const double *mean;	/* offset: weights of the rows; else NULL */
	bool rows, squares;
};

static double term(float w, bool squares)
{
	return squares ? (double)w * (double)w : fabs((double)w);
}

static float scaled(float w, double norm)
{
	return norm > 0 ? (float)((double)w / norm) : w;
}

static double norm_of(double sum, bool squares)
{
	return squares ? sqrt(sum) : sum;
}

static void sum_strip(const struct strips *k, uint32_t from, uint32_t to)
{
	uint32_t n = k->s->n;

	for (uint32_t i = k->rows ? from : 0; i < (k->rows ? to : n); i++) {
		const float *row = k->s->dense + (uint64_t)i * n;

		for (uint32_t j = k->rows ? 0 : from; j < (k->rows ? n : to); j++)
			k->sum[k->rows ? i : j] += k->mean ? (double)row[j] * k->mean[i] :
							     term(row[j], k->squares);
	}
}

static int sum_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		    struct rec_err *e)
{
	const struct strips *k = arg;

	(void)thread;
	(void)e;
	sum_strip(k, (uint32_t)first, (uint32_t)last);
	return 0;
}

static int scale_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	const struct strips *k = arg;
	uint32_t n = k->s->n;

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++)
		for (uint32_t j = 0; j < n; j++) {
			float *w = k->s->dense + i * n + j;

			*w = scaled(*w, norm_of(k->sum[k->rows ? i : j], k->squares));
		}
	return 0;
}

static void normalize_sparse(const struct strips *k)
{
	struct rec_csr *m = &k->s->sparse;
	float *val = m->own[2];

	for (uint32_t i = 0; i < m->nrows; i++)
		for (uint64_t c = m->ptr[i]; c < m->ptr[i + 1]; c++)
			k->sum[k->rows ? i : m->col[c]] += term(val[c], k->squares);
	for (uint32_t i = 0; i < m->nrows; i++)
		for (uint64_t c = m->ptr[i]; c < m->ptr[i + 1]; c++)
			val[c] = scaled(val[c],
					norm_of(k->sum[k->rows ? i : m->col[c]], k->squares));
}

int rec_similarity_normalize(struct rec_similarity *s, enum rec_sim_normalize how, bool rows,
			     const struct rec_run *run, struct rec_err *e)
{
	struct strips k = { .s = s, .rows = rows, .squares = how == REC_SIM_NORMALIZE_L2 };
	int rc = 0;

	if (how == REC_SIM_NORMALIZE_NONE)
		return 0;
	k.sum = rec_zalloc(s->n, sizeof *k.sum, e);
	if (!k.sum)
		return -1;
	if (!s->dense)
		normalize_sparse(&k);
	else if ((rc = rec_pool_slices(run->pool, s->n, STRIP, sum_task, &k, e)) == 0)
		rc = rec_pool_slices(run->pool, s->n, STRIP, scale_task, &k, e);
	free(k.sum);
	return rc;
}

int rec_similarity_offset(double *offset, const struct rec_similarity *s, const double *mean,
			  const struct rec_run *run, struct rec_err *e)
{
	/* struct strips writes for others; here it only reads */
	struct rec_similarity view = *s;
	struct strips k = { .s = &view, .sum = offset, .mean = mean };
	const struct rec_csr *m = &s->sparse;
	int rc = 0;

	memset(offset, 0, s->n * sizeof *offset);
	if (s->dense)
		rc = rec_pool_slices(run->pool, s->n, STRIP, sum_task, &k, e);
	for (uint32_t i = 0; !s->dense && i < m->nrows; i++)
		for (uint64_t c = m->ptr[i]; c < m->ptr[i + 1]; c++)
			offset[m->col[c]] += (double)m->val[c] * mean[i];
	for (uint32_t j = 0; j < s->n; j++)
		offset[j] = mean[j] - offset[j];
	return rc;
}

static unsigned char *range_flags(uint32_t n, uint32_t from, uint32_t to, struct rec_err *e)
{
	unsigned char *keep = rec_zalloc((size_t)n + 1, 1, e);

	if (keep && to > from)
		memset(keep + from, 1, to - from);
	return keep;
}

static int dense_to_model(struct rec_model *m, struct rec_similarity *s,
			  const struct rec_labels *items, uint32_t from, uint32_t to,
			  struct rec_err *e)
{
	unsigned char *keep = range_flags(s->n, from, to, e);
	int rc = keep ? rec_labels_copy(&m->row, items, keep, e) : -1;

	free(keep);
	if (rc != 0 || rec_labels_copy(&m->col, items, NULL, e) != 0)
		return -1;
	m->sim_dense = (struct rec_dense){ .row = m->row,
					   .col = m->col,
					   .ncols = s->n,
					   .val = s->dense + (uint64_t)from * s->n,
					   .own = s->dense };
	s->dense = NULL;
	m->has_similarity = m->dense = true;
	return 0;
}

/*
 * Cells of the rows wanted to the front; pointers for the rows that have some;
 * columns numbered anew.
 */
static int squeeze(struct rec_csr *c, unsigned char *row, unsigned char *col, uint32_t from,
		   uint32_t to, struct rec_err *e)
{
	uint64_t first = c->ptr[from], nnz = c->ptr[to] - first,
		 *ptr = rec_alloc((size_t)to - from + 1, sizeof *ptr, e);
	uint32_t *to_col = rec_alloc(c->ncols, sizeof *to_col, e), *idx = c->own[1], rows = 0,
		 cols = 0;
	float *val = c->own[2];

	if (!ptr || !to_col) {
		free(ptr);
		free(to_col);
		return -1;
	}
	for (uint64_t i = first; i < first + nnz; i++)
		col[idx[i]] = 1;
	for (uint32_t j = 0; j < c->ncols; j++)
		to_col[j] = col[j] ? cols++ : 0;
	for (uint64_t i = 0; i < nnz; i++) {
		idx[i] = to_col[idx[first + i]];
		val[i] = val[first + i];
	}
	ptr[0] = 0;
	for (uint32_t i = from; i < to; i++)
		if (c->ptr[i + 1] > c->ptr[i]) {
			row[i] = 1;
			ptr[++rows] = c->ptr[i + 1] - first;
		}
	free(to_col);
	free(c->own[0]);
	*c = (struct rec_csr){ .nrows = rows,
			       .ncols = cols,
			       .nnz = nnz,
			       .ptr = ptr,
			       .col = idx,
			       .val = val,
			       .own = { ptr, idx, val, NULL } };
	return 0;
}

static int sparse_to_model(struct rec_model *m, struct rec_similarity *s,
			   const struct rec_labels *items, uint32_t from, uint32_t to,
			   struct rec_err *e)
{
	unsigned char *row = rec_zalloc((size_t)s->n + 1, 1, e),
		      *col = rec_zalloc((size_t)s->n + 1, 1, e);
	int rc = row && col ? squeeze(&s->sparse, row, col, from, to, e) : -1;

	if (rc == 0)
		rc = rec_labels_copy(&m->row, items, row, e);
	if (rc == 0)
		rc = rec_labels_copy(&m->col, items, col, e);
	free(row);
	free(col);
	if (rc != 0)
		return -1;
	m->sim = s->sparse;
	s->sparse = (struct rec_csr){ 0 };
	m->has_similarity = true;
	return 0;
}

int rec_similarity_to_model(struct rec_model *m, struct rec_similarity *s,
			    const struct rec_labels *items, uint32_t from, uint32_t to,
			    struct rec_err *e)
{
	int rc = s->dense ? dense_to_model(m, s, items, from, to, e) :
			    sparse_to_model(m, s, items, from, to, e);

	rec_similarity_free(s);
	return rc;
}

int rec_offset_to_model(struct rec_model *m, const double *offset, const struct rec_labels *items,
			const unsigned char *keep, struct rec_err *e)
{
	float *val = rec_alloc(items->n, sizeof *val, e);
	uint32_t n = 0;
	int rc = val ? rec_labels_copy(&m->offset.row, items, keep, e) : -1;

	for (uint32_t i = 0; rc == 0 && i < items->n; i++) {
		if (!keep[i])
			continue;
		val[n] = (float)offset[i];
		if (!isfinite(val[n++]))
			rc = rec_err_set(e, REC_EDATA, "an offset is beyond float32");
	}
	if (rc != 0) {
		free(val);
		return -1;
	}
	m->offset.ncols = 1;
	m->offset.val = m->offset.own = val;
	m->has_offset = true;
	return 0;
}

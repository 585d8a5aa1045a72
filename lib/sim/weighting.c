/* SPDX-License-Identifier: MIT */
/*
 * weighting.c - pairs that take part, and their weights. One pass each; all
 * sums are fixed chains in canonical order.
 */
#include "sim/weighting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/mem.h"
#include "matrix/csr_far.h"
#include "matrix/csr_row.h"

const char *const rec_weighting_names[] = { "none", "linear", "log", "tfidf", "bm25", NULL };

bool rec_weighting_of_history(const struct rec_weighting *w)
{
	return w->kind == REC_WEIGH_LINEAR || w->kind == REC_WEIGH_LOG ||
	       w->kind == REC_WEIGH_VALUE;
}

/* The transform of a history; values as they are have nothing to scale. */
static enum rec_transform_kind kind_of_history(const struct rec_weighting *w)
{
	if (!rec_weighting_of_history(w))
		return REC_TRANSFORM_NONE;
	return w->kind == REC_WEIGH_LOG ? REC_TRANSFORM_LOG : REC_TRANSFORM_LINEAR;
}

int rec_weighting_save(struct rec_meta *m, const struct rec_weighting *w, bool history,
		       struct rec_err *e)
{
	const char *name = w->kind == REC_WEIGH_VALUE ? "value" : rec_weighting_names[w->kind];

	if (rec_meta_set(m, "weights", name, e) != 0)
		return -1;
	if (history && rec_meta_set(m, "history.weights", rec_transform_names[kind_of_history(w)],
				    e) != 0)
		return -1;
	if (w->kind != REC_WEIGH_LINEAR && w->kind != REC_WEIGH_LOG)
		return 0;
	if (rec_meta_set_f64(m, history ? "history.alpha" : "alpha", w->alpha, e) != 0 ||
	    rec_meta_set_f64(m, history ? "history.divisor" : "divisor", w->divisor, e) != 0)
		return -1;
	if (w->kind == REC_WEIGH_LINEAR)
		return 0;
	return rec_meta_set_f64(m, history ? "history.epsilon" : "epsilon", w->epsilon, e);
}

static bool takes_part(const struct rec_weighting *w, bool zeros, float v)
{
	switch (w->kind) {
	case REC_WEIGH_VALUE: return zeros || v != 0;
	case REC_WEIGH_LINEAR: return v != 0;
	default: return v > 0;
	}
}

static bool all_take_part(const struct rec_csr *m, const struct rec_weighting *w, bool zeros)
{
	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells x = rec_csr_row(m, r);

		for (uint64_t i = 0; i < x.n; i++)
			if (!takes_part(w, zeros, x.val[i]))
				return false;
	}
	return true;
}

/* The pairs of m without times; what m keeps must stay. */
static struct rec_csr borrow(const struct rec_csr *m)
{
	struct rec_csr view = *m;

	view.time = NULL;
	view.own_far = NULL;
	memset(view.own, 0, sizeof view.own);
	return view;
}

int rec_weighting_pairs(struct rec_csr *out, const struct rec_sparse *x,
			const struct rec_weighting *w, bool zeros, struct rec_thinning *thin,
			struct rec_err *e)
{
	const struct rec_csr *m = &x->m;
	uint32_t longest = (uint32_t)rec_csr_longest(m->ptr, m->nrows);
	uint64_t *ptr, at = 0;
	struct rec_draw *draw;

	thin->rows = 0;
	*out = borrow(m);
	if ((thin->max == 0 || longest <= thin->max) && all_take_part(m, w, zeros))
		return 0;
	draw = rec_alloc(longest, sizeof *draw, e);
	if (!draw || rec_csr_new_far(out, m->nrows, m->ncols, m->nnz, w->spill, e) != 0) {
		free(draw);
		*out = (struct rec_csr){ 0 };
		return -1;
	}
	ptr = out->own[0];
	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells from = rec_csr_row(m, r);
		struct rec_csr_room to;
		uint32_t n = 0;

		for (uint64_t i = 0; i < from.n; i++)
			if (takes_part(w, zeros, from.val[i]))
				draw[n++].cell = i;
		if (thin->max && n > thin->max) {
			rec_thin(draw, n, thin->max, x, r, thin->seed);
			n = thin->max;
			thin->rows++;
		}
		to = rec_csr_write(out, at, n);
		for (uint32_t k = 0; k < n; k++) {
			to.col[k] = from.col[draw[k].cell];
			to.val[k] = from.val[draw[k].cell];
		}
		at += n;
		ptr[r + 1] = at;
	}
	out->nnz = at;
	free(draw);
	return 0;
}

/* Sum of the values of every column, and their mean. */
static double *column_sums(const struct rec_csr *x, double *mean, struct rec_err *e)
{
	double *sum = rec_zalloc(x->ncols, sizeof *sum, e), all = 0;

	for (uint32_t r = 0; sum && r < x->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(x, r);

		for (uint64_t i = 0; i < row.n; i++) {
			sum[row.col[i]] += (double)row.val[i];
			all += (double)row.val[i];
		}
	}
	*mean = all / x->ncols;
	return sum;
}

/* Before the division by the mean. */
static double weight(const struct rec_weighting *w, double v, double idf, double length)
{
	double k1 = w->bm25[0], b = w->bm25[1];

	switch (w->kind) {
	case REC_WEIGH_TFIDF: return sqrt(v) * idf;
	case REC_WEIGH_BM25: return v * (k1 + 1) / (k1 * (1 - b + b * length) + v) * idf;
	case REC_WEIGH_VALUE: return v;
	default: return rec_transform_size((enum rec_transform_kind)w->kind, w->epsilon, v);
	}
}

static double mean_weight(const struct rec_csr *x, const struct rec_weighting *w)
{
	double sum = 0;

	for (uint32_t r = 0; r < x->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(x, r);

		for (uint64_t i = 0; i < row.n; i++)
			sum += weight(w, (double)row.val[i], 1, 1);
	}
	return sum / (double)x->nnz;
}

/* In a file the columns go with them, for whoever walks through both. */
static float *new_weights(struct rec_csr *out, const struct rec_csr *x, struct rec_spill *spill,
			  struct rec_err *e)
{
	if (!spill) {
		out->far = NULL;
		return out->own[2] = rec_alloc(x->nnz, sizeof(float), e);
	}
	if (rec_csr_new_far(out, x->nrows, x->ncols, x->nnz, spill, e) != 0)
		return NULL;
	memcpy(out->own[0], x->ptr, ((size_t)x->nrows + 1) * sizeof *x->ptr);
	for (uint32_t r = 0; r < x->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(x, r);

		memcpy(rec_csr_write(out, x->ptr[r], row.n).col, row.col, row.n * sizeof *row.col);
	}
	return (float *)out->val;
}

int rec_weighting_apply(struct rec_csr *out, const struct rec_csr *x, struct rec_weighting *w,
			struct rec_err *e)
{
	bool scaled = w->kind == REC_WEIGH_LINEAR || w->kind == REC_WEIGH_LOG;
	double mean = 1, idf = 1, *sum = NULL;
	bool finite = true;

	*out = borrow(x);
	w->divisor = 1;
	if (w->kind == REC_WEIGH_VALUE || w->kind == REC_WEIGH_NONE)
		return 0;
	if (scaled) {
		w->divisor = mean_weight(x, w);
		if (!(w->divisor > 0) || isinf(w->divisor))
			return rec_err_set(e, REC_EDATA,
					   "the mean weight is %g: weights cannot be scaled by it",
					   w->divisor);
	}
	if (w->kind == REC_WEIGH_BM25 && !(sum = column_sums(x, &mean, e)))
		return -1;
	out->val = new_weights(out, x, w->spill, e);
	for (uint32_t r = 0; out->val && r < x->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(x, r);
		float *val = rec_csr_write(out, x->ptr[r], row.n).val;

		if (!scaled)
			idf = rec_log((1 + (double)x->ncols) /
				      (1 + (double)row.n));
		for (uint64_t i = 0; i < row.n; i++) {
			double y = weight(w, (double)row.val[i], idf,
					  sum ? sum[row.col[i]] / mean : 1);

			val[i] = (float)(scaled ? w->alpha * y / w->divisor : y);
			finite &= isfinite(val[i]) != 0;
		}
	}
	free(sum);
	if (!finite) {
		rec_csr_free(out);
		return rec_err_set(e, REC_EDATA, "a weight is beyond float32");
	}
	return out->val ? 0 : -1;
}

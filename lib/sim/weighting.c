/* SPDX-License-Identifier: MIT */
/*
 * weighting.c - pairs that take part, and their weights. One pass each; all
 * sums are fixed chains in canonical order.
 */
#include "sim/weighting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/math.h"
#include "base/mem.h"
#include "matrix/csr_far.h"

const char *rec_weighting_name(enum rec_weighting_kind kind)
{
	static const char *const name[] = { "none", "linear", "log", "tfidf", "bm25", "value" };

	return name[kind];
}

bool rec_weighting_of_history(const struct rec_weighting *w)
{
	return w->kind == REC_WEIGH_LINEAR || w->kind == REC_WEIGH_LOG ||
	       w->kind == REC_WEIGH_VALUE;
}

static bool takes_part(const struct rec_weighting *w, bool zeros, float v)
{
	switch (w->kind) {
	case REC_WEIGH_VALUE: return zeros || v != 0;
	case REC_WEIGH_LINEAR: return v != 0;
	default: return v > 0;
	}
}

struct draw {
	uint64_t hash, cell;
};

static int by_hash(const void *pa, const void *pb)
{
	const struct draw *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->cell < b->cell ? -1 : a->cell > b->cell;
}

static int by_cell(const void *pa, const void *pb)
{
	const struct draw *a = pa, *b = pb;

	return a->cell < b->cell ? -1 : a->cell > b->cell;
}

/*
 * Of the n cells of row r in draw leave the max with the smallest hash, in
 * canonical order.
 */
static void thin(struct draw *draw, uint32_t n, uint32_t max, const struct rec_sparse *x,
		 uint32_t r, uint64_t key)
{
	size_t nr, nc;
	const char *row = rec_label(&x->row, r, &nr), *col;
	uint64_t hash = rec_hash(row, nr, key);

	for (uint32_t i = 0; i < n; i++) {
		col = rec_label(&x->col, x->m.col[draw[i].cell], &nc);
		draw[i].hash = rec_mix2(hash, rec_hash(col, nc, key));
	}
	qsort(draw, n, sizeof *draw, by_hash);
	qsort(draw, max, sizeof *draw, by_cell);
}

static bool all_take_part(const struct rec_csr *m, const struct rec_weighting *w, bool zeros)
{
	for (uint32_t r = 0; r < m->nrows; r++) {
		rec_csr_walk(m, m->ptr[r], m->ptr[r + 1]);
		for (uint64_t i = m->ptr[r]; i < m->ptr[r + 1]; i++)
			if (!takes_part(w, zeros, m->val[i]))
				return false;
	}
	return true;
}

int rec_weighting_pairs(struct rec_csr *out, const struct rec_sparse *x,
			const struct rec_weighting *w, bool zeros, uint32_t max, uint64_t seed,
			uint64_t *thinned, struct rec_err *e)
{
	const struct rec_csr *m = &x->m;
	uint32_t longest = (uint32_t)rec_csr_longest(m->ptr, m->nrows);
	uint64_t key = rec_key(seed, "max-user"), *ptr, at = 0;
	struct draw *draw;

	*thinned = 0;
	*out = (struct rec_csr){ .nrows = m->nrows,
				 .ncols = m->ncols,
				 .nnz = m->nnz,
				 .ptr = m->ptr,
				 .col = m->col,
				 .val = m->val,
				 .far = m->far };
	if ((max == 0 || longest <= max) && all_take_part(m, w, zeros))
		return 0;
	draw = rec_alloc(longest, sizeof *draw, e);
	if (!draw || rec_csr_new_far(out, m->nrows, m->ncols, m->nnz, w->spill, e) != 0) {
		free(draw);
		*out = (struct rec_csr){ 0 };
		return -1;
	}
	ptr = out->own[0];
	for (uint32_t r = 0; r < m->nrows; r++) {
		uint32_t n = 0;

		rec_csr_walk(m, m->ptr[r], m->ptr[r + 1]);
		for (uint64_t i = m->ptr[r]; i < m->ptr[r + 1]; i++)
			if (takes_part(w, zeros, m->val[i]))
				draw[n++].cell = i;
		if (max && n > max) {
			thin(draw, n, max, x, r, key);
			n = max;
			++*thinned;
		}
		for (uint32_t k = 0; k < n; k++, at++) {
			((uint32_t *)out->col)[at] = m->col[draw[k].cell];
			((float *)out->val)[at] = m->val[draw[k].cell];
		}
		rec_far_used(out->far, n * 8);
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
		rec_csr_walk(x, x->ptr[r], x->ptr[r + 1]);
		for (uint64_t i = x->ptr[r]; i < x->ptr[r + 1]; i++) {
			sum[x->col[i]] += (double)x->val[i];
			all += (double)x->val[i];
		}
	}
	*mean = all / x->ncols;
	return sum;
}

/* Before the division by the mean. */
static double weight(const struct rec_weighting *w, double v, double idf, double length)
{
	switch (w->kind) {
	case REC_WEIGH_LOG: return rec_log1p(v / w->epsilon);
	case REC_WEIGH_TFIDF: return sqrt(v) * idf;
	case REC_WEIGH_BM25:
		return v * (w->k1 + 1) / (w->k1 * (1 - w->b + w->b * length) + v) * idf;
	case REC_WEIGH_NONE: return 1;
	default: return v;
	}
}

static double mean_weight(const struct rec_csr *x, const struct rec_weighting *w)
{
	double sum = 0;

	for (uint32_t r = 0; r < x->nrows; r++) {
		rec_csr_walk(x, x->ptr[r], x->ptr[r + 1]);
		for (uint64_t i = x->ptr[r]; i < x->ptr[r + 1]; i++)
			sum += weight(w, (double)x->val[i], 1, 1);
	}
	return sum / (double)x->nnz;
}

/* In a file the columns go with them, for whoever walks through both. */
static float *room_for_weights(struct rec_csr *out, const struct rec_csr *x,
			       struct rec_spill *spill, struct rec_err *e)
{
	if (!spill) {
		out->far = NULL;
		return out->own[2] = rec_alloc(x->nnz, sizeof(float), e);
	}
	if (rec_csr_new_far(out, x->nrows, x->ncols, x->nnz, spill, e) != 0)
		return NULL;
	memcpy(out->own[0], x->ptr, ((size_t)x->nrows + 1) * sizeof *x->ptr);
	for (uint32_t r = 0; r < x->nrows; r++) {
		uint64_t from = x->ptr[r], n = x->ptr[r + 1] - from;

		rec_csr_walk(x, from, from + n);
		rec_far_used(out->far, n * 4);
		memcpy((uint32_t *)out->col + from, x->col + from, n * sizeof *x->col);
	}
	return (float *)out->val;
}

int rec_weighting_apply(struct rec_csr *out, const struct rec_csr *x, struct rec_weighting *w,
			struct rec_err *e)
{
	bool scaled = w->kind == REC_WEIGH_LINEAR || w->kind == REC_WEIGH_LOG;
	double mean = 1, idf = 1, *sum = NULL;
	bool finite = true;
	float *val;

	*out = (struct rec_csr){ .nrows = x->nrows,
				 .ncols = x->ncols,
				 .nnz = x->nnz,
				 .ptr = x->ptr,
				 .col = x->col,
				 .val = x->val,
				 .far = x->far };
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
	val = room_for_weights(out, x, w->spill, e);
	for (uint32_t r = 0; val && r < x->nrows; r++) {
		if (!scaled)
			idf = rec_log((1 + (double)x->ncols) /
				      (1 + (double)(x->ptr[r + 1] - x->ptr[r])));
		rec_csr_walk(x, x->ptr[r], x->ptr[r + 1]);
		rec_far_used(out->own_far, (x->ptr[r + 1] - x->ptr[r]) * 8);
		for (uint64_t i = x->ptr[r]; i < x->ptr[r + 1]; i++) {
			double y = weight(w, (double)x->val[i], idf,
					  sum ? sum[x->col[i]] / mean : 1);

			val[i] = (float)(scaled ? w->alpha * y / w->divisor : y);
			finite &= isfinite(val[i]) != 0;
		}
	}
	free(sum);
	out->val = val;
	if (val && !finite) {
		rec_csr_free(out);
		return rec_err_set(e, REC_EDATA, "a weight is beyond float32");
	}
	return val ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
/* sim/overlap.c - dense accumulators, and how a line is added to them. */
#include "sim/overlap.h"

#include <stdlib.h>

#include "base/mem.h"

int rec_accumulator_new(struct rec_accumulator *a, const struct rec_overlap *o, struct rec_err *e)
{
	uint32_t items = o->x->ncols;
	bool moment = o->base == REC_BASE_MOMENT;

	*a = (struct rec_accumulator){ 0 };
	a->count = rec_zalloc(items, sizeof *a->count, e);
	a->met = rec_alloc((size_t)items + 1, sizeof *a->met, e);
	if (o->base != REC_BASE_COUNT)
		a->xy = rec_zalloc(items, sizeof *a->xy, e);
	if (moment) {
		a->xx = rec_zalloc(items, sizeof *a->xx, e);
		a->yy = rec_zalloc(items, sizeof *a->yy, e);
	}
	if (a->count && a->met && (o->base == REC_BASE_COUNT || a->xy) &&
	    (!moment || (a->xx && a->yy)))
		return 0;
	rec_accumulator_free(a);
	return -1;
}

void rec_accumulator_free(struct rec_accumulator *a)
{
	free(a->count);
	free(a->met);
	free(a->xy);
	free(a->xx);
	free(a->yy);
	*a = (struct rec_accumulator){ 0 };
}

/*
 * Each item is written after the end of the list, and the list grows only if
 * the item is new. So no branch is needed, which could not be predicted.
 */
static void count_user(struct rec_accumulator *a, const uint32_t *item, uint64_t n)
{
	uint32_t met = a->n;

	for (uint64_t c = 0; c < n; c++) {
		a->met[met] = item[c];
		met += a->count[item[c]]++ == 0;
	}
	a->n = met;
}

static void add_user(struct rec_accumulator *a, const uint32_t *item, uint64_t n, double f)
{
	for (uint64_t c = 0; c < n; c++)
		a->xy[item[c]] += f;
}

static void add_weights(struct rec_accumulator *a, const uint32_t *item, const float *w, uint64_t n,
			double own)
{
	for (uint64_t c = 0; c < n; c++)
		a->xy[item[c]] += own * (double)w[c];
}

static void add_scaled_weights(struct rec_accumulator *a, const uint32_t *item, const float *w,
			       uint64_t n, double own, double f)
{
	for (uint64_t c = 0; c < n; c++)
		a->xy[item[c]] += f * (own * (double)w[c]);
}

static void add_moments(struct rec_accumulator *a, const struct rec_overlap *o, uint32_t user,
			const uint32_t *item, const float *v, uint64_t n, double own)
{
	double mean = o->user_mean ? o->user_mean[user] : 0;

	for (uint64_t c = 0; c < n; c++) {
		uint32_t s = item[c];
		double y = (double)v[c] - mean - (o->item_mean ? o->item_mean[s] : 0);

		a->xy[s] += own * y;
		a->xx[s] += own * own;
		a->yy[s] += y * y;
	}
}

void rec_overlap_line(struct rec_accumulator *a, const struct rec_overlap *o, uint32_t line)
{
	if (o->line)
		o->line(a, o->source, line);
	else
		rec_overlap_part(a, o, line, o->t->ptr[line], o->t->ptr[line + 1]);
}

void rec_overlap_part(struct rec_accumulator *a, const struct rec_overlap *o, uint32_t line,
		      uint64_t from, uint64_t to)
{
	const struct rec_csr *x = o->x, *t = o->t;

	for (uint64_t p = from; p < to; p++) {
		uint32_t u = t->col[p];
		const uint32_t *item = x->col + x->ptr[u];
		const float *val = x->val + x->ptr[u];
		uint64_t n = x->ptr[u + 1] - x->ptr[u];

		count_user(a, item, n);
		if (o->base == REC_BASE_MOMENT)
			add_moments(a, o, u, item, val, n,
				    (double)t->val[p] - (o->user_mean ? o->user_mean[u] : 0) -
					    (o->item_mean ? o->item_mean[line] : 0));
		else if (o->base == REC_BASE_SUM && o->unit)
			add_user(a, item, n, o->user ? o->user[u] : 1);
		else if (o->base == REC_BASE_SUM && o->user)
			add_scaled_weights(a, item, val, n, (double)t->val[p], o->user[u]);
		else if (o->base == REC_BASE_SUM)
			add_weights(a, item, val, n, (double)t->val[p]);
	}
}

void rec_overlap_clear(struct rec_accumulator *a)
{
	for (uint32_t k = 0; k < a->n; k++) {
		uint32_t s = a->met[k];

		a->count[s] = 0;
		if (a->xy)
			a->xy[s] = 0;
		if (a->xx)
			a->xx[s] = a->yy[s] = 0;
	}
	a->n = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * neighbours.c - overlaps of items by dense accumulators, and the weights that
 * are kept of them.
 */
#include "sim/neighbours.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sim/groups.h"
#include "sim/select.h"

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
 * Each item is written behind the list; the list grows only where it is new,
 * without a branch.
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

struct work {
	const struct rec_neighbours *how;
	bool rows;
	struct rec_accumulator *acc;	/* per thread */
	struct rec_group group;		/* or of a group of lines */
	struct rec_pair_tally *tally;	/* per thread */
	const struct rec_run *run;
};

static struct rec_pair pair_of(const struct rec_accumulator *a, uint32_t s)
{
	struct rec_pair p = { a->count[s], a->xy ? a->xy[s] : a->count[s], a->xx ? a->xx[s] : 0,
			      a->yy ? a->yy[s] : 0 };

	return p;
}

static void add_tally(struct rec_pair_tally *sum, const struct rec_pair_tally *x)
{
	sum->pairs += x->pairs;
	sum->rare += x->rare;
	sum->zero += x->zero;
	sum->small += x->small;
}

/* A line for rec_select. With rows the line is the history item. */
static int weigh_line(void *arg, uint32_t line, unsigned thread, float *weight, uint32_t *at,
		      uint32_t *n, struct rec_err *e)
{
	const struct work *w = arg;
	const struct rec_neighbours *how = w->how;
	struct rec_accumulator *a = w->acc ? &w->acc[thread] : &w->group.acc[line - w->group.first];
	struct rec_pair_tally tally = { 0 };
	uint32_t kept = 0;
	bool finite = true;

	if (w->acc)
		rec_overlap_line(a, &how->overlap, line);
	for (uint32_t k = 0; k < a->n; k++) {
		uint32_t s = a->met[k];
		struct rec_pair p;
		float f;

		if (s == line || a->count[s] < how->min_support) {
			tally.rare += s != line;
			continue;
		}
		p = pair_of(a, s);
		f = (float)(w->rows ? how->weight(how->arg, line, s, &p) :
				      how->weight(how->arg, s, line, &p));
		finite &= isfinite(f) != 0;
		if (f == 0 || fabsf(f) < how->min_sim) {
			tally.zero += f == 0;
			tally.small += f != 0;
			continue;
		}
		weight[s] = f;
		at[kept++] = s;
	}
	tally.pairs = a->n - (a->n > 0);	/* but for the item itself */
	add_tally(&w->tally[thread], &tally);
	rec_overlap_clear(a);
	*n = kept;
	return finite ? 0 :
			rec_err_set(e, REC_EDATA, "the similarity of some pair is beyond float32");
}

static int sum_group(void *arg, uint32_t first, uint32_t end, struct rec_err *e)
{
	struct work *w = arg;

	return rec_group_sum(&w->group, first, end, w->run, e);
}

static int by_groups(struct rec_csr *s, struct rec_selection *sel, struct work *w,
		     const struct rec_run *run, struct rec_err *e)
{
	int rc = rec_group_new(&w->group, &w->how->overlap, w->how->group, e);

	sel->group = w->how->group;
	sel->before = sum_group;
	if (rc == 0)
		rc = rec_select(s, sel, weigh_line, w, run, e);
	rec_group_free(&w->group);
	return rc;
}

static int by_lines(struct rec_csr *s, const struct rec_selection *sel, struct work *w,
		    const struct rec_run *run, struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool), i = 0;
	int rc = -1;

	w->acc = rec_zalloc(threads, sizeof *w->acc, e);
	while (w->acc && i < threads && rec_accumulator_new(&w->acc[i], &w->how->overlap, e) == 0)
		i++;
	if (i == threads)
		rc = rec_select(s, sel, weigh_line, w, run, e);
	for (i = 0; w->acc && i < threads; i++)
		rec_accumulator_free(&w->acc[i]);
	free(w->acc);
	return rc;
}

int rec_neighbours(struct rec_csr *s, const struct rec_neighbours *how, const struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_selection sel = { .items = how->overlap.x->ncols,
				     .keep = how->keep,
				     .rows = !how->columns && (how->keep_history || how->keep == 0),
				     .from = how->from,
				     .to = how->to,
				     .columns = how->columns };
	unsigned threads = rec_pool_size(run->pool);
	struct work w = { .how = how,
			  .rows = sel.rows,
			  .run = run,
			  .tally = rec_zalloc(threads, sizeof *w.tally, e) };
	int rc = -1;

	*s = (struct rec_csr){ 0 };
	if (w.tally)
		rc = how->group ? by_groups(s, &sel, &w, run, e) : by_lines(s, &sel, &w, run, e);
	for (unsigned i = 0; w.tally && how->tally && i < threads; i++)
		add_tally(how->tally, &w.tally[i]);
	free(w.tally);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* sim/neighbours.c - lines of overlaps, one a thread or in groups, weighed. */
#include "sim/neighbours.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/mem.h"
#include "sim/groups.h"
#include "sim/select.h"

/*
 * SAMPLE: pairs of a line whose weights give the bound. BATCH: weights that are
 * made at once.
 */
enum { SAMPLE = 64, BATCH = 256 };

struct work {
	const struct rec_neighbours *how;
	bool rows;
	float *other;			/* by item, for the sieve; NULL: no sieve */
	struct rec_accumulator *acc;	/* per thread */
	struct rec_group group;		/* or of a group of lines */
	uint32_t **passed;		/* per thread: items that the sieve let pass */
	struct rec_pair_tally *tally;	/* per thread */
	const struct rec_run *run;
};

/* The cells of a line that were made and are not dropped. */
struct cells {
	uint64_t *key;
	uint32_t n;
	bool finite;
	struct rec_pair_tally tally;
};

static void add_tally(struct rec_pair_tally *sum, const struct rec_pair_tally *x)
{
	sum->pairs += x->pairs;
	sum->rare += x->rare;
	sum->zero += x->zero;
	sum->small += x->small;
}

/* -- which weights are made -- */

/* Whether the pair has a weight: neither the line's own item nor rare. */
static bool counts(const struct work *w, const struct rec_line *l, uint32_t item)
{
	return item != l->own && l->sums->count[item] >= w->how->min_support;
}

/*
 * The |weight| that is rank-th in a sample of the line, as bits, which have the
 * order of the numbers. Pairs that have no weight count as 0.
 */
static float sampled(const struct work *w, const struct rec_line *l, uint32_t rank)
{
	uint32_t item[SAMPLE], first[SAMPLE + 1], n = 0;
	float weight[SAMPLE];

	for (uint32_t k = 0; k < SAMPLE; k++)
		item[k] = l->sums->met[(uint64_t)k * l->sums->n / SAMPLE];
	w->how->measure->weigh(w->how->arg, l, item, SAMPLE, weight);
	for (uint32_t k = 0; k < SAMPLE; k++) {
		uint32_t x = counts(w, l, item[k]) ? rec_bits32(fabsf(weight[k])) : 0, i = n;

		if (n == rank && x <= first[n - 1])
			continue;
		for (; i > 0 && first[i - 1] < x; i--)
			first[i] = first[i - 1];
		first[i] = x;
		n += n < rank;
	}
	return rec_float32(first[rank - 1]);
}

/*
 * A place in the sample that about 1.5 keep of n weights reach, and keep with
 * some certainty; 0 where a bound saves no work.
 */
static uint32_t rank_of(uint32_t keep, uint32_t n)
{
	double share = (double)SAMPLE * keep / n;

	return share < SAMPLE / 2 ? (uint32_t)(share + 1.5 * sqrt(share) + 1) : 0;
}

/* Of these items, the cells of a |weight| of the bound or more. */
static void make_some(struct cells *c, const struct work *w, const struct rec_line *l,
		      const uint32_t *item, uint32_t n, float bound)
{
	float weight[BATCH];

	for (uint32_t from = 0, m; from < n; from += m) {
		m = n - from < BATCH ? n - from : BATCH;
		w->how->measure->weigh(w->how->arg, l, item + from, m, weight);
		for (uint32_t k = 0; k < m; k++) {
			uint32_t s = item[from + k];
			bool any = counts(w, l, s);

			c->key[c->n] = rec_cell_key(weight[k], s);
			c->n += any && !(fabsf(weight[k]) < bound);
			c->finite &= !any || fabsf(weight[k]) <= FLT_MAX;
		}
	}
}

/* Why n pairs of a line, of these weights, are no cells. */
static void tally_dropped(struct rec_pair_tally *t, const struct work *w, const struct rec_line *l,
			  const uint32_t *item, uint32_t n, const float *weight)
{
	for (uint32_t k = 0; k < n; k++) {
		bool any = counts(w, l, item[k]);

		t->rare += !any && item[k] != l->own;
		t->zero += any && weight[k] == 0;
		t->small += any && weight[k] != 0 && fabsf(weight[k]) < w->how->min_sim;
	}
}

/*
 * All cells of the line. Most often no pair is dropped but that of the item
 * with itself.
 */
static void make_all(struct cells *c, const struct work *w, const struct rec_line *l)
{
	const struct rec_neighbours *how = w->how;
	const uint32_t *item = l->sums->met, n = l->sums->n;
	float weight[BATCH], least = how->min_sim > 0 ? how->min_sim : FLT_TRUE_MIN;

	c->n = 0;
	for (uint32_t from = 0, m; from < n; from += m, item += m) {
		uint32_t before = c->n, own = 0;

		m = n - from < BATCH ? n - from : BATCH;
		how->measure->weigh(how->arg, l, item, m, weight);
		for (uint32_t k = 0; k < m; k++) {
			bool any = counts(w, l, item[k]);

			c->key[c->n] = rec_cell_key(weight[k], item[k]);
			c->n += any && fabsf(weight[k]) >= least;
			c->finite &= !any || fabsf(weight[k]) <= FLT_MAX;
			own += item[k] == l->own;
		}
		if (c->n - before + own < m)
			tally_dropped(&c->tally, w, l, item, m, weight);
	}
}

/* All cells of the line, or as many as surely hold the keep largest. */
static void make(struct cells *c, const struct work *w, const struct rec_line *l,
		 uint32_t *passed)
{
	const struct rec_neighbours *how = w->how;
	uint32_t n = l->sums->n, rank = passed ? rank_of(how->keep, n) : 0;

	for (; rank > 0 && rank <= SAMPLE; rank *= 2) {
		float bound = sampled(w, l, rank);

		bound = bound < how->min_sim ? how->min_sim : bound;
		if (!(bound >= FLT_MIN && bound <= FLT_MAX))
			break;
		c->n = 0;
		make_some(c, w, l, passed,
			  how->measure->sieve(how->arg, l, bound, passed), bound);
		if (c->n >= how->keep || (c->n > 0 && bound <= how->min_sim))
			return;
	}
	make_all(c, w, l);
}

/* A line for rec_select. With rows the line is the history item. */
static int weigh_line(void *arg, uint32_t line, unsigned thread, uint64_t *key, uint32_t *n,
		      struct rec_err *e)
{
	const struct work *w = arg;
	const struct rec_neighbours *how = w->how;
	struct rec_accumulator *a = w->acc ? &w->acc[thread] : &w->group.acc[line - w->group.first];
	struct rec_line l = { a, w->other, line, w->rows };
	struct cells c = { .key = key, .finite = true };

	*n = 0;
	if (how->only && !how->only[line])
		return 0;
	if (w->acc)
		rec_overlap_line(a, &how->overlap, line);
	make(&c, w, &l, w->other ? w->passed[thread] : NULL);
	c.tally.pairs = a->n - (a->n > 0);	/* except for the item itself */
	add_tally(&w->tally[thread], &c.tally);
	rec_overlap_clear(a);
	*n = c.n;
	return c.finite ? 0 :
			  rec_err_set(e, REC_EDATA,
				      "the similarity of some pair is beyond float32");
}

/* -- lines, one a thread or in groups -- */

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

/* What the sieve wants to know of items, and room for what it lets pass. */
static int prepare_sieve(struct work *w, unsigned threads, struct rec_err *e)
{
	const struct rec_neighbours *how = w->how;
	uint32_t n = how->overlap.x->ncols;

	if (!how->measure->sieve || !how->keep)
		return 0;
	w->passed = rec_zalloc(threads, sizeof *w->passed, e);
	for (unsigned i = 0; w->passed && i < threads; i++)
		if (!(w->passed[i] = rec_alloc((size_t)n + 1, sizeof **w->passed, e)))
			return -1;
	w->other = w->passed ? rec_alloc(n, sizeof *w->other, e) : NULL;
	for (uint32_t k = 0; w->other && k < n; k++)
		w->other[k] = how->measure->other(how->arg, k, w->rows);
	return w->other ? 0 : -1;
}

static void free_sieve(struct work *w, unsigned threads)
{
	for (unsigned i = 0; w->passed && i < threads; i++)
		free(w->passed[i]);
	free(w->passed);
	free(w->other);
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
		rc = prepare_sieve(&w, threads, e);
	if (rc == 0)
		rc = how->group ? by_groups(s, &sel, &w, run, e) : by_lines(s, &sel, &w, run, e);
	for (unsigned i = 0; w.tally && how->tally && i < threads; i++)
		add_tally(how->tally, &w.tally[i]);
	free_sieve(&w, threads);
	free(w.tally);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * sim.c - from interactions to a model: data made ready, one of three ways to
 * weights (pairs, ease, offset alone), finish, metadata.
 */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "matrix/csr_far.h"
#include "matrix/csr_row.h"
#include "matrix/digest.h"
#include "sim/ease.h"
#include "sim/finish.h"
#include "sim/linear.h"
#include "sim/method.h"
#include "sim/neighbours.h"
#include "sim/sums.h"

static void free_data(struct rec_sim_data *d)
{
	rec_csr_free(&d->x);
	rec_csr_free(&d->t);
	free(d->a);
	free(d->b);
	free(d->user);
	free(d->user_mean);
	free(d->item_mean);
}

/* -- data -- */

static bool all_ones(const struct rec_csr *x)
{
	for (uint32_t r = 0; r < x->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(x, r);

		for (uint64_t i = 0; i < row.n; i++)
			if (row.val[i] != 1)
				return false;
	}
	return true;
}

static void set_scale(struct rec_sim_data *d)
{
	struct rec_survey own = { 0 };

	if (!d->o->whole)
		rec_survey_lengths(&own, &d->x);
	d->scale = rec_survey_scale(d->o->whole ? d->o->whole : &own, rec_linear_user_power(d->o));
}

static int transpose(struct rec_csr *t, const struct rec_csr *m, const struct rec_sim_opts *o,
		     const struct rec_run *run, struct rec_err *e)
{
	return o->spill ? rec_csr_transpose_far(t, m, o->spill, o->spill->limit, run->pool, e) :
			  rec_csr_transpose(t, m, run->pool, e);
}

/* pairs -> (side) -> weights; x borrows from pairs, which must stay. */
static int weigh(struct rec_sim_data *d, struct rec_csr *pairs, const struct rec_run *run,
		 struct rec_err *e)
{
	struct rec_csr t;

	if (d->o->side_user) {
		if (transpose(&t, pairs, d->o, run, e) != 0)
			return -1;
		rec_csr_free(pairs);
		*pairs = t;
	}
	d->users = pairs->nrows;
	d->items = pairs->ncols;
	if (rec_weighting_apply(&d->x, pairs, &d->weights, e) != 0)
		return -1;
	d->unit = d->weights.kind == REC_WEIGH_NONE || all_ones(&d->x);
	set_scale(d);
	return transpose(&d->t, &d->x, d->o, run, e);
}

static int prepare(struct rec_sim_data *d, struct rec_csr *pairs, const struct rec_sparse *x,
		   const struct rec_run *run, uint64_t *thinned, struct rec_err *e)
{
	const struct rec_sim_opts *o = d->o;
	struct rec_thinning thin = { .max = o->max_user, .seed = o->seed };

	if (x->m.nnz == 0)
		return rec_err_set(e, REC_EDATA, "no interactions");
	if (rec_weighting_pairs(pairs, x, &d->weights, o->method->zeros, &thin, e) != 0)
		return -1;
	*thinned = thin.rows;
	if (pairs->nnz == 0)
		return rec_err_set(e, REC_EDATA, "no value is above 0: nothing to fit");
	if (weigh(d, pairs, run, e) != 0)
		return -1;
	return o->method->prepare ? o->method->prepare(d, e) : 0;
}

/*
 * -- parts: borders on blocks of rows, so that the parts have about the same
 * work --
 */

/*
 * Additions, and the pairs that have a weight: about as many as additions where
 * those are few, all items where they are many.
 */
static uint64_t row_cost(const struct rec_sim_data *d, uint32_t i)
{
	struct rec_csr_cells users = { 0 };
	uint64_t additions = 1;

	if (!d->o->method->measure)
		return 1;
	if (d->sums)
		additions += rec_sums_cells(d->sums, i);
	else
		users = rec_csr_row(&d->t, i);
	for (uint64_t p = 0; p < users.n; p++)
		additions += d->x.ptr[users.col[p] + 1] - d->x.ptr[users.col[p]];
	return additions +
	       (uint64_t)((double)additions * d->items / ((double)additions + d->items)) *
		       d->o->method->cost;
}

static int borders(const struct rec_sim_data *d, uint32_t *from, uint32_t *to, struct rec_err *e)
{
	uint64_t *cost = rec_zalloc(rec_blocks(d->items), sizeof *cost, e);

	for (uint32_t i = 0; cost && d->o->parts > 1 && i < d->items; i++)
		cost[i / REC_BLOCK_ROWS] += row_cost(d, i);
	if (cost)
		rec_blocks_balance(d->items, cost, d->o->part, d->o->parts, from, to);
	free(cost);
	return cost ? 0 : -1;
}

/* -- weights -- */

static struct rec_overlap overlap_of(const struct rec_sim_data *d)
{
	struct rec_overlap v = { .base = d->o->method->base,
				 .x = &d->x,
				 .t = &d->t,
				 .unit = d->unit,
				 .user = d->user,
				 .user_mean = d->user_mean,
				 .item_mean = d->item_mean };

	if (d->sums) {
		v.line = rec_sums_line;
		v.source = d->sums;
	}
	if (v.base == REC_BASE_COUNT && !d->unit && (d->o->method->takes & REC_SIM_WEIGHTS))
		v.base = REC_BASE_SUM;
	return v;
}

static int by_pairs(struct rec_similarity *s, const struct rec_sim_data *d, uint32_t from,
		    uint32_t to, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_sim_opts *o = d->o;
	const unsigned char *group = d->sums ? d->sums->mine : NULL;
	struct rec_neighbours how = { .overlap = overlap_of(d),
				      .measure = o->method->measure,
				      .arg = d,
				      .keep = o->neighbours,
				      .keep_history = o->keep_history,
				      .min_sim = (float)o->min_sim,
				      .min_support = o->min_support,
				      .from = from,
				      .to = to,
				      /* sums of a group have whole lines */
				      .columns = o->columns || (group && !o->keep_history),
				      .only = group,
				      .group = o->spill ? o->group : 0,
				      .tally = o->tally };

	if ((o->method->takes & REC_SIM_LINEAR) && o->power != 1)
		how.measure = &rec_linear_to_a_power;
	return rec_neighbours(&s->sparse, &how, run, e);
}

static int by_ease(struct rec_similarity *s, struct rec_meta *meta, const struct rec_sim_data *d,
		   uint32_t from, uint32_t to, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_sim_opts *o = d->o;
	struct rec_selection how = { .items = d->items,
				     .keep = o->neighbours,
				     .rows = o->keep_history,
				     .ascending = true,
				     .from = from,
				     .to = to };
	struct rec_overlap v = overlap_of(d);
	struct rec_ease ease;
	int rc;

	if (rec_ease_solve(&ease, &v, o->reg, run, e) != 0)
		return -1;
	rc = o->neighbours ? rec_ease_select(&s->sparse, &ease, &how, (float)o->min_sim, run, e) :
			     rec_ease_weights(&ease, (float)o->min_sim, run, e);
	if (rc == 0)
		rc = rec_meta_set(meta, "blas.version", ease.version, e);
	if (rc == 0)
		rc = rec_meta_set(meta, "blas.core", ease.core, e);
	if (rc == 0 && !o->neighbours) {
		s->dense = ease.p;
		ease.p = NULL;
	}
	rec_ease_free(&ease);
	return rc;
}

/* -- offsets -- */

/* Mean of what rec-topn takes a history value for. */
static double history_mean(const struct rec_sim_data *d, uint32_t i)
{
	struct rec_csr_cells users = rec_csr_row(&d->t, i);
	double sum = 0;

	for (uint64_t c = 0; c < users.n; c++)
		sum += rec_weighting_of_history(&d->weights) ? (double)users.val[c] : 1;
	return sum / d->users;
}

/* Offsets of the items from .. to - 1, or of those of the group. */
static int set_offset(struct rec_model *m, const double *offset, const struct rec_sim_data *d,
		      uint32_t from, uint32_t to, struct rec_err *e)
{
	const unsigned char *group = d->sums ? d->sums->mine : NULL;
	unsigned char *range = rec_zalloc((size_t)d->items + 1, 1, e);
	int rc = -1;

	if (range) {
		memset(range + from, 1, to - from);
		rc = rec_offset_to_model(m, offset, d->label, group ? group : range, e);
	}
	free(range);
	return rc;
}

static int center(struct rec_model *m, const struct rec_similarity *s, const struct rec_sim_data *d,
		  uint32_t from, uint32_t to, const struct rec_run *run, struct rec_err *e)
{
	double *mean = rec_alloc(d->items, sizeof *mean, e),
	       *offset = rec_alloc(d->items, sizeof *offset, e);
	int rc = -1;

	for (uint32_t i = 0; mean && i < d->items; i++)
		mean[i] = history_mean(d, i);
	if (mean && offset && rec_similarity_offset(offset, s, mean, run, e) == 0)
		rc = set_offset(m, offset, d, from, to, e);
	free(mean);
	free(offset);
	return rc;
}

static int popular(struct rec_model *m, const struct rec_sim_data *d, struct rec_err *e)
{
	double *sum = rec_zalloc(d->items, sizeof *sum, e);
	int rc;

	for (uint32_t i = 0; sum && i < d->items; i++) {
		struct rec_csr_cells users = rec_csr_row(&d->t, i);

		for (uint64_t c = 0; c < users.n; c++)
			sum[i] += d->unit ? 1 : (double)users.val[c];
	}
	rc = sum ? set_offset(m, sum, d, 0, d->items, e) : -1;
	free(sum);
	return rc;
}

/* -- metadata: what changes the result -- */

static int save(struct rec_meta *m, const struct rec_sim_opts *o, const struct rec_weighting *w,
		uint64_t users, uint64_t items, const struct rec_digest *digest, struct rec_err *e)
{
	unsigned bits = o->method->takes | REC_SIM_DATA;

	if (rec_meta_set(m, "algorithm", o->method->name, e) != 0 ||
	    rec_params_save(m, rec_sim_params, o, bits, e) != 0)
		return -1;
	if (rec_weighting_save(m, w, bits & REC_SIM_LIST, e) != 0)
		return -1;
	if (rec_meta_set_u64(m, "users", users, e) != 0 ||
	    rec_meta_set_u64(m, "items", items, e) != 0)
		return -1;
	return rec_digest_meta(m, digest, e);
}

/* -- all of it -- */

static int similarity(struct rec_model *m, const struct rec_sim_data *d,
		      const struct rec_run *run, struct rec_err *e)
{
	const struct rec_sim_opts *o = d->o;
	struct rec_similarity s = { .n = d->items };
	bool columns = o->columns || (d->sums && d->sums->mine);
	/* sums over columns need all rows */
	bool whole = !columns && (o->center || (o->normalize && !o->keep_history));
	uint32_t from, to, first, end;
	int rc;

	if (borders(d, &from, &to, e) != 0)
		return -1;
	first = whole ? 0 : from;
	end = whole ? d->items : to;
	rc = o->method->measure ? by_pairs(&s, d, first, end, run, e) :
				 by_ease(&s, &m->meta, d, first, end, run, e);

	if (rc == 0)
		rc = rec_similarity_normalize(&s, o->normalize, o->keep_history, run, e);
	if (rc == 0 && o->center)
		rc = center(m, &s, d, from, to, run, e);
	if (rc == 0)
		rc = rec_similarity_to_model(m, &s, d->label, columns ? 0 : from,
					     columns ? d->items : to, e);
	rec_similarity_free(&s);
	return rc;
}

int rec_sim_train(struct rec_model *m, const struct rec_sparse *x, const struct rec_sim_opts *o,
		  const struct rec_run *run, uint64_t *thinned, struct rec_err *e)
{
	struct rec_sim_data d = { .o = o,
				  .weights = o->weights,
				  .label = o->side_user ? &x->row : &x->col };
	struct rec_csr pairs = { 0 };
	int rc;

	d.weights.spill = o->spill;
	*m = (struct rec_model){ 0 };
	rc = prepare(&d, &pairs, x, run, thinned, e);
	if (rc == 0)
		rc = o->method->takes & REC_SIM_LIST ? similarity(m, &d, run, e) :
						       popular(m, &d, e);
	if (rc == 0)
		rc = save(&m->meta, o, &d.weights, x->m.nrows, x->m.ncols, &x->digest, e);
	free_data(&d);
	rec_csr_free(&pairs);
	if (rc != 0)
		rec_model_free(m);
	return rc;
}

/*
 * Data that are sums alone: of x there is the number of items, of t the pairs
 * of each.
 */
int rec_sim_merge(struct rec_model *m, const struct rec_sums *s, const struct rec_sim_opts *o,
		  const struct rec_run *run, struct rec_err *e)
{
	struct rec_sim_data d = { .o = o,
				  .weights = o->weights,
				  .label = &s->item,
				  .sums = s,
				  .unit = true,
				  .users = (uint32_t)s->all.users,
				  .items = s->item.n };
	int rc;

	*m = (struct rec_model){ 0 };
	d.x.ncols = d.t.nrows = d.items;
	d.t.ptr = s->pairs;
	if (d.items == 0 || s->pairs[d.items] == 0)
		return rec_err_set(e, REC_EDATA,
				   d.items ? "no value is above 0: nothing to fit" :
					     "no interactions");
	rc = o->method->prepare ? o->method->prepare(&d, e) : 0;
	if (rc == 0)
		rc = o->method->takes & REC_SIM_LIST ? similarity(m, &d, run, e) :
						       popular(m, &d, e);
	if (rc == 0)
		rc = rec_sums_check_over(s, e);
	if (rc == 0)
		rc = save(&m->meta, o, &d.weights, s->all.users, s->item.n, &s->all.digest, e);
	free_data(&d);
	if (rc != 0)
		rec_model_free(m);
	return rc;
}

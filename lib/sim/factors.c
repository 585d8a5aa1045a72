/* SPDX-License-Identifier: MIT */
/*
 * sim/factors.c - a similarity from vectors: all dot products of a table with
 * itself, or their cosines, in tiles of the scoring kernel.
 *
 * A thread that is asked for a line computes the lines of its group of 16 at
 * once and keeps them for the next calls; what a line holds doesn't depend on
 * that.
 */
#include "sim/factors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "sim/finish.h"
#include "sim/method.h"
#include "sim/select.h"

/*
 * GROUP: lines that the kernel scores at once; more than its register tiles are
 * high (V16_SCORE of kernel/v16.h), so that packed items are read once for all
 * of them. OVERHEAD: buffers, stacks, libraries.
 */
enum { GROUP = 16, OVERHEAD = 16 << 20 };

struct table {
	const struct rec_labels *label;
	const float *val;
	uint32_t n, k, ld, npanels;
	float *packed;
	double *norm;		/* cosine; NULL for dot */
	double shrink;
	float min_sim;
	const struct rec_kernel *kernel;
	float **group;		/* per thread: GROUP x npanels * 16 scores */
	uint32_t *first;	/* per thread: line of its group, or REC_NONE */
};

static int find_table(struct table *t, const struct rec_model *from, const struct rec_sim_opts *o,
		      struct rec_err *e)
{
	const struct rec_dense *d = o->side_user ? &from->user : &from->item;
	uint64_t bias = 0;

	if (!from->has_factors || !d->val || d->row.n == 0)
		return rec_err_set(e, REC_EDATA, "the model has no %s factors; rec-als makes some",
				   o->side_user ? "user" : "item");
	if (rec_meta_get_u64(&from->meta, "bias", &bias, e) < 0)
		return -1;
	if (bias && d->ncols < 3)
		return rec_err_set(e, REC_EDATA, "the model has no factors beside its biases");
	*t = (struct table){ .label = &d->row,
			     .val = d->val,
			     .n = d->row.n,
			     .k = d->ncols - (bias ? 2 : 0),
			     .ld = d->ncols };
	t->npanels = (t->n + REC_LANES - 1) / REC_LANES;
	return 0;
}

static int prepare(struct table *t, const struct rec_sim_opts *o, const struct rec_run *run,
		   struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool);

	t->kernel = run->kernel;
	t->shrink = o->shrink;
	t->min_sim = (float)o->min_sim;
	t->packed = rec_alloc((size_t)t->npanels * REC_LANES * t->k, sizeof *t->packed, e);
	t->group = rec_zalloc(threads, sizeof *t->group, e);
	t->first = rec_alloc(threads, sizeof *t->first, e);
	if (!t->packed || !t->group || !t->first)
		return -1;
	t->kernel->pack(t->packed, t->val, t->ld, t->n, 0, t->npanels, t->k);
	for (unsigned i = 0; i < threads; i++) {
		t->first[i] = REC_NONE;
		if (!(t->group[i] = rec_alloc((size_t)t->npanels * REC_LANES * GROUP, sizeof(float),
					      e)))
			return -1;
	}
	if (!(o->method->takes & REC_SIM_SHRINK))
		return 0;
	t->norm = rec_alloc(t->n, sizeof *t->norm, e);
	for (uint32_t i = 0; t->norm && i < t->n; i++)
		t->norm[i] = sqrt((double)t->kernel->score(t->val + (size_t)i * t->ld,
							   t->val + (size_t)i * t->ld, t->k));
	return t->norm ? 0 : -1;
}

static void release(struct table *t, unsigned threads)
{
	for (unsigned i = 0; t->group && i < threads; i++)
		free(t->group[i]);
	free(t->group);
	free(t->first);
	free(t->packed);
	free(t->norm);
}

/* Scores of a line against all. */
static const float *scores_of(struct table *t, uint32_t line, unsigned thread)
{
	uint32_t first = line / GROUP * GROUP, ldo = t->npanels * REC_LANES,
		 m = t->n - first < GROUP ? t->n - first : GROUP;

	if (t->first[thread] != first)
		t->kernel->scores(t->group[thread], ldo, t->val + (size_t)first * t->ld, t->ld, m,
				  t->packed, t->npanels, t->k);
	t->first[thread] = first;
	return t->group[thread] + (size_t)(line - first) * ldo;
}

static float weight_of(const struct table *t, float dot, uint32_t i, uint32_t j)
{
	double y;

	if (!t->norm)
		return dot;
	y = t->norm[i] * t->norm[j] + t->shrink;
	return y > 0 ? (float)((double)dot / y) : 0;
}

static int line_of_table(void *arg, uint32_t line, unsigned thread, uint64_t *key, uint32_t *n,
			 struct rec_err *e)
{
	struct table *t = arg;
	const float *dot = scores_of(t, line, thread);
	bool finite = true;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		float w = weight_of(t, dot[i], line, i);

		finite &= isfinite(w) != 0;
		key[kept] = rec_cell_key(w, i);
		kept += i != line && w != 0 && fabsf(w) >= t->min_sim;
	}
	*n = kept;
	return finite ? 0 :
			rec_err_set(e, REC_EDATA, "the similarity of some pair is beyond float32");
}

struct whole {
	struct table *t;
	float *to;
};

static int whole_rows(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct whole *w = arg;
	struct table *t = w->t;
	bool finite = true;

	for (uint32_t i = (uint32_t)first; i < last; i++) {
		const float *dot = scores_of(t, i, thread);
		float *row = w->to + (uint64_t)i * t->n;

		for (uint32_t j = 0; j < t->n; j++) {
			float x = i == j ? 0 : weight_of(t, dot[j], i, j);

			finite &= isfinite(x) != 0;
			row[j] = fabsf(x) < t->min_sim ? 0 : x;
		}
	}
	return finite ? 0 :
			rec_err_set(e, REC_EDATA, "the similarity of some pair is beyond float32");
}

static int dense(struct rec_similarity *s, struct table *t, const struct rec_run *run,
		 struct rec_err *e)
{
	struct whole w = { t, NULL };

	w.to = s->dense = rec_alloc((size_t)t->n * t->n, sizeof *s->dense, e);
	return w.to ? rec_pool_slices(run->pool, t->n, REC_BLOCK_ROWS, whole_rows, &w, e) : -1;
}

static int save(struct rec_meta *m, const struct rec_model *from, const struct rec_sim_opts *o,
		struct rec_err *e)
{
	static const char *const copied[] = { "digest", "cells", "users", "items", "seed", NULL };
	const char *v;

	for (size_t i = 0; copied[i]; i++) {
		v = rec_meta_get(&from->meta, copied[i]);
		if (v && rec_meta_set(m, copied[i], v, e) != 0)
			return -1;
	}
	v = rec_meta_get(&from->meta, "algorithm");
	if (rec_meta_set(m, "algorithm", o->method->name, e) != 0 ||
	    (v && rec_meta_set(m, "from-factors", v, e) != 0))
		return -1;
	/* a dot product has no shrink to take, and 0 is kept of it */
	return rec_params_save(m, rec_sim_params, o, REC_SIM_LIST | REC_SIM_SHRINK, e);
}

static int make(struct rec_model *m, struct table *t, const struct rec_sim_opts *o,
		const struct rec_run *run, struct rec_err *e)
{
	struct rec_similarity s = { .n = t->n };
	bool whole = o->normalize && !o->keep_history;
	struct rec_selection how = { .items = t->n,
				     .keep = o->neighbours,
				     .rows = o->keep_history,
				     .ascending = true,
				     .to = t->n };
	uint32_t from, to;
	int rc;

	rec_blocks_part(t->n, o->part, o->parts, &from, &to);
	if (!whole) {
		how.from = from;
		how.to = to;
	}
	rc = o->neighbours ? rec_select(&s.sparse, &how, line_of_table, t, run, e) :
			     dense(&s, t, run, e);

	if (rc == 0)
		rc = rec_similarity_normalize(&s, o->normalize, o->keep_history, run, e);
	if (rc == 0)
		rc = rec_similarity_to_model(m, &s, t->label, from, to, e);
	rec_similarity_free(&s);
	return rc;
}

void rec_sim_factors_cost(struct rec_sim_cost *c, const struct rec_model *from,
			  const struct rec_sim_opts *o, unsigned threads)
{
	const struct rec_dense *d = o->side_user ? &from->user : &from->item;
	double n = d->row.n, cells = o->neighbours && o->neighbours < n ?
					     n * o->neighbours * (o->keep_history ? 12 : 20) :
					     n * n * 4;

	c->operations = n * n * d->ncols;
	c->bytes = (uint64_t)(OVERHEAD + cells + 8 * n * d->ncols + threads * n * (4 * GROUP + 20) +
			      40 * n);
}

int rec_sim_from_factors(struct rec_model *m, const struct rec_model *from,
			 const struct rec_sim_opts *o, const struct rec_run *run, struct rec_err *e)
{
	struct table t = { 0 };
	int rc;

	*m = (struct rec_model){ 0 };
	rc = find_table(&t, from, o, e) == 0 ? 0 : rec_model_blame(from, e);
	if (rc == 0)
		rc = prepare(&t, o, run, e);
	if (rc == 0)
		rc = make(m, &t, o, run, e);
	if (rc == 0)
		rc = save(&m->meta, from, o, e);
	release(&t, rec_pool_size(run->pool));
	if (rc != 0)
		rec_model_free(m);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * score/dense.c - a dense similarity of items: every candidate has a score for
 * every row with a history.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "score/history.h"
#include "score/kind.h"

struct dense {
	struct rec_transform transform;
	const float *val;		/* a row for each item of part->known, ncand columns */
	uint32_t nrows;
	bool similar;	/* the row of an item is a list: a 0 is no cell, as in text */
};

static bool takes(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	(void)o;
	return m->has_similarity && m->dense;
}

static int open(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct dense *d = p->own;

	(void)e;
	p->candidates = &p->model->col;
	p->known = &p->model->row;
	p->needs_history = true;
	d->similar = o->similar;
	return 0;
}

static int load(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct dense *d = p->own;

	(void)o;
	d->val = p->model->sim_dense.val;
	d->nrows = p->model->row.n;
	return rec_transform_load(&d->transform, &p->model->meta, e);
}

static int allow(struct rec_scorer_part *p, const struct rec_cut *c, struct rec_err *e)
{
	struct dense *d = p->own;
	float *x = rec_cut_alloc(p, (size_t)d->nrows * c->n, sizeof *x, e);

	if (!x)
		return -1;
	for (uint32_t i = 0; i < d->nrows; i++)
		for (uint32_t j = 0; j < c->n; j++)
			x[(size_t)i * c->n + j] = d->val[(size_t)i * p->ncand + c->new_to_old[j]];
	d->val = x;
	return 0;
}

static void scratch_free(struct rec_part_scratch *ps)
{
	rec_history_free(ps->own);
}

static int begin(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		 const struct rec_query *q, struct rec_err *e)
{
	const struct dense *d = p->own;

	return rec_history_begin(ps->own, p, &d->transform, q, e);
}

static int like(const struct rec_scorer_part *p, struct rec_part_scratch *ps, uint32_t row,
		struct rec_err *e)
{
	(void)p;
	return rec_history_one(ps->own, row, e) == 0 ? 1 : -1;
}

static void row(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		struct rec_scores *out)
{
	const struct dense *d = p->own;
	const struct rec_history *h = ps->own;
	struct rec_score_sum *sum = &ps->sum;

	memset(sum->score, 0, (size_t)p->ncand * sizeof *sum->score);
	for (uint32_t i = 0; i < h->n; i++)
		p->run->kernel->axpy(sum->score, h->weight[i],
				     d->val + (size_t)h->row[i] * p->ncand, p->ncand);
	rec_part_add_offset(p, sum);
	for (uint32_t c = 0; d->similar && c < p->ncand; c++)
		sum->hit[c] = sum->score[c] != 0;
	out->hit = d->similar ? sum->hit : NULL;
}

static bool pair(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		 float *score)
{
	const struct dense *d = p->own;
	const struct rec_history *h = ps->own;
	float sum = 0;

	for (uint32_t i = 0; i < h->n; i++)
		sum = fmaf(h->weight[i], d->val[(size_t)h->row[i] * p->ncand + c], sum);
	*score = rec_part_with_offset(p, c, sum);
	return true;
}

static int explain(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		   const struct rec_query *q, uint32_t c, double *term, struct rec_err *e)
{
	const struct dense *d = p->own;

	(void)ps;
	(void)e;
	for (uint32_t i = 0; i < q->n; i++) {
		uint32_t row = rec_mapped(p->item_to_row, q->item[i]);

		if (row != REC_NONE)
			term[i] += (double)p->weight *
				   rec_transform_weight(&d->transform, q->value[i]) *
				   d->val[(size_t)row * p->ncand + c];
	}
	return 0;
}

/*
 * Every weight that the history leads to is 0. Looks at the table of the model:
 * that of the part may be cut.
 */
static bool flat(const struct rec_scorer_part *p, const struct rec_part_scratch *ps)
{
	const struct rec_model *m = p->model;
	const struct rec_history *h = ps->own;

	for (uint32_t i = 0; i < h->n && !m->has_offset; i++)
		if (rec_vector_directed(m->sim_dense.val + (size_t)h->row[i] * m->col.n, m->col.n))
			return false;
	return !m->has_offset && h->n > 0 && m->col.n > 0;
}

static int cost(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		const struct rec_pairs *history, uint32_t nitems, struct rec_err *e)
{
	(void)history;
	c->fixed = p->offset ? REC_COST_NEIGHBOUR * (uint64_t)p->ncand : 0;
	c->all = true;
	c->item = rec_alloc((size_t)nitems + 1, sizeof *c->item, e);
	for (uint32_t i = 0; c->item && i < nitems; i++)
		c->item[i] = rec_mapped(p->item_to_row, i) == REC_NONE ? 0 : p->ncand;
	return c->item ? 0 : -1;
}

const struct rec_model_kind rec_kind_dense = {
	.name = "dense similarity",
	.size = sizeof(struct dense),
	.scratch_size = sizeof(struct rec_history),
	.takes = takes,
	.open = open,
	.load = load,
	.allow = allow,
	.scratch_free = scratch_free,
	.begin = begin,
	.like = like,
	.row = row,
	.pair = pair,
	.explain = explain,
	.flat = flat,
	.cost = cost,
};

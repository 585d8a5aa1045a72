/* SPDX-License-Identifier: MIT */
/*
 * score/users.c - a similarity of users (rec-sim --side user): what the
 * neighbours of a user hold, added up. The table may be sparse or dense.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/transform.h"
#include "score/kind.h"

struct users {
	const struct rec_csr *interactions;	/* rows are users, columns candidates */
	float *weight;			/* of each of their cells */
	const uint32_t *column_to_row;	/* neighbour to row of these, or REC_NONE */
};

struct scratch {
	uint32_t user;			/* row of the table */
};

static bool takes(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	return m->has_similarity && rec_model_of_users(m) && !o->similar;
}

static int open(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct users *u = p->own;

	if (!o->interactions)
		return rec_err_set(e, REC_EUSAGE,
				   "a user-user similarity is scored over interactions: give "
				   "--interactions FILE");
	u->interactions = &o->interactions->m;
	p->candidates = &o->interactions->col;
	p->users = &p->model->row;
	p->neighbours = &p->model->col;
	p->whole = true;	/* a neighbour costs what it holds, whatever may be listed */
	return 0;
}

static int load(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct users *u = p->own;
	struct rec_transform transform;
	uint32_t *map;

	if (rec_transform_load(&transform, &p->model->meta, e) != 0 ||
	    rec_labels_map(&map, p->neighbours, &o->interactions->row, e) != 0)
		return -1;
	u->column_to_row = rec_part_own(p, map, e);
	u->weight = rec_part_own(
		p, rec_alloc((size_t)u->interactions->nnz + 1, sizeof *u->weight, e), e);
	if (!u->column_to_row || !u->weight)
		return -1;
	for (uint64_t t = 0; t < u->interactions->nnz; t++)
		u->weight[t] = rec_transform_weight(&transform, u->interactions->val[t]);
	return 0;
}

static int begin(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		 const struct rec_query *q, struct rec_err *e)
{
	struct scratch *x = ps->own;

	(void)e;
	x->user = rec_part_user(p, q);
	return x->user != REC_NONE;
}

/* What neighbour v of weight w adds. */
static void add_neighbour(const struct users *u, struct rec_score_sum *sum, uint32_t v, float w)
{
	const struct rec_csr *r = u->interactions;
	uint32_t row = u->column_to_row[v];

	if (row == REC_NONE)
		return;
	for (uint64_t t = r->ptr[row]; t < r->ptr[row + 1]; t++)
		if (u->weight[t] != 0)
			rec_score_sum_add(sum, r->col[t], w, u->weight[t]);
}

static void row(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		struct rec_scores *out)
{
	const struct rec_model *m = p->model;
	uint32_t user = ((const struct scratch *)ps->own)->user;

	rec_score_sum_clear(&ps->sum);
	if (m->dense)
		for (uint32_t v = 0; v < m->col.n; v++)
			add_neighbour(p->own, &ps->sum, v,
				      m->sim_dense.val[(size_t)user * m->col.n + v]);
	else
		for (uint64_t t = m->sim.ptr[user]; t < m->sim.ptr[user + 1]; t++)
			add_neighbour(p->own, &ps->sum, m->sim.col[t], m->sim.val[t]);
	rec_part_add_offset_touched(p, &ps->sum);
	rec_part_touched(out, &ps->sum);
}

/* Whether neighbour v of weight w holds candidate c. */
static bool add_pair(const struct users *u, uint32_t v, uint32_t c, float w, float *sum)
{
	uint32_t row = u->column_to_row[v];
	uint64_t t = row == REC_NONE ? UINT64_MAX : rec_csr_find(u->interactions, row, c);

	if (t == UINT64_MAX || u->weight[t] == 0)
		return false;
	*sum = fmaf(w, u->weight[t], *sum);
	return true;
}

static bool pair(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		 float *score)
{
	const struct rec_model *m = p->model;
	uint32_t user = ((const struct scratch *)ps->own)->user;
	bool found = false;
	float sum = 0;

	if (m->dense)
		for (uint32_t v = 0; v < m->col.n; v++)
			found |= add_pair(p->own, v, c,
					  m->sim_dense.val[(size_t)user * m->col.n + v], &sum);
	else
		for (uint64_t t = m->sim.ptr[user]; t < m->sim.ptr[user + 1]; t++)
			found |= add_pair(p->own, m->sim.col[t], c, m->sim.val[t], &sum);
	*score = rec_part_with_offset(p, c, sum);
	return found;
}

/* The cells that the neighbours of a user of the table hold. */
static uint64_t cells_of(const struct rec_scorer_part *p, uint32_t user)
{
	const struct users *u = p->own;
	const struct rec_csr *m = &p->model->sim;
	uint64_t n = 0;

	if (p->model->dense)
		return u->interactions->nnz;
	for (uint64_t t = m->ptr[user]; t < m->ptr[user + 1]; t++) {
		uint32_t row = u->column_to_row[m->col[t]];

		if (row != REC_NONE)
			n += u->interactions->ptr[row + 1] - u->interactions->ptr[row];
	}
	return n;
}

static int cost(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		const struct rec_pairs *history, uint32_t nitems, struct rec_err *e)
{
	const struct rec_labels *rows = &history->x->row;
	uint32_t *row_to_user;

	(void)nitems;
	if (rec_labels_map(&row_to_user, rows, p->users, e) != 0)
		return -1;
	c->fixed = p->offset ? REC_COST_NEIGHBOUR * (uint64_t)p->ncand : 0;
	c->row = rec_zalloc((size_t)rows->n + 1, sizeof *c->row, e);
	for (uint32_t r = 0; c->row && r < rows->n; r++)
		if (row_to_user[r] != REC_NONE)
			c->row[r] = REC_COST_NEIGHBOUR * cells_of(p, row_to_user[r]);
	free(row_to_user);
	return c->row ? 0 : -1;
}

const struct rec_model_kind rec_kind_users = {
	.name = "similarity of users",
	.size = sizeof(struct users),
	.scratch_size = sizeof(struct scratch),
	.takes = takes,
	.open = open,
	.load = load,
	.begin = begin,
	.row = row,
	.pair = pair,
	.cost = cost,
};

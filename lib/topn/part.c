/* SPDX-License-Identifier: MIT */
/*
 * topn/part.c - which rows are part i of n: parts take about the same time, not
 * the same number of rows.
 *
 * What a row takes is estimated in whole numbers from what every process sees
 * alike (its history, the models, the files of candidates), and blocks of rows
 * are dealt out by rec_blocks_balance. The unit is one multiply-add of the
 * tiles, some 30 ps; the others were measured against it and need not be exact.
 */
#include <stdlib.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "topn/topn.h"

enum {
	ITEM = 8,  /* look at a score of a tile */
	SCAN = 96,  /* look at the score of an item outside the tiles */
	BLEND = 120,  /* scale it and add it to those of other models */
	/*
	 * add a weight to the score of an item anywhere, and look at it later
	 */
	NEIGHBOUR = 120,
	PAIR = 320,  /* take up an item of a history, or a candidate */
	ENTRY = 12000  /* rank and print an item of a list */
};

struct part_cost { /* of one model */
	const struct rec_scorer_part *part;
	/*
	 * of a row: its user in the model or REC_NONE; NULL where stored users
	 * don't matter
	 */
	uint32_t *user;
	/*
	 * what an item of the histories (user side: a user of the model) adds;
	 * NULL for nothing
	 */
	uint64_t *each;
};

struct costs {
	const struct rec_topn *t;
	const struct rec_scorer *s;
	const struct rec_topn_rows *rows;
	uint32_t nrows, tiled;
	struct part_cost *part;
	uint64_t *block;
};

static uint32_t mapped(const uint32_t *map, uint32_t i)
{
	return map ? map[i] : i;
}

static uint64_t length(const struct rec_csr *m, uint32_t row)
{
	return row == REC_NONE ? 0 : m->ptr[row + 1] - m->ptr[row];
}

/* A sparse similarity: the neighbours of an item. */
static int item_costs(struct part_cost *c, uint32_t nitems, struct rec_err *e)
{
	const struct rec_scorer_part *p = c->part;

	if (!(c->each = rec_alloc((size_t)nitems + 1, sizeof *c->each, e)))
		return -1;
	for (uint32_t i = 0; i < nitems; i++) {
		uint32_t row = mapped(p->item_to_row, i);

		c->each[i] = p->kind == REC_PART_DENSE ? (row == REC_NONE ? 0 : p->ncand) :
							 NEIGHBOUR * length(&p->sim, row);
	}
	return 0;
}

/* A user-user similarity: what the neighbours of a user hold. */
static int user_costs(struct part_cost *c, struct rec_err *e)
{
	const struct rec_scorer_part *p = c->part;
	const struct rec_csr *m = &p->sim;
	uint32_t n = p->model->row.n;

	if (!(c->each = rec_zalloc((size_t)n + 1, sizeof *c->each, e)))
		return -1;
	for (uint32_t u = 0; u < n; u++) {
		if (p->model->dense)
			c->each[u] = NEIGHBOUR * p->interactions->m.nnz;
		for (uint64_t t = p->model->dense ? 0 : m->ptr[u];
		     !p->model->dense && t < m->ptr[u + 1]; t++)
			c->each[u] += NEIGHBOUR *
				      length(&p->interactions->m, p->column_to_user[m->col[t]]);
	}
	return 0;
}

static int part_cost_new(struct part_cost *c, const struct rec_scorer_part *p,
			 const struct costs *all, struct rec_err *e)
{
	const struct rec_labels *rows = &all->rows->history->x->row;

	c->part = p;
	if (p->kind == REC_PART_FACTORS)
		return rec_labels_map(&c->user, rows, &p->model->user.row, e);
	if (p->kind == REC_PART_USERS)
		return rec_labels_map(&c->user, rows, &p->model->row, e) == 0 ? user_costs(c, e) :
										-1;
	return p->kind == REC_PART_OFFSET ? 0 : item_costs(c, all->s->items.n, e);
}

/* Scoring one row by a factor model; 0 where it has no vector. */
static uint64_t factors(const struct costs *c, const struct part_cost *pc, uint32_t row,
			uint64_t history, uint64_t candidates)
{
	const struct rec_scorer_part *p = pc->part;
	uint64_t k = p->k, cost = 0;

	if (!c->s->similar && (c->s->fold_in || pc->user[row] == REC_NONE)) {
		if (!p->foldin || history == 0)
			return 0;
		cost = history * k * k + k * k * k / 3;
	}
	if (c->tiled != REC_NONE)
		return cost +
		       (c->rows->candidates ? candidates * (k + ITEM) : c->tiled * (k + ITEM));
	return cost + p->ncand * k;
}

/* Scoring one row by one model. */
static uint64_t score(const struct costs *c, const struct part_cost *pc, uint32_t row,
		      uint64_t candidates)
{
	const struct rec_pairs *h = c->rows->history;
	const struct rec_scorer_part *p = pc->part;
	uint64_t cost = p->offset ? NEIGHBOUR * (uint64_t)p->ncand : 0;

	switch (p->kind) {
	case REC_PART_FACTORS: return factors(c, pc, row, length(&h->x->m, row), candidates);
	case REC_PART_USERS:
		return cost + (pc->user[row] == REC_NONE ? 0 : pc->each[pc->user[row]]);
	case REC_PART_OFFSET: return 0;
	case REC_PART_SPARSE:
	case REC_PART_DENSE: break;
	}
	if (c->s->similar) {
		size_t len;
		const char *label = rec_label(&h->x->row, row, &len);
		uint32_t item = rec_scorer_item(c->s, label, len);

		return item == REC_NONE ? 0 : cost + pc->each[item];
	}
	for (uint64_t t = h->x->m.ptr[row]; t < h->x->m.ptr[row + 1]; t++)
		if (h->column_to_item[h->x->m.col[t]] != REC_NONE)
			cost += pc->each[h->column_to_item[h->x->m.col[t]]];
	return cost;
}

static uint64_t row_cost(const struct costs *c, uint32_t row)
{
	uint64_t candidates = 0, history = length(&c->rows->history->x->m, row), cost,
		 looked_at = 0, scored = 0;
	uint32_t most = rec_topn_depth(c->t);

	if (c->rows->candidates) {
		size_t len;
		const char *label = rec_label(&c->rows->history->x->row, row, &len);

		candidates = length(&c->rows->candidates->x->m,
				    rec_pairs_row(c->rows->candidates, label, len));
		most = candidates < most ? (uint32_t)candidates : most;
	}
	for (size_t i = 0; i < c->s->nparts; i++) {
		enum rec_part_kind kind = c->s->part[i].kind;

		scored += score(c, &c->part[i], row, candidates) + (kind == REC_PART_OFFSET);
		if (c->s->blend ||
		    (c->tiled == REC_NONE && kind != REC_PART_SPARSE && kind != REC_PART_USERS))
			looked_at += (c->s->blend ? BLEND : SCAN) * (uint64_t)c->s->part[i].ncand;
	}
	cost = PAIR * (1 + history + candidates);
	return scored ? cost + scored + looked_at + ENTRY * (uint64_t)most : cost;
}

static int cost_task(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct costs *c = arg;

	(void)thread;
	(void)e;
	for (uint64_t row = first; row < last; row++)
		c->block[first / REC_BLOCK_ROWS] += row_cost(c, (uint32_t)row);
	return 0;
}

static int costs_new(struct costs *c, struct rec_err *e)
{
	c->part = rec_zalloc(c->s->nparts, sizeof *c->part, e);
	c->block = rec_zalloc((size_t)rec_blocks(c->nrows) + 1, sizeof *c->block, e);
	if (!c->part || !c->block)
		return -1;
	for (size_t i = 0; i < c->s->nparts; i++)
		if (part_cost_new(&c->part[i], &c->s->part[i], c, e) != 0)
			return -1;
	return rec_pool_slices(c->s->run->pool, c->nrows, REC_BLOCK_ROWS, cost_task, c, e);
}

int rec_topn_part(const struct rec_topn *t, struct rec_topn_rows *rows, uint32_t i, uint32_t n,
		  struct rec_err *e)
{
	struct costs c = { .t = t,
			   .s = rec_topn_scorer(t),
			   .rows = rows,
			   .nrows = rows->history->x->row.n,
			   .tiled = rec_topn_tiled(t) };
	int rc = costs_new(&c, e);

	if (rc == 0)
		rec_blocks_balance(c.nrows, c.block, i, n, &rows->first, &rows->last);
	for (size_t m = 0; c.part && m < c.s->nparts; m++) {
		free(c.part[m].user);
		free(c.part[m].each);
	}
	free(c.part);
	free(c.block);
	return rc;
}

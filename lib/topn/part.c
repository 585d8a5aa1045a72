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
#include "score/kind.h"
#include "topn/topn.h"

enum {
	ITEM = 8,			/* look at a score of a tile */
	SCAN = 96,			/* look at the score of an item outside the tiles */
	BLEND = 120,			/* scale it and add it to those of other models */
	PAIR = 320,			/* take up an item of a history, or a candidate */
	ENTRY = 12000,			/* rank and print an item of a list */
};

struct costs {
	const struct rec_topn *t;
	const struct rec_scorer *s;
	const struct rec_topn_rows *rows;
	uint32_t tiled;			/* items in the tiles, or REC_NONE */
	struct rec_kind_cost *part;	/* of each model */
	uint64_t looked_at;		/* of a row, beside what models take */
	uint64_t *block;		/* of each block of rows */
};

/* A row of the histories. */
struct row {
	uint32_t number;
	const char *label;
	size_t label_len;
	uint64_t candidates;		/* of its own, where there is a file of them */
	uint32_t item;			/* similar items: its own, or REC_NONE */
};

/* Items that the tiles or the row's own candidates make it score. */
static uint64_t scored_items(const struct costs *c, const struct row *r)
{
	return c->rows->candidates ? r->candidates : c->tiled;
}

/* What a model takes for what the row's history holds. */
static uint64_t history_cost(const struct costs *c, const uint64_t *item, const struct row *r)
{
	const struct rec_pairs *h = c->rows->history;
	const struct rec_csr *m = &h->x->m;
	uint64_t cost = 0;

	if (c->s->similar)
		return r->item == REC_NONE ? 0 : item[r->item];
	for (uint64_t t = m->ptr[r->number]; t < m->ptr[r->number + 1]; t++)
		if (h->column_to_item[m->col[t]] != REC_NONE)
			cost += item[h->column_to_item[m->col[t]]];
	return cost;
}

/* Scoring one row by model i. */
static uint64_t score_cost(const struct costs *c, size_t i, const struct row *r)
{
	const struct rec_kind_cost *k = &c->part[i];
	uint64_t items = c->tiled != REC_NONE ? scored_items(c, r) : c->s->part[i].ncand;
	uint64_t begin = k->row ? k->row[r->number] : 0;

	if (begin == REC_COST_NO_SCORES)
		return 0;
	return k->fixed + begin + (k->item ? history_cost(c, k->item, r) : 0) +
	       items * k->candidate;
}

static uint64_t row_cost(const struct costs *c, const struct row *r)
{
	uint64_t pairs = 1 + rec_pairs_length(c->rows->history, r->number) + r->candidates;
	uint64_t most = rec_topn_depth(c->t), scored = 0, looked_at = c->looked_at;

	if (c->rows->candidates && r->candidates < most)
		most = r->candidates;
	for (size_t i = 0; i < c->s->nparts; i++)
		scored += score_cost(c, i, r);
	if (scored == 0)
		return PAIR * pairs;
	if (c->tiled != REC_NONE)
		looked_at += ITEM * scored_items(c, r);
	return PAIR * pairs + scored + looked_at + ENTRY * most;
}

static int cost_task(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct costs *c = arg;

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++) {
		struct row r = { .number = (uint32_t)i, .item = REC_NONE };

		r.label = rec_label(&c->rows->history->x->row, r.number, &r.label_len);
		if (c->rows->candidates)
			r.candidates = rec_pairs_length(
				c->rows->candidates,
				rec_pairs_row(c->rows->candidates, r.label, r.label_len));
		if (c->s->similar)
			r.item = rec_scorer_item(c->s, r.label, r.label_len);
		c->block[first / REC_BLOCK_ROWS] += row_cost(c, &r);
	}
	return 0;
}

static int costs_new(struct costs *c, struct rec_err *e)
{
	uint32_t nrows = c->rows->history->x->row.n;

	c->part = rec_zalloc(c->s->nparts, sizeof *c->part, e);
	c->block = rec_zalloc((size_t)rec_blocks(nrows) + 1, sizeof *c->block, e);
	if (!c->part || !c->block)
		return -1;
	for (size_t i = 0; i < c->s->nparts; i++) {
		const struct rec_scorer_part *p = &c->s->part[i];

		if (p->kind->cost(&c->part[i], p, c->rows->history, c->s->items.n, e) != 0)
			return -1;
		if (c->s->blend)
			c->looked_at += BLEND * (uint64_t)p->ncand;
		else if (c->tiled == REC_NONE && c->part[i].all)
			c->looked_at += SCAN * (uint64_t)p->ncand;
	}
	return rec_pool_slices(c->s->run->pool, nrows, REC_BLOCK_ROWS, cost_task, c, e);
}

static void costs_free(struct costs *c)
{
	for (size_t i = 0; c->part && i < c->s->nparts; i++) {
		free(c->part[i].item);
		free(c->part[i].row);
	}
	free(c->part);
	free(c->block);
}

int rec_topn_part(const struct rec_topn *t, struct rec_topn_rows *rows, uint32_t i, uint32_t n,
		  struct rec_err *e)
{
	struct costs c = {
		.t = t, .s = rec_topn_scorer(t), .rows = rows, .tiled = rec_topn_tiled(t)
	};
	int rc = costs_new(&c, e);

	if (rc == 0)
		rec_blocks_balance(rows->history->x->row.n, c.block, i, n, &rows->first,
				   &rows->last);
	costs_free(&c);
	return rc;
}

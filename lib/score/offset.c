/* SPDX-License-Identifier: MIT */
/*
 * score/offset.c - a number for each item, the same for every row (rec-sim
 * popular).
 */
#include <string.h>

#include "score/kind.h"

static bool takes(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	(void)o;
	return m->has_offset;
}

/* The scorer reads the block: part->offset has it by candidate. */
static int open(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	(void)o;
	(void)e;
	p->candidates = &p->model->offset.row;
	return 0;
}

static int begin(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		 const struct rec_query *q, struct rec_err *e)
{
	(void)p;
	(void)ps;
	(void)q;
	(void)e;
	return 1;
}

static void row(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		struct rec_scores *out)
{
	if (p->blend)
		memcpy(ps->sum.score, p->offset, (size_t)p->ncand * sizeof *p->offset);
	else
		out->score = p->offset;
}

static bool pair(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		 float *score)
{
	(void)ps;
	*score = p->offset[c];
	return true;
}

static bool flat(const struct rec_scorer_part *p, const struct rec_part_scratch *ps)
{
	const struct rec_dense *d = &p->model->offset;

	(void)ps;
	for (uint32_t i = 1; i < d->row.n; i++)
		if (d->val[(size_t)i * d->ncols] != d->val[0])
			return false;
	return d->row.n > 1;
}

/* Not 0, which would mean that no model scores the row. */
static int cost(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		const struct rec_pairs *history, uint32_t nitems, struct rec_err *e)
{
	(void)p;
	(void)history;
	(void)nitems;
	(void)e;
	c->fixed = 1;
	c->all = true;
	return 0;
}

const struct rec_model_kind rec_kind_offset = {
	.name = "offset",
	.light = true,
	.takes = takes,
	.open = open,
	.begin = begin,
	.row = row,
	.pair = pair,
	.flat = flat,
	.cost = cost,
};

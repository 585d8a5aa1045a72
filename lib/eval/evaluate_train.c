/* SPDX-License-Identifier: MIT */
/*
 * evaluate_train.c - what train says of items: popularity, order by it, thirds
 * of the interactions, information.
 */
#include <stdlib.h>

#include "base/math.h"
#include "base/mem.h"
#include "eval/evaluate_private.h"

static void count_pairs(struct rec_evaluation *v)
{
	const struct rec_csr *m = &v->in->train->m;

	for (uint64_t i = 0; i < m->nnz; i++)
		v->popularity[m->col[i]] += m->val[i] > 0;
}

/*
 * Popularity descending, then label ascending: a counting sort by popularity,
 * which no count exceeds rows.
 */
static int sort_items(struct rec_evaluation *v, struct rec_err *e)
{
	uint32_t items = v->in->train->col.n, rows = v->in->train->row.n;
	uint32_t *place = rec_zalloc((size_t)rows + 2, sizeof *place, e);

	if (!place)
		return -1;
	for (uint32_t i = 0; i < items; i++)
		place[rows - v->popularity[i] + 1]++;
	for (uint32_t p = 0; p <= rows; p++)
		place[p + 1] += place[p];
	for (uint32_t i = 0; i < items; i++)
		v->order[place[rows - v->popularity[i]]++] = i;
	free(place);
	return 0;
}

/* An item is in the third that the pairs before it have reached. */
static void cut_thirds(struct rec_evaluation *v)
{
	uint32_t items = v->in->train->col.n;
	uint64_t total = 0, before = 0;

	for (uint32_t i = 0; i < items; i++)
		total += v->popularity[i];
	for (uint32_t i = 0; i < items; i++) {
		uint32_t item = v->order[i];

		v->third[item] = 3 * before < total ? 0 : 3 * before < 2 * total ? 1 : 2;
		before += v->popularity[item];
	}
}

int rec_eval_popularity(struct rec_evaluation *v, struct rec_err *e)
{
	uint32_t items = v->in->train->col.n, users = v->in->train->row.n;

	v->popularity = rec_zalloc(items, sizeof *v->popularity, e);
	v->order = rec_alloc(items, sizeof *v->order, e);
	v->third = rec_alloc(items, sizeof *v->third, e);
	v->information = rec_alloc(items, sizeof *v->information, e);
	if (!v->popularity || !v->order || !v->third || !v->information)
		return -1;
	count_pairs(v);
	if (sort_items(v, e) != 0)
		return -1;
	cut_thirds(v);
	for (uint32_t i = 0; i < items; i++)
		/* -1: unknown */
		v->information[i] = v->popularity[i] ? rec_log2((double)users / v->popularity[i]) :
						       -1;
	return 0;
}

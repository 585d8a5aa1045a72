/* SPDX-License-Identifier: MIT */
/*
 * popular.c - what train says of items: popularity, order by it, thirds
 * of the interactions, information.
 */
#include "eval/popular.h"

#include <stdlib.h>

#include "base/math.h"
#include "base/mem.h"

static void count_pairs(struct rec_eval_popular *p, const struct rec_csr *m)
{
	for (uint64_t i = 0; i < m->nnz; i++)
		p->popularity[m->col[i]] += m->val[i] > 0;
}

/*
 * Popularity descending, then label ascending: a counting sort by popularity,
 * which no count exceeds rows.
 */
static int sort_items(struct rec_eval_popular *p, uint32_t items, uint32_t rows, struct rec_err *e)
{
	uint32_t *place = rec_zalloc((size_t)rows + 2, sizeof *place, e);

	if (!place)
		return -1;
	for (uint32_t i = 0; i < items; i++)
		place[rows - p->popularity[i] + 1]++;
	for (uint32_t i = 0; i <= rows; i++)
		place[i + 1] += place[i];
	for (uint32_t i = 0; i < items; i++)
		p->order[place[rows - p->popularity[i]]++] = i;
	free(place);
	return 0;
}

/* An item is in the third that the pairs before it have reached. */
static void cut_thirds(struct rec_eval_popular *p, uint32_t items)
{
	uint64_t total = 0, before = 0;

	for (uint32_t i = 0; i < items; i++)
		total += p->popularity[i];
	for (uint32_t i = 0; i < items; i++) {
		uint32_t item = p->order[i];

		p->third[item] = 3 * before < total ? 0 : 3 * before < 2 * total ? 1 : 2;
		before += p->popularity[item];
	}
}

int rec_eval_popular_make(struct rec_eval_popular *p, const struct rec_sparse *train,
			  struct rec_err *e)
{
	uint32_t items = train->col.n, users = train->row.n;

	p->popularity = rec_zalloc(items, sizeof *p->popularity, e);
	p->order = rec_alloc(items, sizeof *p->order, e);
	p->third = rec_alloc(items, sizeof *p->third, e);
	p->information = rec_alloc(items, sizeof *p->information, e);
	if (!p->popularity || !p->order || !p->third || !p->information)
		return -1;
	count_pairs(p, &train->m);
	if (sort_items(p, items, train->row.n, e) != 0)
		return -1;
	cut_thirds(p, items);
	for (uint32_t i = 0; i < items; i++)
		p->information[i] =
			p->popularity[i] ? rec_log2((double)users / p->popularity[i]) : -1;
	return 0;
}

void rec_eval_popular_free(struct rec_eval_popular *p)
{
	free(p->popularity);
	free(p->order);
	free(p->third);
	free(p->information);
}

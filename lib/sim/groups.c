/* SPDX-License-Identifier: MIT */
/* Groups of lines: see sim/groups.h. */
#include "sim/groups.h"

#include <stdlib.h>

#include "base/mem.h"
#include "matrix/csr_row.h"

uint64_t rec_group_line_bytes(enum rec_base base, uint32_t items)
{
	return (uint64_t)items * (base == REC_BASE_COUNT ? 8 : base == REC_BASE_SUM ? 16 : 32) + 64;
}

void rec_group_free(struct rec_group *g)
{
	for (uint32_t i = 0; g->acc && i < g->most; i++)
		rec_accumulator_free(&g->acc[i]);
	free(g->acc);
	free(g->at);
	*g = (struct rec_group){ 0 };
}

int rec_group_new(struct rec_group *g, const struct rec_overlap *o, uint32_t most,
		  struct rec_err *e)
{
	*g = (struct rec_group){ .o = o, .most = most };
	g->acc = rec_zalloc(most, sizeof *g->acc, e);
	g->at = rec_alloc(most, sizeof *g->at, e);
	for (uint32_t i = 0; g->acc && g->at && i < most; i++)
		if (rec_accumulator_new(&g->acc[i], o, e) != 0) {
			rec_group_free(g);
			return -1;
		}
	if (g->acc && g->at)
		return 0;
	rec_group_free(g);
	return -1;
}

static int sum_line(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct rec_group *g = arg;
	const struct rec_csr *x = g->o->x, *t = g->o->t;
	uint32_t line = g->first + (uint32_t)task;
	uint64_t from = g->at[task], to = from, bytes = 0;

	(void)thread;
	(void)e;
	for (; to < t->ptr[line + 1] && t->col[to] < g->to; to++)
		bytes += rec_csr_touch(x->ptr[t->col[to] + 1] - x->ptr[t->col[to]]);
	if (to == from)
		return 0;
	rec_overlap_part(&g->acc[task], g->o, line, from, to);
	g->at[task] = to;
	atomic_fetch_add_explicit(&g->touched, bytes, memory_order_relaxed);
	rec_csr_touched(t, rec_csr_touch(to - from));
	return 0;
}

/*
 * Users from `from` on whose rows may be worked on at once; returns where the
 * next such piece begins.
 */
static uint32_t piece_end(const struct rec_csr *x, uint32_t from)
{
	uint64_t most = rec_csr_most(x);
	uint32_t to = from + 1;

	while (to < x->nrows && x->ptr[to + 1] - x->ptr[from] <= most)
		to++;
	return to;
}

int rec_group_sum(struct rec_group *g, uint32_t first, uint32_t end, const struct rec_run *run,
		  struct rec_err *e)
{
	const struct rec_csr *x = g->o->x;

	g->first = first;
	g->n = end - first;
	for (uint32_t i = 0; i < g->n; i++)
		g->at[i] = g->o->t->ptr[first + i];
	for (uint32_t from = 0; from < x->nrows; from = g->to) {
		uint64_t piece, touched;

		g->to = piece_end(x, from);
		piece = 8 * (x->ptr[g->to] - x->ptr[from]);
		atomic_store(&g->touched, 0);
		if (rec_pool_run(run->pool, g->n, sum_line, g, e) != 0)
			return -1;
		touched = atomic_load(&g->touched);
		rec_csr_touched(x, touched < piece ? touched : piece);
	}
	return 0;
}

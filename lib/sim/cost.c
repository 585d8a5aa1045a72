/* SPDX-License-Identifier: MIT */
/* sim/cost.c - bytes and operations of a model, from the sizes of its input. */
#include "sim/cost.h"

#include <stdlib.h>

#include "base/mem.h"
#include "matrix/csr_row.h"
#include "sim/ease.h"
#include "sim/groups.h"
#include "sim/method.h"
#include "sim/sums.h"

enum { OVERHEAD = 16 << 20 };	/* buffers, stacks, libraries */

static double sum_of_squared_rows(const struct rec_csr *m)
{
	double sum = 0;

	for (uint32_t r = 0; r < m->nrows; r++)
		sum += (double)(m->ptr[r + 1] - m->ptr[r]) * (double)(m->ptr[r + 1] - m->ptr[r]);
	return sum;
}

static double sum_of_squared_columns(const struct rec_csr *m, uint64_t *count)
{
	double sum = 0;

	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(m, r);

		for (uint64_t i = 0; i < row.n; i++)
			sum += (double)(2 * count[row.col[i]]++ + 1);
	}
	return sum;
}

/* What is needed beside the data: c->operations are known for pairs. */
static void add_model_cost(struct rec_sim_cost *c, const struct rec_sim_opts *o, double bytes,
			   double n, unsigned threads)
{
	double cells = c->operations < n * (n - 1) ? c->operations : n * (n - 1);

	if (o->neighbours && cells > n * o->neighbours)
		cells = n * o->neighbours;
	bytes += OVERHEAD + 48 * n + threads * n * (o->method->base == REC_BASE_MOMENT ? 48 : 40);
	if (!o->method->measure && (o->method->takes & REC_SIM_REG)) {
		c->operations += n * n * n;
		bytes += 4 * n * n + (double)rec_ease_room(threads);
		if (!o->neighbours)
			cells = 0;
	}
	if (!(o->method->takes & REC_SIM_LIST))
		cells = 0;
	c->bytes = (uint64_t)(bytes + cells * (o->neighbours && !o->keep_history ? 20 : 12));
}

void rec_sim_cost(struct rec_sim_cost *c, const struct rec_sparse *x, const struct rec_sim_opts *o,
		  unsigned threads)
{
	double n = o->side_user ? x->m.nrows : x->m.ncols,
	       others = o->side_user ? x->m.ncols : x->m.nrows;

	c->operations = sum_of_squared_rows(&x->m);
	if (o->side_user) {
		struct rec_err e = { 0 };
		uint64_t *count = rec_zalloc(x->m.ncols, sizeof *count, &e);

		c->operations = count ? sum_of_squared_columns(&x->m, count) : n * n;
		free(count);
	}
	add_model_cost(c, o, 4 * 8 * (double)x->m.nnz + 40 * others, n, threads);
}

void rec_sim_cost_far(struct rec_sim_cost *c, uint64_t *line_bytes, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, unsigned threads)
{
	double n = o->side_user ? x->m.nrows : x->m.ncols,
	       others = o->side_user ? x->m.ncols : x->m.nrows;
	enum rec_base base = o->method->base == REC_BASE_COUNT &&
					     o->weights.kind != REC_WEIGH_NONE ?
				     REC_BASE_SUM :
				     o->method->base;
	double labels = (x->row.off ? (double)x->row.off[x->row.n] : 0) +
			(x->col.off ? (double)x->col.off[x->col.n] : 0) + 8 * (n + others);

	rec_sim_cost(c, x, o, threads);
	*line_bytes = rec_group_line_bytes(base, (uint32_t)n);
	if (!o->method->measure && (o->method->takes & REC_SIM_LIST)) {
		c->bytes = 0;
		return;
	}
	add_model_cost(c, o, 2 * labels + 40 * others, n, threads);
	/* nothing beside what is counted grows with the data here */
	c->bytes -= OVERHEAD / 4;
}

void rec_sim_merge_cost(struct rec_sim_cost *c, const struct rec_sums *s,
			const struct rec_sim_opts *o, unsigned threads)
{
	double places = (double)(s->item.n ? s->first[s->item.n] : 0);

	c->operations = 0;
	for (uint32_t i = 0; i < s->item.n; i++)
		c->operations += (double)rec_sums_cells(s, i);
	add_model_cost(c, o, (double)s->bytes + 16 * places, s->item.n, threads);
}

/* SPDX-License-Identifier: MIT */
/*
 * als/report.c - whether training came to something.
 *
 * It does not in three cases. Regularisation above the largest singular value
 * of D_u^-1/2 R D_i^-1/2 (D: what a row pays, R: the weighted targets) leaves
 * zero as the only solution, and sweeps shrink the vectors towards it. A start
 * at zero stays there. A weight that dwarfs all others makes them count for
 * nothing. Then no observed pair scores near its target.
 *
 * The search ends at the first pair that reaches its share of the target. Any
 * model that says something has one among its first rows.
 */
#include "als/report.h"

#include "als/step.h"
#include "matrix/csr_row.h"

static double dot(const float *x, const float *y, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)x[i] * y[i];
	return sum;
}

/*
 * The share of its target that the score y of a pair reaches; under explicit
 * loss, of the deviation of the values. 0 where the pair has no target.
 */
static double share(const struct rec_als_opts *o, double y, float value, double deviation)
{
	if (o->explicit_loss)
		return deviation > 0 ? (y < 0 ? -y : y) / deviation : 0;
	if (o->target_value)
		return value != 0 ? y / value : 0;
	return value > 0 ? y : 0;
}

void rec_als_reach(struct rec_als_report *r, const struct rec_als_opts *o,
		   const struct rec_als_side *user, const struct rec_als_side *item, double enough)
{
	r->reached = 0;
	for (uint32_t u = 0; u < user->label->n; u++) {
		struct rec_csr_cells row = rec_csr_row(user->m, u);
		const float *p = rec_table_rows(&user->table, u, u + 1);

		for (uint64_t j = 0; j < row.n; j++) {
			double y = dot(p, rec_table_at(&item->table, row.col[j]), o->factors);
			double x = share(o, y, row.val[j], r->deviation);

			r->reached = x > r->reached ? x : r->reached;
		}
		if (r->reached > enough)
			return;
	}
	r->empty = true;
}

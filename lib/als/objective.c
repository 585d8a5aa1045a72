/* SPDX-License-Identifier: MIT */
/*
 * als/objective.c - what training lowers, in double. Implicit:
 *
 *	  sum over pairs in the fit of   a (yhat - b/a)^2
 *	+ alpha0 * sum over all pairs of   yhat^2
 *	+ sum over rows of   lambda (n + base)^nu |x|^2
 *
 * Explicit:
 *
 *	  sum over pairs of   (mean + b_u + b_i + yhat - value)^2
 *	+ sum over rows of   lambda n^nu |x|^2 + beta b^2
 *
 * The sum of yhat^2 over all pairs is the sum over users of p' (Q'Q) p, so it
 * takes no time for pairs that were not observed.
 */
#include "als/objective.h"

#include <stdlib.h>

#include "als/sum.h"
#include "base/mem.h"
#include "matrix/csr_row.h"

struct objective {
	const struct rec_als_opts *o;
	const struct rec_als_side *user, *item;
	const struct rec_als_side *side;	/* of the sum under way */
	double *gram;				/* Q'Q, or NULL under explicit loss */
};

static double dot(const float *x, const float *y, uint32_t n)
{
	double s[4] = { 0 };
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4)
		for (uint32_t l = 0; l < 4; l++)
			s[l] += (double)x[i + l] * y[i + l];
	for (; i < n; i++)
		s[0] += (double)x[i] * y[i];
	return (s[0] + s[1]) + (s[2] + s[3]);
}

/* p' G p, of the lower triangle. */
static double quadratic(const double *g, const float *p, uint32_t k, uint32_t kp)
{
	double sum = 0;

	for (uint32_t r = 0; r < k; r++) {
		const double *row = g + (size_t)r * kp;
		double s[2] = { 0 };
		uint32_t c = 0;

		for (; c + 2 <= r; c += 2) {
			s[0] += row[c] * p[c];
			s[1] += row[c + 1] * p[c + 1];
		}
		if (c < r)
			s[0] += row[c] * p[c];
		sum += p[r] * (2 * (s[0] + s[1]) + row[r] * p[r]);
	}
	return sum;
}

/* Pair j of user u, whose vector is x: item i, value v. */
static double pair_loss(const struct objective *t, uint32_t u, const float *x, uint64_t j,
			uint32_t i, float v)
{
	const struct rec_als_opts *o = t->o;
	double y = dot(x, rec_table_at(&t->item->table, i), o->factors), a, d;

	if (o->explicit_loss) {
		d = o->mean + (o->bias ? (double)t->user->bias[u] + t->item->bias[i] : 0) + y - v;
		return d * d;
	}
	if (!rec_als_in_fit(o, v))
		return 0;
	a = t->user->weight ? t->user->weight[j] : rec_als_weight(o, v);
	d = y - (o->target_value ? v : v > 0);
	return a * d * d;
}

static double user_loss(void *arg, uint32_t u, unsigned thread)
{
	const struct objective *t = arg;
	struct rec_csr_cells row = rec_csr_row(t->user->m, u);
	const float *x = rec_table_rows(&t->user->table, u, u + 1);
	uint64_t first = t->user->m->ptr[u];
	double sum = 0;

	(void)thread;
	for (uint64_t j = 0; j < row.n; j++)
		sum += pair_loss(t, u, x, first + j, row.col[j], row.val[j]);
	if (t->gram)
		sum += t->o->unobserved * quadratic(t->gram, x, t->o->factors, t->o->kp);
	return sum;
}

static double row_norm(void *arg, uint32_t i, unsigned thread)
{
	const struct objective *t = arg;
	const struct rec_als_opts *o = t->o;
	struct rec_csr_cells row = rec_csr_row(t->side->m, i);
	const float *x = rec_table_rows(&t->side->table, i, i + 1);
	double sum, b = o->bias ? t->side->bias[i] : 0;
	uint64_t n = 0;

	(void)thread;
	for (uint64_t j = 0; j < row.n; j++)
		n += rec_als_counts(o, row.val[j]);
	sum = rec_als_reg(o, n, t->side->user ? o->items : o->users) * dot(x, x, o->factors);
	return o->bias ? sum + o->bias_reg * b * b : sum;
}

static int sum_all(double *objective, struct objective *t, const struct rec_run *run,
		   struct rec_err *e)
{
	double loss, users, items;

	if (rec_als_sum_rows(&loss, t->user->label->n, user_loss, t, run, e) != 0)
		return -1;
	t->side = t->user;
	if (rec_als_sum_rows(&users, t->user->label->n, row_norm, t, run, e) != 0)
		return -1;
	t->side = t->item;
	if (rec_als_sum_rows(&items, t->item->label->n, row_norm, t, run, e) != 0)
		return -1;
	*objective = loss + (users + items);
	return 0;
}

int rec_als_objective(double *objective, const struct rec_als_opts *o,
		      const struct rec_als_side *user, const struct rec_als_side *item,
		      const struct rec_run *run, struct rec_err *e)
{
	struct objective t = { .o = o, .user = user, .item = item };
	int rc = -1;

	if (!o->explicit_loss) {
		t.gram = rec_alloc((size_t)o->kp * o->kp, sizeof *t.gram, e);
		if (!t.gram)
			return -1;
	}
	rec_table_drop(&user->table);
	if (!t.gram || rec_als_gramian(t.gram, item->table.p, item->label->n, o->kp, run, e) == 0)
		rc = sum_all(objective, &t, run, e);
	free(t.gram);
	return rc;
}

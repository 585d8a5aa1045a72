/* SPDX-License-Identifier: MIT */
/*
 * als/objective.c - what training lowers, in double:
 *
 * implicit	sum over pairs in the fit of a (yhat - b/a)^2 + alpha0 sum over
 *              all pairs of yhat^2 + sum over rows of lambda (n + base)^nu
 *              |x|^2
 * explicit	sum over pairs of (mean + b_u + b_i + yhat - value)^2 + sum over
 *              rows of (lambda n^nu |x|^2 + beta b^2)
 *
 * The sum over all pairs is the sum of p' (Q'Q) p over users. Rows are summed
 * in blocks of 256, then in a fixed tree.
 */
#include <stdlib.h>

#include "als/step.h"
#include "base/mem.h"

struct objective {
	const struct rec_als_form *f;
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

static double pair_loss(const struct objective *o, uint32_t u, uint64_t j)
{
	const struct rec_als_form *f = o->f;
	uint32_t i = o->user->m->col[j];
	float v = o->user->m->val[j];
	double y = dot(o->user->table + (size_t)u * f->kp, o->item->table + (size_t)i * f->kp,
		       f->k),
	       a, d;

	if (f->explicit_loss) {
		d = f->mean + (f->bias ? (double)o->user->bias[u] + o->item->bias[i] : 0) + y - v;
		return d * d;
	}
	if (!rec_als_in_fit(f, v))
		return 0;
	a = o->user->weight ? o->user->weight[j] : rec_als_weight(f, v);
	d = y - (f->target_value ? v : v > 0);
	return a * d * d;
}

static double user_loss(void *arg, uint32_t u, unsigned thread)
{
	const struct objective *o = arg;
	const struct rec_csr *m = o->user->m;
	double sum = 0;

	(void)thread;
	rec_csr_walk(m, m->ptr[u], m->ptr[u + 1]);
	rec_far_used(o->user->far, o->f->kp * sizeof(float));
	for (uint64_t j = m->ptr[u]; j < m->ptr[u + 1]; j++)
		sum += pair_loss(o, u, j);
	if (o->gram)
		sum += o->f->unobserved *
		       quadratic(o->gram, o->user->table + (size_t)u * o->f->kp, o->f->k, o->f->kp);
	return sum;
}

static double row_norm(void *arg, uint32_t i, unsigned thread)
{
	const struct objective *o = arg;
	const struct rec_als_form *f = o->f;
	const struct rec_csr *m = o->side->m;
	const float *x = o->side->table + (size_t)i * f->kp;
	double sum, b = f->bias ? o->side->bias[i] : 0;
	uint64_t n = 0;

	(void)thread;
	rec_csr_walk(m, m->ptr[i], m->ptr[i + 1]);
	rec_far_used(o->side->far, f->kp * sizeof(float));
	for (uint64_t j = m->ptr[i]; j < m->ptr[i + 1]; j++)
		n += rec_als_counts(f, m->val[j]);
	sum = rec_als_reg(f, n, o->side->user ? f->items : f->users) * dot(x, x, f->k);
	return f->bias ? sum + f->bias_reg * b * b : sum;
}

static int sum_all(double *objective, struct objective *o, const struct rec_run *run,
		   struct rec_err *e)
{
	double loss, users, items;

	if (rec_als_sum_rows(&loss, o->user->label->n, user_loss, o, run, e) != 0)
		return -1;
	o->side = o->user;
	if (rec_als_sum_rows(&users, o->user->label->n, row_norm, o, run, e) != 0)
		return -1;
	o->side = o->item;
	if (rec_als_sum_rows(&items, o->item->label->n, row_norm, o, run, e) != 0)
		return -1;
	*objective = loss + (users + items);
	return 0;
}

int rec_als_objective(double *objective, const struct rec_als_form *f,
		      const struct rec_als_side *user, const struct rec_als_side *item,
		      const struct rec_run *run, struct rec_err *e)
{
	struct objective o = { .f = f, .user = user, .item = item };
	int rc = -1;

	if (!f->explicit_loss) {
		o.gram = rec_alloc((size_t)f->kp * f->kp, sizeof *o.gram, e);
		if (!o.gram)
			return -1;
	}
	if (user->far)
		rec_far_drop(user->far);
	if (!o.gram || rec_als_gramian(o.gram, item->table, item->label->n, f->kp, run, e) == 0)
		rc = sum_all(objective, &o, run, e);
	free(o.gram);
	return rc;
}

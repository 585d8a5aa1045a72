/* SPDX-License-Identifier: MIT */
/* linear.c - factors of the product models. */
#include "sim/linear.h"

#include <math.h>
#include <stdlib.h>

#include "base/math.h"
#include "base/mem.h"
#include "matrix/csr_row.h"
#include "sim/bar.h"

/*
 * x^-p. A user or item without pairs (all thinned away) is in no sum; its
 * factor is 0, not infinite.
 */
static double inverse_power(double x, double p)
{
	return x > 0 ? rec_pow(x, -p) : 0;
}

static int alloc(struct rec_sim_data *d, struct rec_err *e)
{
	d->a = rec_alloc(d->items, sizeof *d->a, e);
	d->b = rec_alloc(d->items, sizeof *d->b, e);
	return d->a && d->b ? 0 : -1;
}

/*
 * f_u of users whose pairs all have weight 1: d_u^-p in fixed point, so that a
 * sum over users is exact and sums over shards add up to those of the whole.
 * Sums that were made elsewhere need none of it.
 */
static int weigh_users(struct rec_sim_data *d, double p, struct rec_err *e)
{
	if (d->sums)
		return 0;
	d->user = rec_alloc(d->users, sizeof *d->user, e);
	for (uint32_t u = 0; d->user && u < d->users; u++)
		d->user[u] = rec_survey_weight(rec_sim_user_count(d, u), p, d->scale);
	return d->user ? 0 : -1;
}

double rec_linear_user_power(const struct rec_sim_opts *o)
{
	return o->method->takes & REC_SIM_WALK	 ? o->walk[0] :
	       o->method->takes & REC_SIM_LINEAR ? o->exponents[0] :
						   0;
}

int rec_linear_prepare(struct rec_sim_data *d, struct rec_err *e)
{
	const double *x = d->o->exponents;

	if (alloc(d, e) != 0)
		return -1;
	for (uint32_t i = 0; i < d->items; i++) {
		d->a[i] = inverse_power(rec_sim_item_count(d, i), x[1]);
		d->b[i] = inverse_power(rec_sim_item_count(d, i), x[2]);
	}
	if (d->unit)
		return weigh_users(d, x[0], e);
	d->user = rec_alloc(d->users, sizeof *d->user, e);
	for (uint32_t u = 0; d->user && u < d->users; u++)
		d->user[u] = inverse_power(rec_sim_user_count(d, u), x[0]);
	return d->user ? 0 : -1;
}

static double row_sum(const struct rec_csr *m, uint32_t r)
{
	struct rec_csr_cells row = rec_csr_row(m, r);
	double sum = 0;

	for (uint64_t i = 0; i < row.n; i++)
		sum += (double)row.val[i];
	return sum;
}

/* Weights in a temporary file are m's own. */
static int raise_in_file(struct rec_csr *m, double a)
{
	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(m, r);
		float *val = rec_csr_write(m, m->ptr[r], row.n).val;

		for (uint64_t i = 0; i < row.n; i++)
			val[i] = (float)rec_pow((double)row.val[i], a);
	}
	return 0;
}

/* The weights to the power a, in memory of their own. */
static int raise_weights(struct rec_csr *m, double a, struct rec_err *e)
{
	float *val;

	if (m->own_far)
		return raise_in_file(m, a);
	val = rec_alloc(m->nnz, sizeof *val, e);
	for (uint64_t i = 0; val && i < m->nnz; i++)
		val[i] = (float)rec_pow((double)m->val[i], a);
	free(m->own[2]);
	m->val = m->own[2] = val;
	return val ? 0 : -1;
}

static int walk(struct rec_sim_data *d, double a, double b, struct rec_err *e)
{
	if (alloc(d, e) != 0)
		return -1;
	for (uint32_t r = 0; !d->unit && r < d->x.nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(&d->x, r);

		for (uint64_t i = 0; i < row.n; i++)
			if (row.val[i] < 0)
				return rec_err_set(
					e, REC_EDATA,
					"a walk has no negative steps: some weight is below 0");
	}
	for (uint32_t i = 0; i < d->items; i++) {
		d->a[i] = inverse_power(d->unit ? rec_sim_item_count(d, i) : row_sum(&d->t, i), a);
		d->b[i] = inverse_power(rec_sim_item_count(d, i), b);
	}
	if (d->unit)
		return weigh_users(d, a, e);
	d->user = rec_alloc(d->users, sizeof *d->user, e);
	for (uint32_t u = 0; d->user && u < d->users; u++)
		d->user[u] = inverse_power(row_sum(&d->x, u), a);
	if (!d->user || a == 1)
		return d->user ? 0 : -1;
	return raise_weights(&d->x, a, e) != 0 ? -1 : raise_weights(&d->t, a, e);
}

int rec_p3alpha_prepare(struct rec_sim_data *d, struct rec_err *e)
{
	return walk(d, d->o->walk[0], 0, e);
}

int rec_rp3beta_prepare(struct rec_sim_data *d, struct rec_err *e)
{
	return walk(d, d->o->walk[0], d->o->walk[1], e);
}

static double product(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	return p->xy * (d->a[i] * d->b[j]);
}

/* Negative weights keep their sign. */
static double power(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;
	double w = product(arg, i, j, p);

	return w < 0 ? -rec_pow(-w, d->o->power) : rec_pow(w, d->o->power);
}

static REC_WEIGH(weigh, product)
static REC_WEIGH(weigh_power, power)

static float inverse_of_other(const void *arg, uint32_t item, bool rows)
{
	const struct rec_sim_data *d = arg;

	return (float)rec_bar_factor(1 / (rows ? d->b[item] : d->a[item]));
}

static uint32_t sift_by(const struct rec_sim_data *d, const struct rec_line *l, double least,
			uint32_t *to)
{
	double own = rec_bar_factor(1 / (l->rows ? d->a[l->own] : d->b[l->own]));
	struct rec_bar b = { 0, rec_bar_bound(least) * own, INFINITY };

	return rec_bar_sieve(l, &b, to);
}

static uint32_t sift(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	return sift_by(arg, l, (double)least, to);
}

/*
 * A power keeps the order, and a root of a little less than T is a little less
 * than the root of T. Where rec_pow is not exact enough nothing is sifted out.
 */
static uint32_t sift_power(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least), root = rec_pow(t, 1 / d->o->power);
	bool exact = t >= 1e-30 && t <= 1e30 && root >= 1e-30 && root <= 1e30;

	return sift_by(d, l, exact ? root : 0, to);
}

const struct rec_sim_measure rec_linear = { weigh, inverse_of_other, sift },
			     rec_linear_to_a_power = { weigh_power, inverse_of_other, sift_power };

/* SPDX-License-Identifier: MIT */
/*
 * als/complete.c - the settings that wait for the data. Each sum is one pass
 * over the values, by blocks of rows (als/sum.h).
 */
#include "als/complete.h"

#include "als/row.h"
#include "als/sum.h"
#include "matrix/csr_row.h"

/*
 * What a sum adds up of each value: 1 where it counts in n, 1 where it is in
 * the fit, its weight, itself, its squared distance from the mean.
 */
enum term { PAIRS, FIT, WEIGHT, VALUE, SQUARE };

struct survey {
	const struct rec_als_opts *o;
	const struct rec_csr *m;
	enum term term;
};

static double term(const struct survey *s, float v)
{
	switch (s->term) {
	case PAIRS: return rec_als_counts(s->o, v);
	case FIT: return rec_als_in_fit(s->o, v);
	case WEIGHT: return (double)rec_als_weight(s->o, v);
	case SQUARE: return (v - s->o->mean) * (v - s->o->mean);
	case VALUE: break;
	}
	return (double)v;
}

static double row_sum(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	struct rec_csr_cells row = rec_csr_row(s->m, i);
	double sum = 0;

	(void)thread;
	for (uint64_t j = 0; j < row.n; j++)
		sum += term(s, row.val[j]);
	return sum;
}

static int sum_of(double *sum, enum term what, const struct rec_als_opts *o,
		  const struct rec_csr *m, const struct rec_run *run, struct rec_err *e)
{
	struct survey s = { o, m, what };

	return rec_als_sum_rows(sum, m->nrows, row_sum, &s, run, e);
}

static bool all_values_zero(const struct rec_csr *m)
{
	for (uint32_t i = 0; i < m->nrows; i++) {
		struct rec_csr_cells row = rec_csr_row(m, i);

		for (uint64_t j = 0; j < row.n; j++)
			if (row.val[j] != 0)
				return false;
	}
	return true;
}

/*
 * The mean of the weights (with alpha 1) over the `fit` pairs in the fit,
 * without outliers.
 */
static int find_divisor(struct rec_als_opts *o, const struct rec_csr *m, double fit,
			struct rec_als_report *report, const struct rec_run *run,
			struct rec_err *e)
{
	struct rec_als_opts plain = *o;
	struct rec_outliers out = { 0 };
	double sum, divisor;

	plain.weights.alpha = plain.weights.divisor = 1;
	if (sum_of(&sum, WEIGHT, &plain, m, run, e) != 0)
		return -1;
	if (o->weights.kind == REC_TRANSFORM_LINEAR && rec_outliers_find(&out, m, e) != 0)
		return -1;
	divisor = out.n ? out.rest / (fit - (double)out.n) : sum / fit;
	if (!(divisor > 0) || divisor - divisor != 0)
		return rec_err_set(e, REC_EDATA,
				   "the mean weight is %g: weights cannot be scaled by it",
				   divisor);
	o->weights.divisor = divisor;
	if (report)
		report->outliers = out;
	return 0;
}

static int complete_implicit(struct rec_als_opts *o, const struct rec_csr *m,
			     struct rec_als_report *report, const struct rec_run *run,
			     struct rec_err *e)
{
	double pairs, fit;

	if (sum_of(&pairs, PAIRS, o, m, run, e) != 0 || sum_of(&fit, FIT, o, m, run, e) != 0)
		return -1;
	if (pairs == 0)
		return rec_err_set(e, REC_EDATA, "no value is above 0: nothing to fit");
	if (o->target_value && all_values_zero(m))
		return rec_err_set(e, REC_EDATA, "every value is 0: nothing to fit");
	if (o->reg < 0)
		o->reg = REC_ALS_REG_IMPLICIT;
	if (o->reg_power < 0)
		o->reg_power = 1;
	/*
	 * published alpha0 / density: Gowalla 15, ML-20M 27, MSD 14, ML-1M 7,
	 * Pinterest 3
	 */
	if (o->unobserved < 0)
		o->unobserved = 14 * pairs / ((double)o->users * o->items);
	return o->weights.kind == REC_TRANSFORM_NONE ? 0 : find_divisor(o, m, fit, report, run, e);
}

static int complete_explicit(struct rec_als_opts *o, const struct rec_csr *m,
			     struct rec_als_report *report, const struct rec_run *run,
			     struct rec_err *e)
{
	double sum, deviation;

	if (o->reg_power < 0)
		o->reg_power = 0.5;
	if (sum_of(&sum, VALUE, o, m, run, e) != 0)
		return -1;
	o->mean = sum / (double)m->nnz;
	if (o->reg >= 0 && !report)
		return 0;
	if (sum_of(&sum, SQUARE, o, m, run, e) != 0)
		return -1;
	deviation = __builtin_sqrt(sum / (double)m->nnz);
	if (o->reg < 0)
		o->reg = REC_ALS_REG_EXPLICIT * deviation;
	if (report)
		report->deviation = deviation;
	return 0;
}

int rec_als_complete(struct rec_als_opts *o, const struct rec_sparse *x,
		     struct rec_als_report *report, const struct rec_run *run, struct rec_err *e)
{
	if (x->m.nnz == 0)
		return rec_err_set(e, REC_EDATA, "no interactions");
	rec_params_clear(rec_als_params, o);
	/* biases come with explicit loss alone: cleared otherwise */
	o->kp = rec_als_stride(o->factors, o->bias);
	o->users = x->m.nrows;
	o->items = x->m.ncols;
	return (o->explicit_loss ? complete_explicit : complete_implicit)(o, &x->m, report, run, e);
}

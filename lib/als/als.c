/* SPDX-License-Identifier: MIT */
/*
 * als.c - training: the settings are completed from the data, then items and
 * users are solved in turn.
 *
 * With opts.spill the transpose lies in a temporary file, and so may the
 * matrix: rows are read in order, block by block, and pages behind them given
 * back (base/far.h). With spill_tables so do the tables: of the side that is
 * solved only what is being written is resident. Rows are computed by
 * the same code in the same order of sums, so the bytes are the same.
 *
 * Memory otherwise: the matrix and its transpose, a float a pair and side under
 * logarithmic weights, the two tables, a Gramian and a row's scratch a thread.
 * The tables are packed in place into the stored layout at the end.
 */
#include "als/als.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/step.h"
#include "base/mem.h"
#include "matrix/digest.h"
#include "matrix/csr_far.h"

void rec_als_defaults(struct rec_als_opts *o)
{
	*o = (struct rec_als_opts){
		.factors = 64,
		.iterations = 16,
		.reg = -1,
		.reg_power = -1,
		.unobserved = -1,
		.weights = REC_WEIGHTS_NONE,
		.alpha = 1,
		.epsilon = 1,
		.bias = true,
		.bias_reg = 5,
		.solver = REC_CHOLESKY,
		.cg_steps = 3,
		.init_sd = 0.1,
		.seed = 1,
	};
}

/* Sums over the data that the settings need. */
struct survey {
	const struct rec_als_form *f;
	const struct rec_csr *m;
};

static double count_row(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	uint64_t n = 0;

	(void)thread;
	rec_csr_walk(s->m, s->m->ptr[i], s->m->ptr[i + 1]);
	for (uint64_t j = s->m->ptr[i]; j < s->m->ptr[i + 1]; j++)
		n += rec_als_counts(s->f, s->m->val[j]);
	return (double)n;
}

static double fit_row(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	uint64_t n = 0;

	(void)thread;
	rec_csr_walk(s->m, s->m->ptr[i], s->m->ptr[i + 1]);
	for (uint64_t j = s->m->ptr[i]; j < s->m->ptr[i + 1]; j++)
		n += rec_als_in_fit(s->f, s->m->val[j]);
	return (double)n;
}

static double weight_row(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	double sum = 0;

	(void)thread;
	rec_csr_walk(s->m, s->m->ptr[i], s->m->ptr[i + 1]);
	for (uint64_t j = s->m->ptr[i]; j < s->m->ptr[i + 1]; j++)
		sum += rec_als_weight(s->f, s->m->val[j]);
	return sum;
}

static double value_row(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	double sum = 0;

	(void)thread;
	rec_csr_walk(s->m, s->m->ptr[i], s->m->ptr[i + 1]);
	for (uint64_t j = s->m->ptr[i]; j < s->m->ptr[i + 1]; j++)
		sum += s->m->val[j];
	return sum;
}

static double square_row(void *arg, uint32_t i, unsigned thread)
{
	const struct survey *s = arg;
	double sum = 0;

	(void)thread;
	rec_csr_walk(s->m, s->m->ptr[i], s->m->ptr[i + 1]);
	for (uint64_t j = s->m->ptr[i]; j < s->m->ptr[i + 1]; j++)
		sum += (s->m->val[j] - s->f->mean) * (s->m->val[j] - s->f->mean);
	return sum;
}

static bool all_values_zero(const struct rec_csr *m)
{
	for (uint32_t i = 0; i < m->nrows; i++) {
		rec_csr_walk(m, m->ptr[i], m->ptr[i + 1]);
		for (uint64_t j = m->ptr[i]; j < m->ptr[i + 1]; j++)
			if (m->val[j] != 0)
				return false;
	}
	return true;
}

/*
 * The mean of the weights (with alpha 1) over the fit pairs in the fit, without
 * outliers.
 */
static int find_divisor(struct rec_als_form *f, struct survey *s, double fit,
			const struct rec_als_opts *o, const struct rec_run *run, struct rec_err *e)
{
	struct rec_outliers out = { 0 };
	double sum;

	if (rec_als_sum_rows(&sum, s->m->nrows, weight_row, s, run, e) != 0)
		return -1;
	if (f->weights == REC_WEIGHTS_LINEAR && rec_outliers_find(&out, s->m, e) != 0)
		return -1;
	f->divisor = out.n ? out.rest / (fit - (double)out.n) : sum / fit;
	if (!(f->divisor > 0) || f->divisor - f->divisor != 0)
		return rec_err_set(e, REC_EDATA,
				   "the mean weight is %g: weights cannot be scaled by it",
				   f->divisor);
	if (o->report)
		o->report->outliers = out;
	return 0;
}

static int survey_implicit(struct rec_als_form *f, const struct rec_csr *m,
			   const struct rec_als_opts *o, const struct rec_run *run,
			   struct rec_err *e)
{
	struct rec_als_form plain = *f;
	struct survey s = { &plain, m };
	double pairs, fit;

	plain.alpha = plain.divisor = 1;
	if (rec_als_sum_rows(&pairs, m->nrows, count_row, &s, run, e) != 0 ||
	    rec_als_sum_rows(&fit, m->nrows, fit_row, &s, run, e) != 0)
		return -1;
	if (pairs == 0)
		return rec_err_set(e, REC_EDATA, "no value is above 0: nothing to fit");
	if (f->target_value && all_values_zero(m))
		return rec_err_set(e, REC_EDATA, "every value is 0: nothing to fit");
	f->unobserved = o->unobserved >= 0 ? o->unobserved :
					     14 * pairs / ((double)f->users * f->items);
	f->divisor = 1;
	return f->weights == REC_WEIGHTS_NONE ? 0 : find_divisor(f, &s, fit, o, run, e);
}

static int survey_explicit(struct rec_als_form *f, const struct rec_csr *m,
			   const struct rec_als_opts *o, const struct rec_run *run,
			   struct rec_err *e)
{
	double reg = o->reg;
	struct survey s = { f, m };
	double sum, deviation;

	if (rec_als_sum_rows(&sum, m->nrows, value_row, &s, run, e) != 0)
		return -1;
	f->mean = sum / (double)m->nnz;
	f->reg = reg;
	if (reg >= 0 && !o->report)
		return 0;
	if (rec_als_sum_rows(&sum, m->nrows, square_row, &s, run, e) != 0)
		return -1;
	deviation = __builtin_sqrt(sum / (double)m->nnz);
	if (reg < 0)
		f->reg = REC_ALS_REG_EXPLICIT * deviation;
	if (o->report)
		o->report->deviation = deviation;
	return 0;
}

static int complete(struct rec_als_form *f, const struct rec_sparse *x,
		    const struct rec_als_opts *o, const struct rec_run *run, struct rec_err *e)
{
	bool ratings = o->explicit_loss;

	*f = (struct rec_als_form){
		.k = o->factors,
		.kp = rec_als_stride(o->factors, ratings && o->bias),
		.explicit_loss = ratings,
		.bias = ratings && o->bias,
		.target_value = !ratings && o->target_value,
		.weights = ratings ? REC_WEIGHTS_NONE : o->weights,
		.alpha = o->alpha,
		.epsilon = o->epsilon,
		.reg = o->reg >= 0 ? o->reg : REC_ALS_REG_IMPLICIT,
		.reg_power = o->reg_power >= 0 ? o->reg_power :
			     ratings	       ? 0.5 :
						 1,
		.bias_reg = o->bias_reg,
		.users = x->m.nrows,
		.items = x->m.ncols,
		.solver = o->solver,
		.cg_steps = o->cg_steps,
		.init_sd = o->init_sd,
		.seed = o->seed,
	};
	if (x->m.nnz == 0)
		return rec_err_set(e, REC_EDATA, "no interactions");
	return ratings ? survey_explicit(f, &x->m, o, run, e) :
			 survey_implicit(f, &x->m, o, run, e);
}

static int check_init(const struct rec_als_form *f, const struct rec_model *init, struct rec_err *e)
{
	struct rec_als_form g;

	if (!init)
		return 0;
	if (!init->has_factors)
		return rec_err_set(e, REC_EDATA, "the model to start from holds no factors");
	if (rec_als_form_load(&g, &init->meta, e) != 0)
		return -1;
	if (g.bias != f->bias)
		return rec_err_set(e, REC_EDATA,
				   "the model to start from has %u factor%s%s, this run %u%s; "
				   "biases come with --explicit and go with --no-bias",
				   g.k, REC_S(g.k), g.bias ? " and biases" : "", f->k,
				   f->bias ? " and biases" : "");
	if (g.k != f->k)
		return rec_err_set(
			e, REC_EDATA,
			"the model to start from has %u factor%s, this run %u; give -k %u", g.k,
			REC_S(g.k), f->k, g.k);
	return rec_als_form_fits(&g, init, e);
}

/* What training holds. */
struct training {
	const struct rec_als_opts *o;
	const struct rec_run *run;
	struct rec_als_form f;
	struct rec_csr t;		/* the transpose */
	struct rec_als_side user, item;
	struct rec_als_crew crew;
};

static int half_step(struct training *t, uint32_t iteration, bool users, struct rec_err *e)
{
	struct rec_als_side *s = users ? &t->user : &t->item, *other = users ? &t->item : &t->user;
	uint64_t sweep = (uint64_t)t->f.users + t->f.items;
	struct rec_als_tell tell = { .before = iteration * sweep + (users ? t->f.items : 0),
				     .total = t->o->iterations * sweep };
	struct rec_als_fixed q;
	double value;
	int rc;

	snprintf(tell.note, sizeof tell.note, "iteration %u/%u", iteration + 1, t->o->iterations);
	if (rec_als_side_fix(&q, other, &t->f, t->run, e) != 0)
		return -1;
	rc = rec_als_step(s, &q, &t->f, &t->crew, &tell, t->run, e);
	rec_als_fixed_free(&q);
	if (rc != 0 || !t->o->objective)
		return rc;
	if (rec_als_objective(&value, &t->f, &t->user, &t->item, t->run, e) != 0)
		return -1;
	if (t->o->objective_fn)
		t->o->objective_fn(t->o->objective_arg, iteration + 1, users ? "user" : "item",
				   value);
	return 0;
}

static int turn(struct training *t, const struct rec_sparse *x, struct rec_err *e)
{
	struct rec_spill *spill = t->o->spill;
	uint64_t room;
	int rc;

	if (!spill)
		return rec_csr_transpose(&t->t, &x->m, t->run->pool, e);
	room = spill->room;
	spill->room = t->o->spill_before > room ? t->o->spill_before : room;
	rc = rec_csr_transpose_far(&t->t, &x->m, spill, t->run->pool, e);
	spill->room = room;
	if (rc == 0)
		t->t.far->room = room;
	if (x->m.far)
		x->m.far->room = room;
	return rc;
}

static int prepare(struct training *t, const struct rec_sparse *x, struct rec_err *e)
{
	const struct rec_model *init = t->o->init;

	if (complete(&t->f, x, t->o, t->run, e) != 0)
		return -1;
	if (check_init(&t->f, init, e) != 0)
		return rec_model_blame(init, e);
	if ((t->o->iterations > 0 && turn(t, x, e) != 0) ||
	    rec_als_crew_new(&t->crew, &t->f, t->run, e) != 0)
		return -1;
	if (t->o->spill && t->o->spill_tables)
		t->user.spill = t->item.spill = t->o->spill;
	if (rec_als_side_new(&t->user, &t->f, true, &x->row, &x->m, init ? &init->user : NULL,
			     t->run, e) != 0)
		return -1;
	/* items are solved first */
	t->f.no_starts = t->o->iterations > 0 && t->f.solver == REC_CHOLESKY;
	return rec_als_side_new(&t->item, &t->f, false, &x->col, &t->t, init ? &init->item : NULL,
				t->run, e);
}

/* Smallest and largest value, for readers that clamp predictions. */
static int save_range(struct rec_meta *m, const struct rec_csr *x, struct rec_err *e)
{
	float lo = x->val[0], hi = x->val[0];

	for (uint32_t i = 0; i < x->nrows; i++) {
		rec_csr_walk(x, x->ptr[i], x->ptr[i + 1]);
		for (uint64_t j = x->ptr[i]; j < x->ptr[i + 1]; j++) {
			lo = x->val[j] < lo ? x->val[j] : lo;
			hi = x->val[j] > hi ? x->val[j] : hi;
		}
	}
	return rec_meta_set_f64(m, "value.min", lo, e) != 0 ?
		       -1 :
		       rec_meta_set_f64(m, "value.max", hi, e);
}

static int save_meta(struct rec_meta *m, const struct training *t, const struct rec_sparse *x,
		     struct rec_err *e)
{
	const char *start = t->o->init ? rec_meta_get(&t->o->init->meta, "digest") : NULL;

	if (rec_als_form_save(m, &t->f, e) != 0 ||
	    rec_meta_set_u64(m, "iterations", t->o->iterations, e) != 0)
		return -1;
	if (t->f.explicit_loss && save_range(m, &x->m, e) != 0)
		return -1;
	if (t->o->init && rec_meta_set(m, "init-from", start ? start : "unknown", e) != 0)
		return -1;
	return rec_digest_meta(m, &x->digest, e);
}

static int train(struct rec_model *m, struct training *t, const struct rec_sparse *x,
		 struct rec_err *e)
{
	if (prepare(t, x, e) != 0)
		return -1;
	for (uint32_t i = 0; i < t->o->iterations; i++)
		if (half_step(t, i, false, e) != 0 || half_step(t, i, true, e) != 0)
			return -1;
	if (t->o->report)
		rec_als_reach(t->o->report, &t->f, &t->user, &t->item,
			      rec_als_enough(t->o->iterations));
	m->has_factors = true;
	if (rec_als_side_pack(&m->user, &t->user, &t->f, e) != 0 ||
	    rec_als_side_pack(&m->item, &t->item, &t->f, e) != 0)
		return -1;
	return save_meta(&m->meta, t, x, e);
}

int rec_als_train(struct rec_model *m, const struct rec_sparse *x, const struct rec_als_opts *o,
		  const struct rec_run *run, struct rec_err *e)
{
	struct training t = { .o = o, .run = run };
	int rc;

	*m = (struct rec_model){ 0 };
	rc = train(m, &t, x, e);
	rec_als_crew_free(&t.crew);
	rec_als_side_free(&t.user);
	rec_als_side_free(&t.item);
	rec_csr_free(&t.t);
	if (rc != 0) {
		rec_model_free(m);
		*m = (struct rec_model){ 0 };
	}
	return rc;
}

/* Gramian, and what each thread holds. */
static uint64_t working_bytes(const struct rec_als_opts *o, uint64_t kp, unsigned threads)
{
	uint64_t square = kp * kp,
		 gramian = o->explicit_loss ? 0 : square * (33 * sizeof(double) + sizeof(float));

	return gramian +
	       threads * (square * (sizeof(float) + (o->explicit_loss ? 0 : 12 * sizeof(double))) +
			  (600 << 10));
}

uint64_t rec_als_bytes(uint64_t users, uint64_t items, uint64_t pairs, const struct rec_als_opts *o,
		       unsigned threads)
{
	bool bias = o->explicit_loss && o->bias,
	     weights = !o->explicit_loss && o->weights == REC_WEIGHTS_LOG;
	uint64_t kp = rec_als_stride(o->factors, bias);
	uint64_t tables = (users + items) * (kp + bias) * sizeof(float);
	uint64_t transpose = pairs * 8 + items * 8 + (weights ? pairs * 8 : 0);

	return tables + transpose + working_bytes(o, kp, threads);
}

uint64_t rec_als_bytes_far(const struct rec_sparse *x, const struct rec_als_opts *o,
			   unsigned threads, bool spill_tables, uint64_t *tables)
{
	bool bias = o->explicit_loss && o->bias;
	uint64_t users = x->m.nrows, items = x->m.ncols, kp = rec_als_stride(o->factors, bias),
		 most = users > items ? users : items;
	uint64_t labels = (x->row.off ? x->row.off[users] : 0) +
			  (x->col.off ? x->col.off[items] : 0) + 8 * (users + items);

	*tables = (spill_tables ? most : users + items) * kp * sizeof(float) +
		  (users + items) * bias * sizeof(float);
	return *tables + 2 * labels + 8 * (users + 2 * items) + working_bytes(o, kp, threads);
}

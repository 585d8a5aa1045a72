/* SPDX-License-Identifier: MIT */
/*
 * als/form.c - the settings of a factorisation to metadata and back; stored
 * factors to the table that rows are solved against.
 */
#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "als/row.h"
#include "base/mem.h"

static const char *const weights_names[] = { "none", "linear", "log", NULL };
static const char *const solver_names[] = { "cholesky", "cg", NULL };

static int save_implicit(struct rec_meta *m, const struct rec_als_form *f, struct rec_err *e)
{
	if (rec_meta_set(m, "loss", "implicit", e) != 0 ||
	    rec_meta_set_f64(m, "unobserved", f->unobserved, e) != 0)
		return -1;
	if (rec_meta_set(m, "weights", weights_names[f->weights], e) != 0 ||
	    rec_meta_set_f64(m, "alpha", f->alpha, e) != 0)
		return -1;
	if (f->weights == REC_WEIGHTS_LOG && rec_meta_set_f64(m, "epsilon", f->epsilon, e) != 0)
		return -1;
	if (f->weights != REC_WEIGHTS_NONE && rec_meta_set_f64(m, "divisor", f->divisor, e) != 0)
		return -1;
	return rec_meta_set(m, "target", f->target_value ? "value" : "one", e);
}

static int save_explicit(struct rec_meta *m, const struct rec_als_form *f, struct rec_err *e)
{
	if (rec_meta_set(m, "loss", "explicit", e) != 0 ||
	    rec_meta_set_f64(m, "mean", f->mean, e) != 0)
		return -1;
	if (f->bias && rec_meta_set_f64(m, "bias-reg", f->bias_reg, e) != 0)
		return -1;
	return rec_meta_set_u64(m, "bias", f->bias, e);
}

int rec_als_form_save(struct rec_meta *m, const struct rec_als_form *f, struct rec_err *e)
{
	if (rec_meta_set(m, "algorithm", "als", e) != 0 ||
	    rec_meta_set_u64(m, "factors", f->k, e) != 0)
		return -1;
	if (rec_meta_set_f64(m, "reg", f->reg, e) != 0 ||
	    rec_meta_set_f64(m, "reg-power", f->reg_power, e) != 0)
		return -1;
	if (rec_meta_set_u64(m, "users", f->users, e) != 0 ||
	    rec_meta_set_u64(m, "items", f->items, e) != 0)
		return -1;
	if (rec_meta_set(m, "solver", solver_names[f->solver], e) != 0)
		return -1;
	if (f->solver == REC_CG && rec_meta_set_u64(m, "cg-steps", f->cg_steps, e) != 0)
		return -1;
	if (rec_meta_set_f64(m, "init-sd", f->init_sd, e) != 0 ||
	    rec_meta_set_u64(m, "seed", f->seed, e) != 0)
		return -1;
	return f->explicit_loss ? save_explicit(m, f, e) : save_implicit(m, f, e);
}

static int lacks(const char *key, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "metadata lack %s, which a model of rec-als has", key);
}

/*
 * From lo to hi: the ranges of rec-als's options, or what it makes of any data.
 */
static int need_f64(const struct rec_meta *m, const char *key, double lo, double hi, double *x,
		    struct rec_err *e)
{
	int got = rec_meta_get_f64(m, key, x, e);

	if (got == 0)
		return lacks(key, e);
	if (got > 0 && !(*x >= lo && *x <= hi))
		return rec_err_set(e, REC_EDATA, "metadata: %s is %s, not between %g and %g", key,
				   rec_meta_get(m, key), lo, hi);
	return got < 0 ? -1 : 0;
}

static int need_u64(const struct rec_meta *m, const char *key, uint64_t lo, uint64_t hi,
		    uint64_t *x, struct rec_err *e)
{
	int got = rec_meta_get_u64(m, key, x, e);

	if (got == 0)
		return lacks(key, e);
	if (got > 0 && (*x < lo || *x > hi))
		return rec_err_set(e, REC_EDATA,
				   "metadata: %s is %" PRIu64 ", not between %" PRIu64
				   " and %" PRIu64,
				   key, *x, lo, hi);
	return got < 0 ? -1 : 0;
}

static int need_u32(const struct rec_meta *m, const char *key, uint32_t lo, uint32_t hi,
		    uint32_t *x, struct rec_err *e)
{
	uint64_t v = 0;

	if (need_u64(m, key, lo, hi, &v, e) != 0)
		return -1;
	*x = (uint32_t)v;
	return 0;
}

/* Index of the value of key among names. */
static int need_name(const struct rec_meta *m, const char *key, const char *const *names,
		     unsigned *index, struct rec_err *e)
{
	const char *v = rec_meta_get(m, key);

	for (*index = 0; v && names[*index]; ++*index)
		if (strcmp(names[*index], v) == 0)
			return 0;
	if (!v)
		return lacks(key, e);
	return rec_err_set(
		e, REC_EDATA,
		"metadata: %s is '%s', which is not known; was it made by a later version?", key,
		v);
}

static int load_implicit(struct rec_als_form *f, const struct rec_meta *m, struct rec_err *e)
{
	static const char *const targets[] = { "one", "value", NULL };
	unsigned w, t;

	if (need_f64(m, "unobserved", 0, 1e30, &f->unobserved, e) != 0 ||
	    need_f64(m, "alpha", 1e-12, 1e12, &f->alpha, e) != 0)
		return -1;
	if (need_name(m, "weights", weights_names, &w, e) != 0 ||
	    need_name(m, "target", targets, &t, e) != 0)
		return -1;
	f->weights = (enum rec_weights)w;
	f->target_value = t == 1;
	if (f->weights == REC_WEIGHTS_LOG &&
	    need_f64(m, "epsilon", 1e-12, 1e12, &f->epsilon, e) != 0)
		return -1;
	if (f->weights != REC_WEIGHTS_NONE &&
	    need_f64(m, "divisor", 1e-60, 1e40, &f->divisor, e) != 0)
		return -1;
	return 0;
}

static int load_explicit(struct rec_als_form *f, const struct rec_meta *m, struct rec_err *e)
{
	uint64_t bias = 0;

	f->explicit_loss = true;
	if (need_f64(m, "mean", -FLT_MAX, FLT_MAX, &f->mean, e) != 0 ||
	    need_u64(m, "bias", 0, 1, &bias, e) != 0)
		return -1;
	f->bias = bias == 1;
	return f->bias ? need_f64(m, "bias-reg", 0, 1e30, &f->bias_reg, e) : 0;
}

int rec_als_form_load(struct rec_als_form *f, const struct rec_meta *m, struct rec_err *e)
{
	static const char *const algorithms[] = { "als", NULL }, *const losses[] = { "implicit",
										     "explicit",
										     NULL };
	unsigned i, solver;

	*f = (struct rec_als_form){ 0 };
	if (need_name(m, "algorithm", algorithms, &i, e) != 0 ||
	    need_u32(m, "factors", 1, 1 << 14, &f->k, e) != 0)
		return -1;
	if (need_f64(m, "reg", 0, 1e40, &f->reg, e) != 0 ||
	    need_f64(m, "reg-power", 0, 10, &f->reg_power, e) != 0)
		return -1;
	if (need_u32(m, "users", 0, UINT32_MAX - 1, &f->users, e) != 0 ||
	    need_u32(m, "items", 0, UINT32_MAX - 1, &f->items, e) != 0)
		return -1;
	if (need_name(m, "solver", solver_names, &solver, e) != 0 ||
	    need_f64(m, "init-sd", 0, 1e6, &f->init_sd, e) != 0)
		return -1;
	f->solver = (enum rec_solver)solver;
	if (f->solver == REC_CG && need_u32(m, "cg-steps", 1, 10000, &f->cg_steps, e) != 0)
		return -1;
	if (need_u64(m, "seed", 0, UINT64_MAX, &f->seed, e) != 0 ||
	    need_name(m, "loss", losses, &i, e) != 0)
		return -1;
	if ((i == 1 ? load_explicit(f, m, e) : load_implicit(f, m, e)) != 0)
		return -1;
	f->kp = rec_als_stride(f->k, f->bias);
	return 0;
}

int rec_als_form_fits(const struct rec_als_form *f, const struct rec_model *m, struct rec_err *e)
{
	uint32_t want = f->k + (f->bias ? 2 : 0);
	const struct rec_dense *side[] = { &m->user, &m->item };
	static const char *const name[] = { "user", "item" };

	for (int i = 0; i < 2; i++)
		if (side[i]->row.n > 0 && side[i]->ncols != want)
			return rec_err_set(
				e, REC_EDATA,
				"metadata say %" PRIu32 " factor%s%s, but block '%s' has %" PRIu32
				" column%s; take blocks and metadata of one run",
				f->k, f->k == 1 ? "" : "s", f->bias ? " and 2 biases" : "", name[i],
				side[i]->ncols, side[i]->ncols == 1 ? "" : "s");
	return 0;
}

/* A copy in padded stride, and the biases apart where there are some. */
static int pad(struct rec_als_fixed *q, const struct rec_als_form *f, const struct rec_dense *d,
	       bool user, struct rec_err *e)
{
	uint32_t bias_at = f->k + (user ? 1 : 0);
	float *table = rec_zalloc((size_t)d->row.n * f->kp, sizeof *table, e), *bias;

	q->own[0] = table;
	q->table = table;
	if (!table)
		return -1;
	for (uint32_t i = 0; i < d->row.n; i++)
		memcpy(table + (size_t)i * f->kp, d->val + (size_t)i * d->ncols,
		       f->k * sizeof *table);
	if (!f->bias)
		return 0;
	bias = rec_alloc(d->row.n, sizeof *bias, e);
	q->own[1] = bias;
	q->bias = bias;
	if (!bias)
		return -1;
	for (uint32_t i = 0; i < d->row.n; i++) {
		bias[i] = d->val[(size_t)i * d->ncols + bias_at];
		table[(size_t)i * f->kp + f->k] = 1;
	}
	return 0;
}

static int load_table(struct rec_als_fixed *q, const struct rec_als_form *f,
		      const struct rec_dense *d, bool user, struct rec_err *e)
{
	if (!f->bias && f->k == f->kp && (uintptr_t)d->val % 64 == 0) {
		q->table = d->val;
		return 0;
	}
	return pad(q, f, d, user, e);
}

int rec_als_gram(float **gram, const struct rec_als_form *f, const float *table, uint32_t n,
		 const struct rec_run *run, struct rec_err *e)
{
	size_t size = (size_t)f->kp * f->kp;
	double *t = rec_alloc(size, sizeof *t, e);
	float *g = t ? rec_alloc(size, sizeof *g, e) : NULL;

	*gram = NULL;
	if (!g || rec_als_gramian(t, table, n, f->kp, run, e) != 0) {
		free(t);
		free(g);
		return -1;
	}
	for (size_t i = 0; i < size; i++)
		g[i] = (float)(f->unobserved * t[i]);
	free(t);
	*gram = g;
	return 0;
}

int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_form *f,
		       const struct rec_dense *d, bool user, const struct rec_run *run,
		       struct rec_err *e)
{
	float *gram = NULL;

	*q = (struct rec_als_fixed){ .n = d->row.n, .catalogue = user ? f->users : f->items };
	if (load_table(q, f, d, user, e) != 0 ||
	    (!f->explicit_loss && rec_als_gram(&gram, f, q->table, q->n, run, e) != 0)) {
		rec_als_fixed_free(q);
		return -1;
	}
	q->gram = gram;
	q->own[2] = gram;
	return 0;
}

void rec_als_fixed_free(struct rec_als_fixed *q)
{
	for (int i = 0; i < 3; i++)
		free(q->own[i]);
	*q = (struct rec_als_fixed){ 0 };
}

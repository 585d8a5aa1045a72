/* SPDX-License-Identifier: MIT */
/*
 * als - the factorisation against its definition: an oracle in double that
 * loops over all pairs of users and items, and the promises (an objective that
 * never rises, fold-in equal to training, no influence of threads and
 * instruction sets).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/als.h"
#include "recpipe/als.h"
#include "als/sum.h"
#include "base/mem.h"
#include "base/random.h"
#include "check.h"

static struct rec_err err;

static void *need(void *p)
{
	if (!p) {
		printf("out of memory\n");
		exit(1);
	}
	return p;
}

/* A matrix of our own, nothing borrowed. */
struct data {
	struct rec_sparse x;
	uint64_t *ptr, *off[2];
	uint32_t *col;
	float *val;
	char *bytes[2];
};

static void make_labels(struct rec_labels *l, uint64_t **off, char **bytes, char letter, uint32_t n)
{
	*off = need(rec_alloc(n + 1, sizeof **off, &err));
	*bytes = need(rec_alloc(6 * (size_t)n + 1, 1, &err));
	for (uint32_t i = 0; i <= n; i++)
		(*off)[i] = 6 * (uint64_t)i;
	for (uint32_t i = 0; i < n; i++)
		snprintf(*bytes + 6 * (size_t)i, 7, "%c%05u", letter, i % 100000);
	*l = (struct rec_labels){ .n = n, .off = *off, .bytes = *bytes };
}

typedef float value_fn(uint32_t u, uint32_t i, uint64_t draw);

/* About `share` of all pairs, every row and column at least one. */
static void make_data(struct data *d, uint32_t nu, uint32_t ni, double share, value_fn *value)
{
	uint64_t n = 0;

	*d = (struct data){ 0 };
	make_labels(&d->x.row, &d->off[0], &d->bytes[0], 'u', nu);
	make_labels(&d->x.col, &d->off[1], &d->bytes[1], 'i', ni);
	d->ptr = need(rec_alloc(nu + 1, sizeof *d->ptr, &err));
	d->col = need(rec_alloc((size_t)nu * ni, sizeof *d->col, &err));
	d->val = need(rec_alloc((size_t)nu * ni, sizeof *d->val, &err));
	for (uint32_t u = 0; u < nu; u++) {
		d->ptr[u] = n;
		for (uint32_t i = 0; i < ni; i++) {
			uint64_t draw = rec_random(rec_mix(u), i);

			if (rec_unit(draw) > share / (1 + i % 7) && i != u % ni && u != i % nu)
				continue;
			d->col[n] = i;
			d->val[n++] = value(u, i, rec_random(draw, 1));
		}
	}
	d->ptr[nu] = n;
	d->x.m = (struct rec_csr){
		.nrows = nu, .ncols = ni, .nnz = n, .ptr = d->ptr, .col = d->col, .val = d->val
	};
}

static void free_data(struct data *d)
{
	for (int s = 0; s < 2; s++) {
		free(d->off[s]);
		free(d->bytes[s]);
	}
	free(d->ptr);
	free(d->col);
	free(d->val);
}

static float one(uint32_t u, uint32_t i, uint64_t draw)
{
	(void)u;
	(void)i;
	(void)draw;
	return 1;
}

static float rating(uint32_t u, uint32_t i, uint64_t draw)
{
	double x = 3 + 0.8 * rec_normal(rec_random(7, u)) + 0.6 * rec_normal(rec_random(8, i)) +
		   0.5 * ((u + i) % 3) + 0.3 * rec_normal(draw);
	double r = floor(2 * x + 0.5) / 2;

	return (float)(r < 0.5 ? 0.5 : r > 5 ? 5 : r);
}

/* Counts with a heavy tail, some zeros and dislikes. */
static float mixed(uint32_t u, uint32_t i, uint64_t draw)
{
	double x = rec_unit(draw);

	(void)u;
	(void)i;
	return x < 0.1 ? 0 : x < 0.25 ? -(float)(1 + draw % 3) : (float)floor(1 / (1.02 - x));
}

/* What the definition says, from the options and the model alone. */
struct oracle {
	const struct rec_als_opts *o;
	const struct rec_sparse *x;
	const struct rec_model *m;
	double mean, divisor, alpha0, reg, power;
	uint32_t k;
};

static double plain_weight(const struct rec_als_opts *o, double v)
{
	return o->weights.kind == REC_TRANSFORM_NONE	? 1 :
	       o->weights.kind == REC_TRANSFORM_LINEAR ? fabs(v) :
						  log1p(fabs(v) / o->weights.epsilon);
}

static struct oracle make_oracle(const struct rec_als_opts *o, const struct rec_sparse *x,
				 const struct rec_model *m)
{
	struct oracle r = { .o = o, .x = x, .m = m, .divisor = 1, .k = o->factors };
	double sum = 0, fit = 0, pairs = 0, values = 0, squares = 0;

	for (uint64_t j = 0; j < x->m.nnz; j++) {
		double v = x->m.val[j];

		values += v;
		squares += v * v;
		pairs += v > 0 || o->target_value;
		fit += v != 0 || o->target_value;
		sum += v != 0 || o->target_value ? plain_weight(o, v) : 0;
	}
	r.mean = values / (double)x->m.nnz;
	if (o->weights.kind != REC_TRANSFORM_NONE)
		r.divisor = sum / fit;
	r.alpha0 = o->explicit_loss   ? 0 :
		   o->unobserved >= 0 ? o->unobserved :
					14 * pairs / ((double)x->m.nrows * x->m.ncols);
	r.reg = o->reg >= 0	 ? o->reg :
		o->explicit_loss ? 1.3 * sqrt(squares / (double)x->m.nnz - r.mean * r.mean) :
				   0.01;
	r.power = o->reg_power >= 0 ? o->reg_power : o->explicit_loss ? 0.5 : 1;
	return r;
}

/* What a row of n pairs pays, of a side whose other one has that many rows. */
static double penalty(const struct oracle *r, double n, double others)
{
	return r->reg * (r->o->reg_own ? pow(n > 1 ? n : 1, r->power) :
					 pow(n + r->alpha0 * others, r->power));
}

/* Weight and target of a pair; weight 0 where it adds nothing. */
static void pair_terms(const struct oracle *r, double v, double *w, double *target)
{
	const struct rec_als_opts *o = r->o;

	if (o->explicit_loss) {
		*w = 1;
		*target = v;
		return;
	}
	*w = v == 0 && !o->target_value ? 0 : o->weights.alpha * plain_weight(o, v) / r->divisor;
	*target = o->target_value ? v : v > 0;
}

static double predict(const struct oracle *r, uint32_t u, uint32_t i)
{
	const float *p = r->m->user.val + (size_t)u * r->m->user.ncols,
		    *q = r->m->item.val + (size_t)i * r->m->item.ncols;
	double y = r->o->explicit_loss ? r->mean : 0;

	for (uint32_t c = 0; c < r->m->user.ncols; c++)
		y += (double)p[c] * q[c];
	return y;
}

static double row_cost(const struct oracle *r, const float *x, double n, double others,
		       uint32_t bias_at)
{
	double s = 0;

	for (uint32_t c = 0; c < r->k; c++)
		s += (double)x[c] * x[c];
	s *= penalty(r, n, others);
	if (r->o->explicit_loss && r->o->bias)
		s += r->o->bias_reg * x[bias_at] * x[bias_at];
	return s;
}

static double oracle_objective(const struct oracle *r)
{
	const struct rec_csr *m = &r->x->m;
	double *nu = need(calloc(m->nrows, sizeof *nu)), *ni = need(calloc(m->ncols, sizeof *ni)),
	       sum = 0;

	for (uint32_t u = 0; u < m->nrows; u++) {
		for (uint64_t j = m->ptr[u]; j < m->ptr[u + 1]; j++) {
			double w, t, d;

			pair_terms(r, m->val[j], &w, &t);
			d = predict(r, u, m->col[j]) - t;
			sum += w * d * d;
			nu[u] += r->o->explicit_loss || r->o->target_value || m->val[j] > 0;
			ni[m->col[j]] += r->o->explicit_loss || r->o->target_value || m->val[j] > 0;
		}
		for (uint32_t i = 0; !r->o->explicit_loss && i < m->ncols; i++)
			sum += r->alpha0 * predict(r, u, i) * predict(r, u, i);
		sum += row_cost(r, r->m->user.val + (size_t)u * r->m->user.ncols, nu[u], m->ncols,
				r->k + 1);
	}
	for (uint32_t i = 0; i < m->ncols; i++)
		sum += row_cost(r, r->m->item.val + (size_t)i * r->m->item.ncols, ni[i], m->nrows,
				r->k);
	free(nu);
	free(ni);
	return sum;
}

/*
 * Half the derivative of the objective by component c of user u (k: the bias),
 * and the size of the terms it is made of. Zero at the solution.
 */
static double gradient(const struct oracle *r, uint32_t u, uint32_t c, double *size)
{
	const struct rec_csr *m = &r->x->m;
	uint32_t ncols = r->m->user.ncols, at = c == r->k ? r->k + 1 : c;
	const float *p = r->m->user.val + (size_t)u * ncols;
	double g = 0, n = 0, part;

	*size = 0;
	for (uint64_t j = m->ptr[u]; j < m->ptr[u + 1]; j++) {
		double w, t, q = r->m->item.val[(size_t)m->col[j] * ncols + at];

		pair_terms(r, m->val[j], &w, &t);
		n += r->o->explicit_loss || r->o->target_value || m->val[j] > 0;
		part = w * (predict(r, u, m->col[j]) - t) * q;
		g += part;
		*size += fabs(part);
	}
	for (uint32_t i = 0; !r->o->explicit_loss && i < m->ncols; i++) {
		part = r->alpha0 * predict(r, u, i) * r->m->item.val[(size_t)i * ncols + at];
		g += part;
		*size += fabs(part);
	}
	part = p[at] *
	       (c == r->k ? r->o->bias_reg : penalty(r, n, m->ncols));
	*size += fabs(part);
	return g + part;
}

static void check_gradient(const struct oracle *r, const char *name)
{
	uint32_t n = r->k + (r->o->explicit_loss && r->o->bias);
	double worst = 0, size;

	for (uint32_t u = 0; u < r->x->m.nrows; u++) {
		double g = 0, s = 0;

		for (uint32_t c = 0; c < n; c++) {
			g += fabs(gradient(r, u, c, &size));
			s += size;
		}
		if (s > 0 && g / s > worst)
			worst = g / s;
	}
	CHECK(worst < 2e-5, "%s: the user equations hold to %g", name, worst);
}

struct track {
	double last;
	bool rose;
	unsigned n;
};

static void follow(void *arg, uint32_t iteration, const char *half, double value)
{
	struct track *t = arg;

	(void)iteration;
	(void)half;
	if (t->n > 0 && value > t->last * (1 + 1e-6))
		t->rose = true;
	t->last = value;
	t->n++;
}

static struct rec_run make_run(unsigned threads, const char *isa)
{
	struct rec_run run = { 0 };

	MUST(rec_kernel_pick(&run.kernel, isa, &err), &err);
	if (threads > 0)
		MUST(rec_pool_new(&run.pool, threads, &err), &err);
	return run;
}

static bool same_dense(const struct rec_dense *a, const struct rec_dense *b)
{
	return a->row.n == b->row.n && a->ncols == b->ncols &&
	       memcmp(a->val, b->val, (size_t)a->row.n * a->ncols * sizeof *a->val) == 0;
}

static bool same_meta(const struct rec_meta *a, const struct rec_meta *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->entry[i].key, b->entry[i].key) != 0 ||
		    strcmp(a->entry[i].value, b->entry[i].value) != 0)
			return false;
	return a->n == b->n;
}

static bool finite_dense(const struct rec_dense *d)
{
	for (size_t i = 0; i < (size_t)d->row.n * d->ncols; i++)
		if (!isfinite(d->val[i]))
			return false;
	return true;
}

static void check_foldin(const struct rec_model *m, const struct rec_sparse *x,
			 const struct rec_run *run, const char *name)
{
	struct rec_foldin *f;
	struct rec_foldin_scratch *s;
	float *p = need(rec_alloc(m->item.ncols, sizeof *p, &err));
	uint32_t differ = 0;

	MUST(rec_foldin_new(&f, m, run, &err), &err);
	MUST(rec_foldin_scratch_new(&s, f, &err), &err);
	for (uint32_t u = 0; u < x->m.nrows; u++) {
		uint64_t at = x->m.ptr[u];

		MUST(rec_foldin_solve(f, s, x->m.col + at, x->m.val + at,
				      (uint32_t)(x->m.ptr[u + 1] - at), p, &err),
		     &err);
		differ += memcmp(p, m->user.val + (size_t)u * m->user.ncols,
				 m->user.ncols * sizeof *p) != 0;
	}
	CHECK(differ == 0, "%s: fold-in differs from training for %u users", name, differ);
	MUST(rec_foldin_solve(f, s, NULL, NULL, 0, p, &err), &err);
	for (uint32_t c = 0; c < m->item.ncols; c++)
		CHECK(p[c] == (c == m->item.ncols - 2 && rec_meta_get(&m->meta, "mean") &&
			       strcmp(rec_meta_get(&m->meta, "bias"), "1") == 0),
		      "%s: component %u of an empty history is %g", name, c, p[c]);
	rec_foldin_scratch_free(s);
	rec_foldin_free(f);
	free(p);
}

/* What is read from metadata is what was written to them. */
static void check_kept(const struct rec_meta *made, const char *name)
{
	struct rec_meta again = { 0 };
	struct rec_als_opts o;

	MUST(rec_als_opts_load(&o, made, &err), &err);
	MUST(rec_als_opts_save(&again, &o, &err), &err);
	CHECK(again.n >= 12, "%s: %zu settings in metadata", name, again.n);
	for (size_t i = 0; i < again.n; i++) {
		const char *was = rec_meta_get(made, again.entry[i].key);

		CHECK(was && strcmp(was, again.entry[i].value) == 0, "%s: %s is %s, not %s", name,
		      again.entry[i].key, again.entry[i].value, was ? was : "kept");
	}
	rec_meta_free(&again);
}

/* One configuration against oracle, threads, instruction sets and fold-in. */
static void check_config(const char *name, const struct rec_als_opts *given,
			 const struct rec_sparse *x)
{
	struct rec_als_opts o = *given;
	struct rec_run run = make_run(0, NULL);
	struct track t = { 0 };
	struct rec_als_job job = { .objective = true, .objective_fn = follow, .objective_arg = &t };
	struct rec_model m, m2;
	struct oracle r;
	double value;

	MUST(rec_als_train(&m, x, &o, &job, &run, &err), &err);
	check_kept(&m.meta, name);
	r = make_oracle(&o, x, &m);
	CHECK(finite_dense(&m.user) && finite_dense(&m.item), "%s: a factor is not finite", name);
	CHECK(t.n == 2 * o.iterations, "%s: %u objectives", name, t.n);
	value = oracle_objective(&r);
	CHECK(fabs(value - t.last) <= 2e-6 * fabs(value),
	      "%s: objective %.10g, by definition %.10g", name, t.last, value);
	if (o.solver == REC_CHOLESKY) {
		CHECK(!t.rose, "%s: the objective rose", name);
		check_gradient(&r, name);
		check_foldin(&m, x, &run, name);
	}
	for (unsigned threads = 2; threads <= 7; threads += 5) {
		struct rec_run many = make_run(threads, NULL);

		MUST(rec_als_train(&m2, x, &o, NULL, &many, &err), &err);
		CHECK(same_dense(&m.user, &m2.user) && same_dense(&m.item, &m2.item) &&
			      same_meta(&m.meta, &m2.meta),
		      "%s: %u threads", name, threads);
		rec_model_free(&m2);
		rec_pool_free(many.pool);
	}
	for (const char *const *isa = rec_kernel_names(); *isa; isa++) {
		struct rec_run other = make_run(0, *isa);

		MUST(rec_als_train(&m2, x, &o, NULL, &other, &err), &err);
		CHECK(same_dense(&m.user, &m2.user) && same_dense(&m.item, &m2.item), "%s: %s",
		      name, *isa);
		rec_model_free(&m2);
	}
	rec_model_free(&m);
}

static struct rec_als_opts small(void)
{
	struct rec_als_opts o;

	rec_als_defaults(&o);
	o.factors = 12;
	o.iterations = 4;
	return o;
}

static void test_implicit(void)
{
	struct rec_als_opts o = small();
	struct data d, e;

	make_data(&d, 300, 70, 0.4, one);
	check_config("implicit", &o, &d.x);
	o.factors = 33;
	o.unobserved = 0.03;
	o.reg = 0.003;
	o.reg_power = 0;
	check_config("implicit k=33", &o, &d.x);
	o.reg_power = 1;
	o.reg_own = true;
	check_config("implicit, own pairs", &o, &d.x);
	o = small();
	o.solver = REC_CG;
	check_config("implicit cg", &o, &d.x);
	make_data(&e, 300, 70, 0.4, mixed);
	o = small();
	check_config("dislikes", &o, &e.x);
	o.reg_own = true;
	check_config("dislikes, own pairs", &o, &e.x);
	o.reg_own = false;
	o.weights.kind = REC_TRANSFORM_LINEAR;
	check_config("linear", &o, &e.x);
	o.weights.kind = REC_TRANSFORM_LOG;
	o.weights.epsilon = 0.3;
	o.weights.alpha = 2.5;
	check_config("log", &o, &e.x);
	o = small();
	o.target_value = true;
	check_config("target value", &o, &e.x);
	free_data(&d);
	free_data(&e);
}

static void test_explicit(void)
{
	struct rec_als_opts o = small();
	struct data d;

	make_data(&d, 300, 70, 0.4, rating);
	o.explicit_loss = true;
	check_config("explicit", &o, &d.x);
	o.factors = 16;	/* the stored layout takes a further vector */
	o.reg_power = 1;
	check_config("explicit k=16", &o, &d.x);
	o.bias = false;
	check_config("explicit without biases", &o, &d.x);
	o = small();
	o.explicit_loss = true;
	o.solver = REC_CG;
	check_config("explicit cg", &o, &d.x);
	free_data(&d);
}

/* Many steps of conjugate gradients arrive where Cholesky is. */
static void test_cg_converges(void)
{
	struct rec_run run = make_run(0, NULL);
	struct rec_als_opts o = small();
	struct rec_model a, b;
	struct data d;
	double worst = 0;

	make_data(&d, 300, 70, 0.4, one);
	MUST(rec_als_train(&a, &d.x, &o, NULL, &run, &err), &err);
	o.solver = REC_CG;
	o.cg_steps = 60;
	MUST(rec_als_train(&b, &d.x, &o, NULL, &run, &err), &err);
	for (size_t i = 0; i < (size_t)a.user.row.n * a.user.ncols; i++)
		worst = fmax(worst, fabs((double)a.user.val[i] - b.user.val[i]));
	CHECK(worst < 1e-4, "cg is %g from cholesky", worst);
	rec_model_free(&a);
	rec_model_free(&b);
	free_data(&d);
}

/* A start, then halves in parts, are a sweep. */
static void test_halves(const struct rec_als_opts *given, value_fn *value, const char *name)
{
	struct rec_run run = make_run(2, NULL);
	struct rec_als_opts o = *given;
	struct rec_model whole, start, item, user, part, both;
	uint64_t unknown, rows = 0;
	struct rec_als_half_opts h = { .part = 1, .parts = 1, .unknown = &unknown };
	struct data d;

	make_data(&d, 600, 70, 0.3, value);
	o.iterations = 1;
	MUST(rec_als_train(&whole, &d.x, &o, NULL, &run, &err), &err);
	o.iterations = 0;
	MUST(rec_als_train(&start, &d.x, &o, NULL, &run, &err), &err);
	MUST(rec_als_half(&item, &start, &d.x, &h, &run, &err), &err);
	CHECK(same_dense(&item.item, &whole.item) && item.user.row.n == 0 && unknown == 0,
	      "%s: half item", name);
	both = start;	/* conjugate gradients start from the users before */
	both.item = item.item;
	both.meta = item.meta;
	h.users = true;
	MUST(rec_als_half(&user, &both, &d.x, &h, &run, &err), &err);
	CHECK(same_dense(&user.user, &whole.user) && same_meta(&user.meta, &whole.meta),
	      "%s: half user", name);
	for (h.parts = 2, h.part = 1; h.part <= h.parts; h.part++) {
		MUST(rec_als_half(&part, &both, &d.x, &h, &run, &err), &err);
		CHECK(memcmp(part.user.val, whole.user.val + rows * whole.user.ncols,
			     (size_t)part.user.row.n * part.user.ncols * 4) == 0,
		      "%s: part %u", name, h.part);
		rows += part.user.row.n;
		rec_model_free(&part);
	}
	CHECK(rows == 600, "%s: %llu rows in parts", name, (unsigned long long)rows);
	/* 600 rows are 3 blocks: the last part is empty */
	for (h.parts = 4, h.part = 1, rows = 0; h.part <= h.parts; h.part++) {
		MUST(rec_als_half(&part, &both, &d.x, &h, &run, &err), &err);
		CHECK(part.user.row.n == (h.part < 3  ? 256 :
					  h.part == 3 ? 88 :
							0) &&
			      part.user.ncols == whole.user.ncols &&
			      same_meta(&part.meta, &whole.meta),
		      "%s: part %u of 4", name, h.part);
		rec_model_free(&part);
	}
	rec_model_free(&whole);
	rec_model_free(&start);
	rec_model_free(&item);
	rec_model_free(&user);
	rec_pool_free(run.pool);
	free_data(&d);
}

static void test_init_from(void)
{
	struct rec_run run = make_run(0, NULL);
	struct rec_als_opts o = small();
	struct rec_als_job job = { 0 };
	struct rec_model a, b, c;
	struct data d;

	make_data(&d, 300, 70, 0.4, rating);
	for (int cg = 0; cg < 2; cg++) {
		o = small();
		o.explicit_loss = true;
		o.solver = cg ? REC_CG : REC_CHOLESKY;
		o.iterations = 3;
		MUST(rec_als_train(&a, &d.x, &o, NULL, &run, &err), &err);
		o.iterations = 2;
		MUST(rec_als_train(&b, &d.x, &o, NULL, &run, &err), &err);
		o.iterations = 1;
		job.init = &b;
		MUST(rec_als_train(&c, &d.x, &o, &job, &run, &err), &err);
		CHECK(same_dense(&a.user, &c.user) && same_dense(&a.item, &c.item),
		      "2 + 1 sweeps differ from 3 (cg %d)", cg);
		o.factors = 13;
		rec_model_free(&a);
		CHECK(rec_als_train(&a, &d.x, &o, &job, &run, &err) == -1 &&
			      strcmp(err.msg, "the model to start from has 12 factors, this run "
					      "13; give -k 12") == 0,
		      "%s", err.msg);
		err = (struct rec_err){ 0 };
		rec_model_free(&b);
		rec_model_free(&c);
	}
	free_data(&d);
}

static void test_gramian(void)
{
	enum { N = 256 * 70 + 100, KP = 16 };
	struct rec_run run = make_run(0, NULL), many = make_run(3, NULL);
	float *t = need(rec_alloc((size_t)N * KP, sizeof *t, &err));
	double *a = need(rec_alloc(KP * KP, sizeof *a, &err)),
	       *b = need(rec_alloc(KP * KP, sizeof *b, &err)), worst = 0;

	for (size_t i = 0; i < (size_t)N * KP; i++)
		t[i] = (float)rec_normal(rec_random(3, i));
	MUST(rec_als_gramian(a, t, N, KP, &run, &err), &err);
	MUST(rec_als_gramian(b, t, N, KP, &many, &err), &err);
	CHECK(memcmp(a, b, KP * KP * sizeof *a) == 0, "Gramian depends on threads");
	for (uint32_t r = 0; r < KP; r++) {
		for (uint32_t c = 0; c < KP; c++) {
			double s = 0;

			for (size_t i = 0; i < N; i++)
				s += (double)t[i * KP + r] * t[i * KP + c];
			worst = fmax(worst, fabs(s - a[r * KP + c]));
		}
	}
	CHECK(worst < 1e-6 * N, "Gramian is off by %g", worst);
	for (uint32_t n = 1; n < 256 * 5; n += 255) {
		double s = 0;

		MUST(rec_als_gramian(a, t, n, KP, &run, &err), &err);
		for (size_t i = 0; i < n; i++)
			s += (double)t[i * KP] * t[i * KP];
		CHECK(fabs(s - a[0]) < 1e-5 * s, "Gramian of %u rows: %g for %g", n, a[0], s);
	}
	rec_pool_free(many.pool);
	free(t);
	free(a);
	free(b);
}

static void expect_error(const char *text, const struct rec_sparse *x, const struct rec_als_opts *o)
{
	struct rec_run run = make_run(0, NULL);
	struct rec_model m;

	err = (struct rec_err){ 0 };
	CHECK(rec_als_train(&m, x, o, NULL, &run, &err) == -1 && err.code == REC_EDATA &&
		      strcmp(err.msg, text) == 0,
	      "'%s', expected '%s'", err.msg, text);
	CHECK(!m.has_factors && m.meta.n == 0, "a failed training leaves something in the model");
	err = (struct rec_err){ 0 };
}

static void expect_finite(const char *name, const struct rec_sparse *x,
			  const struct rec_als_opts *o)
{
	struct rec_run run = make_run(0, NULL);
	struct rec_model m;

	MUST(rec_als_train(&m, x, o, NULL, &run, &err), &err);
	CHECK(finite_dense(&m.user) && finite_dense(&m.item), "%s: not finite", name);
	if (o->solver == REC_CHOLESKY)
		check_foldin(&m, x, &run, name);
	rec_model_free(&m);
}

static float zero(uint32_t u, uint32_t i, uint64_t draw)
{
	(void)u;
	(void)i;
	(void)draw;
	return 0;
}

static float dislike(uint32_t u, uint32_t i, uint64_t draw)
{
	(void)u;
	(void)i;
	(void)draw;
	return -2;
}

static float enormous(uint32_t u, uint32_t i, uint64_t draw)
{
	(void)draw;
	return u == 3 && i == 3 ? 3e38f : -3e38f;
}

static void test_errors(void)
{
	struct rec_als_opts o = small();
	struct rec_sparse empty = { 0 };
	struct data d;

	expect_error("no interactions", &empty, &o);
	o.explicit_loss = true;
	expect_error("no interactions", &empty, &o);
	make_data(&d, 20, 10, 0.3, zero);
	o = small();
	expect_error("no value is above 0: nothing to fit", &d.x, &o);
	o.target_value = true;
	expect_error("every value is 0: nothing to fit", &d.x, &o);
	o = small();
	o.explicit_loss = true;
	expect_finite("ratings of 0", &d.x, &o);
	free_data(&d);
	make_data(&d, 20, 10, 0.3, dislike);
	o = small();
	expect_error("no value is above 0: nothing to fit", &d.x, &o);
	free_data(&d);
	make_data(&d, 20, 10, 0.3, enormous);
	o.explicit_loss = true;
	o.init_sd = 1e30;
	o.reg = 0;
	expect_error("item 'i00000': no finite solution (values too large?)", &d.x, &o);
	free_data(&d);
}

static void test_extremes(void)
{
	static const double regs[] = { 0, 1e-12, 0.01, 1e6 };
	static value_fn *const values[] = { one, rating, mixed };
	struct rec_als_opts o;
	struct data d;

	for (int v = 0; v < 3; v++) {
		for (int s = 0; s < 3; s++) {
			make_data(&d,
				  s == 0 ? 1 :
				  s == 1 ? 3 :
					   40,
				  s == 2 ? 2 : 1 + 4 * (uint32_t)s, 0.5, values[v]);
			if (v == 2)
				d.val[0] = 1;	/* something above 0 */
			for (int i = 0; i < 16; i++) {
				o = small();
				o.factors = 40;
				o.reg = regs[i % 4];
				o.explicit_loss = i & 4;
				o.bias_reg = o.reg;
				o.unobserved = i % 3 ? -1 : 0;
				o.solver = i & 8 ? REC_CG : REC_CHOLESKY;
				expect_finite("extreme", &d.x, &o);
			}
			free_data(&d);
		}
	}
}

/*
 * A user with zeros alone has the vector zero; constant ratings leave nothing
 * to explain.
 */
static void test_zero_rows(void)
{
	struct rec_run run = make_run(0, NULL);
	struct rec_als_opts o = small();
	struct rec_model m;
	struct data d;
	bool zeros = true;

	make_data(&d, 30, 20, 0.4, one);
	for (uint64_t j = d.ptr[7]; j < d.ptr[8]; j++)
		d.val[j] = 0;
	MUST(rec_als_train(&m, &d.x, &o, NULL, &run, &err), &err);
	for (uint32_t c = 0; c < 12; c++)
		zeros = zeros && m.user.val[7 * 12 + c] == 0 && m.user.val[8 * 12] != 0;
	CHECK(zeros, "a row of zeros has factors");
	rec_model_free(&m);
	o.explicit_loss = true;
	for (uint64_t j = 0; j < d.x.m.nnz; j++)
		d.val[j] = 3.5f;
	MUST(rec_als_train(&m, &d.x, &o, NULL, &run, &err), &err);
	zeros = true;
	for (uint32_t c = 0; c < 12; c++)
		zeros = zeros && m.user.val[c] == 0 && m.item.val[c] == 0;
	CHECK(zeros && m.user.val[12] == 1 && m.user.val[13] == 0 &&
		      strcmp(rec_meta_get(&m.meta, "mean"), "3.5") == 0,
	      "constant ratings");
	rec_model_free(&m);
	free_data(&d);
}

int main(void)
{
	struct rec_als_opts o = small();

	test_gramian();
	test_implicit();
	test_explicit();
	test_cg_converges();
	test_halves(&o, mixed, "implicit");
	o.weights.kind = REC_TRANSFORM_LOG;
	o.solver = REC_CG;
	test_halves(&o, mixed, "log cg");
	o = small();
	o.explicit_loss = true;
	test_halves(&o, rating, "explicit");
	test_init_from();
	test_errors();
	test_extremes();
	test_zero_rows();
	return finished("als");
}

/* SPDX-License-Identifier: MIT */
/*
 * als/row.c - builds and solves the equations of one row.
 *
 * Cholesky: the vectors of the row's pairs are gathered in panels that stay in
 * the first-level cache. Each panel is added to the matrix and to the right
 * side, then the matrix is factored in place. Work is n kp^2 + kp^3 / 3, memory
 * a matrix and a panel a thread.
 *
 * Conjugate gradients (Hestenes and Stiefel 1952; for ALS Takács, Pilászy and
 * Tikk 2011): the matrix is never formed. A step is one pass over the vectors
 * and one product with the Gramian. Where the vectors take up to CG_PANEL bytes
 * they are gathered once; otherwise each step reads them from the table.
 *
 * A row whose right side is zero has the solution zero. So has a row without
 * terms.
 */
#include "als/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/math.h"
#include "base/mem.h"
#include "base/random.h"
#include "kernel/kernel.h"

/*
 * Bytes of a panel, for the first-level cache and for the second. Tries of a
 * matrix that is not positive definite: the last one adds 2^40 times the mean
 * of its diagonal, beside which nothing else is left in float.
 */
enum { PANEL = 32 << 10, CG_PANEL = 512 << 10, MAX_TRIES = 16 };

struct rec_als_scratch {
	uint32_t panel_rows, cg_rows;
	float *matrix, *panel;
	float *rhs, *x, *r, *p, *ap, *diag;	/* kp each, in one piece at rhs */
	uint32_t *idx;			/* the pairs that add to the fit */
	float *a, *b;			/* their terms */
	size_t idx_cap, a_cap, b_cap;
};

/* The equations of a row, ready to be added up. */
struct equations {
	const struct rec_als_opts *o;
	const struct rec_als_fixed *q;
	const struct rec_kernel *kn;
	struct rec_als_scratch *s;
	const uint32_t *idx;
	uint32_t n;		/* terms */
	bool ones;		/* every a is 1 */
	float reg;
};

float rec_als_weight(const struct rec_als_opts *o, float value)
{
	double v = value < 0 ? -(double)value : (double)value;

	return o->weights.kind == REC_TRANSFORM_NONE ? (float)o->weights.alpha :
						       rec_transform_scaled(&o->weights, v);
}

double rec_als_reg(const struct rec_als_opts *o, uint64_t n, uint32_t others)
{
	double base = o->explicit_loss || o->reg_own ? 0 : o->unobserved * others;

	/* a row of values below 0 alone counts no pair */
	if (o->reg_own && n == 0)
		n = 1;
	return o->reg * rec_pow((double)n + base, o->reg_power);
}

int rec_als_scratch_new(struct rec_als_scratch **out, const struct rec_als_opts *o,
			struct rec_err *e)
{
	struct rec_als_scratch *s = rec_zalloc(1, sizeof *s, e);
	uint32_t row = o->kp * (uint32_t)sizeof(float);

	*out = NULL;
	if (!s)
		return -1;
	s->panel_rows = PANEL / row < 16 ? 16 : PANEL / row > 256 ? 256 : PANEL / row;
	s->cg_rows = CG_PANEL / row < 64 ? 64 : CG_PANEL / row;
	s->matrix = rec_zalloc((size_t)o->kp * o->kp, sizeof(float), e);
	s->panel = s->matrix ? rec_alloc((size_t)s->cg_rows * o->kp, sizeof(float), e) : NULL;
	s->rhs = s->panel ? rec_zalloc(6 * (size_t)o->kp, sizeof(float), e) : NULL;
	if (!s->rhs) {
		rec_als_scratch_free(s);
		return -1;
	}
	s->x = s->rhs + o->kp;
	s->r = s->x + o->kp;
	s->p = s->r + o->kp;
	s->ap = s->p + o->kp;
	s->diag = s->ap + o->kp;
	*out = s;
	return 0;
}

void rec_als_scratch_free(struct rec_als_scratch *s)
{
	if (!s)
		return;
	free(s->matrix);
	free(s->panel);
	free(s->rhs);
	free(s->idx);
	free(s->a);
	free(s->b);
	free(s);
}

static int reserve(struct rec_als_scratch *s, uint32_t n, struct rec_err *e)
{
	if (rec_grow(&s->idx, &s->idx_cap, n, sizeof *s->idx, e) != 0 ||
	    rec_grow(&s->a, &s->a_cap, n, sizeof *s->a, e) != 0)
		return -1;
	return rec_grow(&s->b, &s->b_cap, n, sizeof *s->b, e);
}

static void explicit_terms(struct equations *w, const struct rec_als_pairs *h)
{
	struct rec_als_scratch *s = w->s;

	for (uint32_t j = 0; j < h->n; j++) {
		double bias = w->q->bias ? w->q->bias[h->col[j]] : 0;

		s->a[j] = 1;
		s->b[j] = (float)((double)h->val[j] - w->o->mean - bias);
	}
	w->idx = h->col;
	w->n = h->n;
	w->ones = true;
}

static void implicit_terms(struct equations *w, const struct rec_als_pairs *h)
{
	const struct rec_als_opts *o = w->o;
	struct rec_als_scratch *s = w->s;
	float alpha = (float)o->weights.alpha;
	uint32_t n = 0;

	for (uint32_t j = 0; j < h->n; j++) {
		float v = h->val[j], a = alpha;

		if (!rec_als_in_fit(o, v))
			continue;
		if (o->weights.kind != REC_TRANSFORM_NONE)
			a = h->weight ? h->weight[j] : rec_als_weight(o, v);
		s->idx[n] = h->col[j];
		s->a[n] = a;
		s->b[n] = o->target_value ? a * v : v > 0 ? a : 0;
		n++;
	}
	w->idx = s->idx;
	w->n = n;
	w->ones = o->weights.kind == REC_TRANSFORM_NONE && alpha == 1;
}

static uint64_t count_pairs(const struct rec_als_opts *o, const struct rec_als_pairs *h)
{
	uint64_t n = 0;

	for (uint32_t j = 0; j < h->n; j++)
		n += rec_als_counts(o, h->val[j]);
	return n;
}

/* The regularisation of factors and bias; none on the padding. */
static void set_diag(const struct equations *w)
{
	uint32_t k = w->o->factors;
	float *d = w->s->diag;

	memset(d, 0, w->o->kp * sizeof *d);
	for (uint32_t c = 0; c < k; c++)
		d[c] = w->reg;
	if (w->o->bias)
		d[k] = (float)w->o->bias_reg;
}

static bool all_zero(const float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (x[i] != 0)
			return false;
	return true;
}

/* x - x is 0 for a finite x, NaN for any other. */
static bool all_finite(const float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!(x[i] - x[i] == 0))
			return false;
	return true;
}

/*
 * Add up the lower triangle of the matrix, without regularisation, and the
 * right side. Either may be NULL.
 */
static void add_up(const struct equations *w, float *matrix, float *rhs)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;
	size_t size = (size_t)kp * kp * sizeof *matrix;

	if (matrix && w->q->gram)
		memcpy(matrix, w->q->gram, size);
	else if (matrix)
		memset(matrix, 0, size);
	if (rhs)
		memset(rhs, 0, kp * sizeof *rhs);
	for (uint32_t j = 0; j < w->n; j += s->panel_rows) {
		uint32_t m = w->n - j < s->panel_rows ? w->n - j : s->panel_rows;

		w->kn->gather(s->panel, w->q->table, w->idx + j, m, kp);
		if (matrix)
			w->kn->rank_update(matrix, s->panel, w->ones ? NULL : s->a + j, m, kp);
		if (rhs)
			w->kn->combine(rhs, s->panel, s->b + j, m, kp);
	}
}

/*
 * Add the regularisation to the diagonal, or `least` times the mean of the
 * diagonal where that is more; 1 on the padding, which keeps the matrix
 * regular.
 */
static void add_diag(const struct equations *w, float *matrix, double least)
{
	uint32_t kp = w->o->kp, used = w->o->factors + w->o->bias;
	double sum = 0;
	float floor;

	for (uint32_t c = 0; c < used; c++)
		sum += matrix[(size_t)c * kp + c];
	floor = (float)(least * sum / used);
	for (uint32_t c = 0; c < kp; c++) {
		float d = c >= used ? 1 : w->s->diag[c] > floor ? w->s->diag[c] : floor;

		matrix[(size_t)c * kp + c] += d;
	}
}

/* The matrix is added up, and goes; the right side stays. */
static int solve_matrix(const struct equations *w, const float *rhs, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;
	double least = 0x1p-20;

	for (int t = 0; t < MAX_TRIES; t++, least *= 16) {
		if (t > 0)
			add_up(w, s->matrix, NULL);
		add_diag(w, s->matrix, least);
		if (w->kn->cholesky(s->matrix, w->o->kp) != 0)
			continue;
		memcpy(x, rhs, w->o->kp * sizeof *x);
		w->kn->cholesky_solve(s->matrix, x, w->o->kp);
		if (all_finite(x, w->o->kp))
			return 0;
	}
	return rec_err_set(e, REC_EDATA, "no finite solution (values too large?)");
}

static int solve_cholesky(const struct equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;

	add_up(w, s->matrix, s->rhs);
	if (all_zero(s->rhs, w->o->kp)) {
		memset(x, 0, w->o->kp * sizeof *x);
		return 0;
	}
	return solve_matrix(w, s->rhs, x, e);
}

/* y = matrix * x, from the parts of the matrix. */
static void multiply(const struct equations *w, const float *table, const uint32_t *idx,
		     const float *x, float *y)
{
	uint32_t kp = w->o->kp;

	if (w->q->gram)
		w->kn->matvec(y, w->q->gram, x, kp);
	else
		memset(y, 0, kp * sizeof *y);
	w->kn->outer_matvec(y, table, idx, w->s->a, x, w->n, kp);
	w->kn->axpy(y, w->reg, x, w->o->factors);
	if (w->o->bias)
		y[w->o->factors] += (float)w->o->bias_reg * x[w->o->factors];
}

static void cg_steps(const struct equations *w, const float *table, const uint32_t *idx, float *x)
{
	const struct rec_kernel *kn = w->kn;
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;
	float rs, first;

	multiply(w, table, idx, x, s->ap);
	memcpy(s->r, s->rhs, kp * sizeof *s->r);
	kn->axpy(s->r, -1, s->ap, kp);
	memcpy(s->p, s->r, kp * sizeof *s->p);
	first = rs = kn->dot(s->r, s->r, kp);
	for (uint32_t step = 0; step < w->o->cg_steps; step++) {
		float curvature, length, next, *swap;

		if (!(rs > 0x1p-40f * first))
			return;
		multiply(w, table, idx, s->p, s->ap);
		curvature = kn->dot(s->p, s->ap, kp);
		if (!(curvature > 0))
			return;
		length = rs / curvature;
		kn->axpy(x, length, s->p, kp);
		kn->axpy(s->r, -length, s->ap, kp);
		next = kn->dot(s->r, s->r, kp);
		/* p = r + next / rs * p, in the place of ap */
		memcpy(s->ap, s->r, kp * sizeof *s->ap);
		kn->axpy(s->ap, next / rs, s->p, kp);
		swap = s->p;
		s->p = s->ap;
		s->ap = swap;
		rs = next;
	}
}

static int solve_cg(const struct equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;

	if (w->n <= s->cg_rows) {	/* gathered once, used by every step */
		memset(s->rhs, 0, kp * sizeof *s->rhs);
		w->kn->gather(s->panel, w->q->table, w->idx, w->n, kp);
		w->kn->combine(s->rhs, s->panel, s->b, w->n, kp);
	} else {
		add_up(w, NULL, s->rhs);
	}
	if (all_zero(s->rhs, kp)) {
		memset(x, 0, kp * sizeof *x);
		return 0;
	}
	if (w->n <= s->cg_rows)
		cg_steps(w, s->panel, NULL, x);
	else
		cg_steps(w, w->q->table, w->idx, x);
	return all_finite(x, kp) ?
		       0 :
		       rec_err_set(e, REC_EDATA, "no finite solution (values too large?)");
}

/* w has o, q, kn and s. */
static int set_up(struct equations *w, const struct rec_als_pairs *h, struct rec_err *e)
{
	if (reserve(w->s, h->n, e) != 0)
		return -1;
	if (w->o->explicit_loss)
		explicit_terms(w, h);
	else
		implicit_terms(w, h);
	w->reg = (float)rec_als_reg(w->o, count_pairs(w->o, h), w->q->catalogue);
	set_diag(w);
	return 0;
}

int rec_als_solve(const struct rec_als_opts *o, const struct rec_als_fixed *q,
		  const struct rec_als_pairs *h, struct rec_als_scratch *s,
		  const struct rec_kernel *kn, float *x, struct rec_err *e)
{
	struct equations w = { .o = o, .q = q, .kn = kn, .s = s };

	if (set_up(&w, h, e) != 0)
		return -1;
	return o->solver == REC_CG ? solve_cg(&w, x, e) : solve_cholesky(&w, x, e);
}

static double product(const float *a, const float *b, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

int rec_als_terms(const struct rec_als_opts *o, const struct rec_als_fixed *q,
		  const struct rec_als_pairs *h, struct rec_als_scratch *s,
		  const struct rec_kernel *kn, float *y, struct rec_err *e)
{
	struct equations w = { .o = o, .q = q, .kn = kn, .s = s };
	uint32_t n = 0;

	if (set_up(&w, h, e) != 0)
		return -1;
	memcpy(s->rhs, y, o->kp * sizeof *y);
	add_up(&w, s->matrix, NULL);
	if (solve_matrix(&w, s->rhs, y, e) != 0)
		return -1;
	for (uint32_t j = 0; j < h->n; j++)
		h->term[j] = rec_als_in_fit(o, h->val[j]) ?
				     s->b[n++] * product(q->table + (size_t)h->col[j] * o->kp, y,
							 o->kp) :
				     0;
	return 0;
}

void rec_als_start(float *x, const struct rec_als_opts *o, bool user, const char *label, size_t len)
{
	uint64_t key = rec_hash(label, len,
				rec_key(o->seed, user ? "user factors" : "item factors"));
	double sd = o->init_sd / __builtin_sqrt((double)o->factors);

	memset(x, 0, o->kp * sizeof *x);
	for (uint32_t c = 0; c < o->factors; c++)
		x[c] = (float)(sd * rec_normal(rec_random(key, c)));
}

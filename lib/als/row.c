/* SPDX-License-Identifier: MIT */
/*
 * als/row.c - builds and solves the equations of one row. D is what stands on
 * the diagonal beside the pairs: eigenvalues and regularisation.
 *
 * Exact, many pairs: the vectors of the pairs are gathered in panels that stay
 * in the first-level cache. Each panel is added to the matrix and to the right
 * side, then the matrix is factored in place. Work is n kp^2 / 2 + kp^3 / 6.
 *
 * Exact, few pairs (Woodbury): with S the vectors times the roots of a,
 *
 *	x = D^-1 S' y,	(1 + S D^-1 S') y = b / root(a)
 *
 * a system of n x n, whose eigenvalues are 1 or more. Work is n^2 kp / 2 + n^3
 * / 6. Which of the two a row takes depends on n and kp alone.
 *
 * Conjugate gradients (Hestenes and Stiefel 1952; for ALS Takács, Pilászy and
 * Tikk 2011), preconditioned by D, from zero: the matrix is never formed. A
 * step is one pass over the vectors. Where they take up to CG_PANEL bytes they
 * are gathered once; otherwise each step reads them from the table. To go on
 * from the last solution would spare half a pass, and cost more: it would have
 * to be turned into the new basis.
 *
 * A row whose right side is zero has the solution zero. So has a row without
 * terms.
 */
#include "als/row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/math.h"
#include "base/mem.h"
#include "base/random.h"
#include "kernel/kernel.h"

/*
 * Bytes of a panel, for the first-level cache and for the second. FEW_MOST:
 * pairs of a system of its own. TURN_ROWS: vectors that are turned at once.
 * Tries of a matrix that is not positive definite: the last one adds 2^40 times
 * the mean of its diagonal, beside which nothing else is left in float.
 */
enum {
	PANEL = 32 << 10,
	CG_PANEL = 512 << 10,
	FEW_MOST = 1024,
	TURN_ROWS = 64,
	MAX_TRIES = 16
};

struct rec_als_scratch {
	uint32_t panel_rows, cg_rows, few;
	float *matrix, *panel;
	float *work;			/* of row_products; vectors that are turned next */
	/* kp each, in one piece at rhs; y has few */
	float *rhs, *x, *r, *z, *p, *ap, *diag, *inverse, *y;
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
	bool sound;		/* D is above 0, and no a is below it: Woodbury, preconditioning */
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

/* Multiply-adds, and what goes on beside them, of a row of n pairs. */
static double cost_few(double n, double kp)
{
	double np = 16 * ceil(n / 16);

	return kp * np * (np + 48) / 2 + np * np * np / 3 + 150 * np;
}
static double cost_many(double n, double kp)
{
	return n * kp * (kp + 32) / 2 + kp * kp * kp / 3 + 150 * kp + kp * kp;
}

/* The most pairs of a row that makes a system of its own. */
static uint32_t most_few(uint32_t kp)
{
	uint32_t n = 16;

	while (n < FEW_MOST && cost_few(n + 16, kp) < cost_many(n + 16, kp))
		n += 16;
	return n;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

int rec_als_scratch_new(struct rec_als_scratch **out, const struct rec_als_opts *o,
			struct rec_err *e)
{
	struct rec_als_scratch *s = rec_zalloc(1, sizeof *s, e);
	uint32_t row = o->kp * (uint32_t)sizeof(float), side;
	float **part[8];

	*out = NULL;
	if (!s)
		return -1;
	s->panel_rows = PANEL / row < 16 ? 16 : PANEL / row > 256 ? 256 : PANEL / row;
	s->cg_rows = CG_PANEL / row < 64 ? 64 : CG_PANEL / row;
	s->few = most_few(o->kp);
	side = larger(o->kp, s->few);
	s->matrix = rec_zalloc((size_t)side * side, sizeof(float), e);
	s->panel = rec_alloc((size_t)larger(s->cg_rows, s->few) * o->kp, sizeof(float), e);
	s->work = rec_alloc((size_t)TURN_ROWS * larger(s->few, o->kp), sizeof(float), e);
	s->rhs = rec_zalloc(8 * (size_t)o->kp + s->few, sizeof(float), e);
	if (!s->matrix || !s->panel || !s->work || !s->rhs) {
		rec_als_scratch_free(s);
		return -1;
	}
	part[0] = &s->rhs; part[1] = &s->x; part[2] = &s->r; part[3] = &s->z;
	part[4] = &s->p; part[5] = &s->ap; part[6] = &s->diag; part[7] = &s->inverse;
	for (uint32_t i = 0; i < 8; i++)
		*part[i] = s->rhs + (size_t)i * o->kp;
	s->y = s->rhs + 8 * (size_t)o->kp;
	*out = s;
	return 0;
}

void rec_als_scratch_free(struct rec_als_scratch *s)
{
	if (!s)
		return;
	free(s->matrix);
	free(s->panel);
	free(s->work);
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

/*
 * D and its inverse; 0 on the padding. It is sound where no element is lost
 * beside the largest one.
 */
static void set_diag(struct equations *w, float reg)
{
	uint32_t k = w->o->factors, kp = w->o->kp;
	const struct rec_als_basis *b = w->q->basis;
	float *d = w->s->diag, least, most;

	for (uint32_t c = 0; c < k; c++)
		d[c] = b ? b->value[c] + reg : reg;
	for (uint32_t c = k; c < kp; c++)
		d[c] = 0;
	if (w->o->bias)
		d[k] = (float)w->o->bias_reg;
	least = most = d[0];
	for (uint32_t c = 0; c < k + w->o->bias; c++) {
		least = d[c] < least ? d[c] : least;
		most = d[c] > most ? d[c] : most;
	}
	w->sound = least > 0x1p-20f * most;
	if (!w->sound)
		return;
	w->kn->inverse(w->s->inverse, d, 0, kp);
	for (uint32_t c = k + w->o->bias; c < kp; c++)
		w->s->inverse[c] = 0;
}

static bool all_zero(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
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
 * The vectors of pairs first .. first + n - 1 into the panel. Where the fixed
 * side was not turned as a whole, they are turned here.
 */
static void gather(const struct equations *w, uint32_t first, uint32_t n)
{
	const struct rec_als_fixed *q = w->q;
	uint32_t kp = w->o->kp, m;
	float *panel = w->s->panel;

	if (!q->basis || q->turned) {
		w->kn->gather(panel, q->turned ? q->turned : q->table, w->idx + first, n, kp);
		return;
	}
	for (uint32_t j = 0; j < n; j += m) {
		m = n - j < TURN_ROWS ? n - j : TURN_ROWS;
		w->kn->gather(w->s->work, q->table, w->idx + first + j, m, kp);
		rec_als_turn(q->basis, panel + (size_t)j * kp, w->s->work, m);
	}
}

/*
 * Add up the lower triangle of the matrix, without D, and the right side.
 * Either may be NULL.
 */
static void add_up(const struct equations *w, float *matrix, float *rhs)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;

	if (matrix)
		memset(matrix, 0, (size_t)kp * kp * sizeof *matrix);
	if (rhs)
		memset(rhs, 0, kp * sizeof *rhs);
	for (uint32_t j = 0; j < w->n; j += s->panel_rows) {
		uint32_t m = w->n - j < s->panel_rows ? w->n - j : s->panel_rows;

		gather(w, j, m);
		if (matrix)
			w->kn->rank_update(matrix, s->panel, w->ones ? NULL : s->a + j, m, kp);
		if (rhs)
			w->kn->combine(rhs, s->panel, s->b + j, m, kp);
	}
}

/*
 * Add D to the diagonal, or `least` times the mean of the diagonal where that
 * is more; 1 on the padding, which keeps the matrix regular.
 */
static void add_diag(const struct equations *w, float *matrix, double least)
{
	uint32_t kp = w->o->kp, used = w->o->factors + w->o->bias;
	double sum = 0;
	float floor;

	for (uint32_t c = 0; c < used; c++)
		sum += (double)matrix[(size_t)c * kp + c] + (w->q->basis ? w->q->basis->value[c] : 0);
	floor = (float)(least * sum / used);
	for (uint32_t c = 0; c < kp; c++) {
		float d = c >= used ? 1 : w->s->diag[c] > floor ? w->s->diag[c] : floor;

		matrix[(size_t)c * kp + c] += d;
	}
}

static int no_solution(struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "no finite solution (values too large?)");
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
	return no_solution(e);
}

static int solve_many(const struct equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;

	add_up(w, s->matrix, s->rhs);
	if (all_zero(s->rhs, w->o->kp)) {
		memset(x, 0, w->o->kp * sizeof *x);
		return 0;
	}
	return solve_matrix(w, s->rhs, x, e);
}

/* Rows of the panel times the roots of a; y = b / root(a), then zeros. */
static void scale_by_roots(const struct equations *w, uint32_t np)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;

	for (uint32_t j = 0; j < w->n; j++) {
		float root = w->ones ? 1 : sqrtf(s->a[j]), *row = s->panel + (size_t)j * kp;

		s->y[j] = w->ones ? s->b[j] : s->b[j] / root;
		for (uint32_t c = 0; !w->ones && c < kp; c++)
			row[c] *= root;
	}
	memset(s->y + w->n, 0, (np - w->n) * sizeof *s->y);
	memset(s->panel + (size_t)w->n * kp, 0, (size_t)(np - w->n) * kp * sizeof *s->panel);
}

/* False where it is not solved. */
static bool solve_few(const struct equations *w, float *x)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp, np = (uint32_t)rec_round_up(w->n, REC_LANES);

	gather(w, 0, w->n);
	scale_by_roots(w, np);
	if (all_zero(s->y, w->n) || np == 0) {
		memset(x, 0, kp * sizeof *x);
		return true;
	}
	memset(s->matrix, 0, (size_t)np * np * sizeof *s->matrix);
	w->kn->row_products(s->matrix, s->work, s->panel, s->inverse, np, kp);
	for (uint32_t j = 0; j < np; j++)
		s->matrix[(size_t)j * np + j] += 1;
	if (w->kn->cholesky(s->matrix, np) != 0)
		return false;
	w->kn->cholesky_solve(s->matrix, s->y, np);
	memset(s->rhs, 0, kp * sizeof *s->rhs);
	w->kn->combine(s->rhs, s->panel, s->y, w->n, kp);
	w->kn->times(x, s->rhs, s->inverse, kp);
	return all_finite(x, kp);
}

static int solve_exactly(const struct equations *w, float *x, struct rec_err *e)
{
	if (w->n <= w->s->few && w->sound && solve_few(w, x))
		return 0;
	return solve_many(w, x, e);
}

/* y = D x, then the vectors. */
static void multiply(const struct equations *w, const float *table, const uint32_t *idx,
		     const float *x, float *y)
{
	w->kn->times(y, w->s->diag, x, w->o->kp);
	w->kn->outer_matvec(y, table, idx, w->s->a, x, w->n, w->o->kp);
}

/* z = r / D, or r. */
static void precondition(const struct equations *w)
{
	if (w->sound)
		w->kn->times(w->s->z, w->s->r, w->s->inverse, w->o->kp);
	else
		memcpy(w->s->z, w->s->r, w->o->kp * sizeof *w->s->z);
}

/* From zero, where what is left of the right side is all of it. */
static void cg_steps(const struct equations *w, const float *table, const uint32_t *idx, float *x)
{
	const struct rec_kernel *kn = w->kn;
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;
	float rz, first;

	memset(x, 0, kp * sizeof *x);
	memcpy(s->r, s->rhs, kp * sizeof *s->r);
	precondition(w);
	memcpy(s->p, s->z, kp * sizeof *s->p);
	first = rz = kn->dot(s->r, s->z, kp);
	for (uint32_t step = 0; step < w->o->cg_steps; step++) {
		float curvature, length, next;

		if (!(rz > 0x1p-40f * first))
			return;
		multiply(w, table, idx, s->p, s->ap);
		curvature = kn->dot(s->p, s->ap, kp);
		if (!(curvature > 0))
			return;
		length = rz / curvature;
		kn->axpy(x, length, s->p, kp);
		if (step + 1 == w->o->cg_steps)
			return;
		kn->axpy(s->r, -length, s->ap, kp);
		precondition(w);
		next = kn->dot(s->r, s->z, kp);
		kn->axpy(s->z, next / rz, s->p, kp);
		memcpy(s->p, s->z, kp * sizeof *s->p);
		rz = next;
	}
}

static int solve_cg(const struct equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;
	const float *table = w->q->turned ? w->q->turned : w->q->table;
	uint32_t kp = w->o->kp;
	bool held = w->n <= s->cg_rows;

	if (held) {			/* gathered once, used by every step */
		memset(s->rhs, 0, kp * sizeof *s->rhs);
		gather(w, 0, w->n);
		w->kn->combine(s->rhs, s->panel, s->b, w->n, kp);
	} else {
		add_up(w, NULL, s->rhs);
	}
	if (all_zero(s->rhs, kp)) {
		memset(x, 0, kp * sizeof *x);
		return 0;
	}
	cg_steps(w, held ? s->panel : table, held ? NULL : w->idx, x);
	return all_finite(x, kp) ? 0 : no_solution(e);
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
	set_diag(w, (float)rec_als_reg(w->o, count_pairs(w->o, h), w->q->catalogue));
	for (uint32_t j = 0; !w->ones && j < w->n; j++)
		w->sound = w->sound && w->s->a[j] > 0;
	return 0;
}

int rec_als_solve(const struct rec_als_opts *o, const struct rec_als_fixed *q,
		  const struct rec_als_pairs *h, struct rec_als_scratch *s,
		  const struct rec_kernel *kn, float *x, struct rec_err *e)
{
	struct equations w = { .o = o, .q = q, .kn = kn, .s = s };

	if (set_up(&w, h, e) != 0)
		return -1;
	return o->solver == REC_CG ? solve_cg(&w, x, e) : solve_exactly(&w, x, e);
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
	if (q->basis)
		rec_als_turn(q->basis, s->rhs, y, 1);
	else
		memcpy(s->rhs, y, o->kp * sizeof *y);
	add_up(&w, s->matrix, NULL);
	if (solve_matrix(&w, s->rhs, s->x, e) != 0)
		return -1;
	if (q->basis)
		rec_als_turn_back(q->basis, y, s->x, 1);
	else
		memcpy(y, s->x, o->kp * sizeof *y);
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

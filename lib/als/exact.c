/* SPDX-License-Identifier: MIT */
/*
 * als/exact.c - the equations of one row by Cholesky, in one of two forms. D is
 * what stands on the diagonal beside the pairs: eigenvalues and regularisation.
 *
 * Many pairs: the vectors of the pairs are gathered in panels that stay in the
 * first-level cache. Each panel is added to the matrix and to the right side,
 * then the matrix is factored in place. Work is n kp^2 / 2 + kp^3 / 6.
 *
 * Few pairs (Woodbury): with S the vectors times the roots of a,
 *
 *	x = D^-1 S' y,	(1 + S D^-1 S') y = b / root(a)
 *
 * a system of n x n, whose eigenvalues are 1 or more. Work is n^2 kp / 2 + n^3
 * / 6. Which of the two a row takes depends on n and kp alone.
 */
#include <math.h>
#include <string.h>

#include "als/equations.h"
#include "base/mem.h"

/*
 * FEW_MOST: pairs of a system of its own. Tries of a matrix that is not
 * positive definite: the last one adds 2^40 times the mean of its diagonal,
 * beside which nothing else is left in float.
 */
enum { FEW_MOST = 1024, MAX_TRIES = 16 };

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
uint32_t rec_als_few(uint32_t kp)
{
	uint32_t n = 16;

	while (n < FEW_MOST && cost_few(n + 16, kp) < cost_many(n + 16, kp))
		n += 16;
	return n;
}

/*
 * Add D to the diagonal, or `least` times the mean of the diagonal where that
 * is more; 1 on the padding, which keeps the matrix regular.
 */
static void add_diag(const struct rec_als_equations *w, float *matrix, double least)
{
	uint32_t kp = w->o->kp, used = w->o->factors + w->o->bias;
	double sum = 0;
	float floor;

	for (uint32_t c = 0; c < used; c++)
		sum += (double)matrix[(size_t)c * kp + c] +
		       (w->q->basis ? w->q->basis->value[c] : 0);
	floor = (float)(least * sum / used);
	for (uint32_t c = 0; c < kp; c++) {
		float d = c >= used ? 1 : w->s->diag[c] > floor ? w->s->diag[c] : floor;

		matrix[(size_t)c * kp + c] += d;
	}
}

/* added: the matrix is added up. It goes; the right side stays. */
static int solve_matrix(const struct rec_als_equations *w, bool added, const float *rhs, float *x,
			struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;
	double least = 0x1p-20;

	for (int t = 0; t < MAX_TRIES; t++, least *= 16) {
		if (!added || t > 0)
			rec_als_add_up(w, s->matrix, NULL);
		add_diag(w, s->matrix, least);
		if (w->kn->cholesky(s->matrix, w->o->kp) != 0)
			continue;
		memcpy(x, rhs, w->o->kp * sizeof *x);
		w->kn->cholesky_solve(s->matrix, x, w->o->kp);
		if (rec_all_finite(x, w->o->kp))
			return 0;
	}
	return rec_als_no_solution(e);
}

static int solve_many(const struct rec_als_equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;

	rec_als_add_up(w, s->matrix, s->rhs);
	if (rec_all_zero(s->rhs, w->o->kp)) {
		memset(x, 0, w->o->kp * sizeof *x);
		return 0;
	}
	return solve_matrix(w, true, s->rhs, x, e);
}

int rec_als_solve_for(const struct rec_als_equations *w, const float *rhs, float *x,
		      struct rec_err *e)
{
	return solve_matrix(w, false, rhs, x, e);
}

/* Rows of the panel times the roots of a; y = b / root(a), then zeros. */
static void scale_by_roots(const struct rec_als_equations *w, uint32_t np)
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
static bool solve_few(const struct rec_als_equations *w, float *x)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp, np = (uint32_t)rec_round_up(w->n, REC_LANES);

	rec_als_gather(w, 0, w->n);
	scale_by_roots(w, np);
	if (rec_all_zero(s->y, w->n) || np == 0) {
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
	return rec_all_finite(x, kp);
}

int rec_als_exact(const struct rec_als_equations *w, float *x, struct rec_err *e)
{
	if (w->n <= w->s->few && w->sound && solve_few(w, x))
		return 0;
	return solve_many(w, x, e);
}


/* SPDX-License-Identifier: MIT */
/* sampled.c - estimates of full measures from sampled ranks. */
#include "eval/sampled.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct normal {		/* the normal equations */
	uint32_t size;
	double *a;		/* size x size, lower triangle */
	double *mass;		/* A'1 */
	double *row;		/* one row of A, entries low .. high */
	uint32_t low, high;
	/* right sides: count measures by rank, n each; the solutions go to w */
	const double *b;
	uint32_t count;
	uint64_t n;
	double *w;
};

/*
 * P(j of m drawn stand above), of n - 1 items of which `above` do: by ratios of
 * neighbours from the mode outwards, until they no longer count, then scaled to
 * sum 1.
 */
static void hypergeometric(struct normal *x, uint64_t above, uint64_t others, uint32_t m)
{
	uint64_t below = others - above;
	uint64_t least = m > below ? m - below : 0, most = m < above ? m : above;
	uint64_t mode = (uint64_t)(((double)m + 1) * ((double)above + 1) / ((double)others + 2));
	double sum = 1, p;

	mode = mode < least ? least : mode > most ? most : mode;
	x->row[mode] = 1;
	x->low = x->high = (uint32_t)mode;
	for (p = 1; x->high < most; sum += p) {
		uint64_t j = x->high;

		p *= (double)(above - j) * (double)(m - j) /
		     ((double)(j + 1) * (double)(below + j + 1 - m));
		if (p < 1e-20)
			break;
		x->row[++x->high] = p;
	}
	for (p = 1; x->low > least; sum += p) {
		uint64_t j = x->low;

		p *= (double)j * (double)(below + j - m) /
		     ((double)(above - j + 1) * (double)(m - j + 1));
		if (p < 1e-20)
			break;
		x->row[--x->low] = p;
	}
	for (uint32_t j = x->low; j <= x->high; j++)
		x->row[j] /= sum;
}

static void add_rank(struct normal *x, uint64_t r)
{
	for (uint32_t i = x->low; i <= x->high; i++) {
		double *a = x->a + (size_t)i * x->size;

		for (uint32_t j = x->low; j <= i; j++)
			a[j] += x->row[i] * x->row[j];
		x->mass[i] += x->row[i];
	}
	for (uint32_t c = 0; c < x->count; c++) {
		double b = x->b[c * x->n + r];

		for (uint32_t i = x->low; i <= x->high && b != 0; i++)
			x->w[(size_t)c * x->size + i] += x->row[i] * b;
	}
}

/*
 * Cholesky factor in place. A pivot is at least gamma times a mass above 0, but
 * for rounding.
 */
static int factor(struct normal *x, struct rec_err *e)
{
	for (uint32_t c = 0; c < x->size; c++) {
		double *pc = x->a + (size_t)c * x->size, d = pc[c];

		for (uint32_t k = 0; k < c; k++)
			d -= pc[k] * pc[k];
		if (!(d > 0))
			return rec_err_set(e, REC_EDATA,
					   "the estimate from %u sampled items cannot be computed",
					   x->size - 1);
		pc[c] = sqrt(d);
		for (uint32_t r = c + 1; r < x->size; r++) {
			double *pr = x->a + (size_t)r * x->size, s = pr[c];

			for (uint32_t k = 0; k < c; k++)
				s -= pr[k] * pc[k];
			pr[c] = s / pc[c];
		}
	}
	return 0;
}

static void solve(const struct normal *x, double *w)
{
	for (uint32_t r = 0; r < x->size; r++) {
		for (uint32_t k = 0; k < r; k++)
			w[r] -= x->a[(size_t)r * x->size + k] * w[k];
		w[r] /= x->a[(size_t)r * x->size + r];
	}
	for (uint32_t r = x->size; r-- > 0;) {
		for (uint32_t k = r + 1; k < x->size; k++)
			w[r] -= x->a[(size_t)k * x->size + r] * w[k];
		w[r] /= x->a[(size_t)r * x->size + r];
	}
}

static int fit(struct normal *x, uint32_t m, double gamma, struct rec_err *e)
{
	for (uint64_t r = 0; r < x->n; r++) {
		hypergeometric(x, r, x->n - 1, m);
		add_rank(x, r);
	}
	for (uint32_t i = 0; i < x->size; i++) {
		for (uint32_t j = 0; j <= i; j++)
			x->a[(size_t)i * x->size + j] *= 1 - gamma;
		x->a[(size_t)i * x->size + i] += gamma * x->mass[i];
	}
	if (factor(x, e) != 0)
		return -1;
	for (uint32_t c = 0; c < x->count; c++)
		solve(x, x->w + (size_t)c * x->size);
	return 0;
}

int rec_sampled_estimate(double *w, const double *b, uint32_t count, uint64_t n, uint32_t m,
			 double gamma, struct rec_err *e)
{
	struct normal x = { .size = m + 1, .b = b, .count = count, .n = n, .w = w };
	int rc = -1;

	x.a = rec_zalloc((size_t)x.size * x.size, sizeof *x.a, e);
	x.mass = rec_zalloc(x.size, sizeof *x.mass, e);
	x.row = rec_alloc(x.size, sizeof *x.row, e);
	for (size_t i = 0; i < (size_t)count * x.size; i++)
		w[i] = 0;
	if (x.a && x.mass && x.row)
		rc = fit(&x, m, gamma, e);
	free(x.a);
	free(x.mass);
	free(x.row);
	return rc;
}

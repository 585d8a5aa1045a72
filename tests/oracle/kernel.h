/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - what the kernels compute, in double, one obvious loop each; every
 * sum comes with the sum of its terms' sizes, the scale of its rounding.
 */
#ifndef TESTS_ORACLE_KERNEL_H
#define TESTS_ORACLE_KERNEL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

static inline double oracle_dot(const float *x, const float *y, size_t n, double *size)
{
	double s = 0;

	*size = 0;
	for (size_t i = 0; i < n; i++) {
		s += (double)x[i] * y[i];
		*size += fabs((double)x[i] * y[i]);
	}
	return s;
}

/* a + P' diag(w) P, the element (r, c). */
static inline double oracle_rank_update(float a, const float *p, const float *w, uint32_t m,
					uint32_t kp, uint32_t r, uint32_t c, double *size)
{
	double s = a;

	*size = fabs((double)a);
	for (size_t j = 0; j < m; j++) {
		double term = (w != NULL ? (double)w[j] : 1) * p[j * kp + r] * p[j * kp + c];

		s += term;
		*size += fabs(term);
	}
	return s;
}

/*
 * Textbook Cholesky of the lower triangle, in place; 0, or 1 + the first bad
 * column.
 */
static inline uint32_t oracle_cholesky(double *a, uint32_t n)
{
	for (size_t c = 0; c < n; c++) {
		for (size_t r = c; r < n; r++)
			for (size_t k = 0; k < c; k++)
				a[r * n + c] -= a[r * n + k] * a[c * n + k];
		if (!(a[c * n + c] > 0))
			return (uint32_t)c + 1;
		a[c * n + c] = sqrt(a[c * n + c]);
		for (size_t r = c + 1; r < n; r++)
			a[r * n + c] /= a[c * n + c];
	}
	return 0;
}

static inline void oracle_cholesky_solve(const double *l, double *b, uint32_t n)
{
	for (size_t r = 0; r < n; r++) {
		for (size_t k = 0; k < r; k++)
			b[r] -= l[r * n + k] * b[k];
		b[r] /= l[r * n + r];
	}
	for (size_t r = n; r-- > 0;) {
		for (size_t k = r + 1; k < n; k++)
			b[r] -= l[k * n + r] * b[k];
		b[r] /= l[r * n + r];
	}
}

/* The sum of w[j] (t_j . x) t_j, element c. */
static inline double oracle_outer_matvec(const float *table, const uint32_t *idx, const float *w,
					 const float *x, uint32_t m, uint32_t kp, uint32_t c,
					 double *size)
{
	double s = 0;

	*size = 0;
	for (uint32_t j = 0; j < m; j++) {
		const float *t = table + (size_t)(idx != NULL ? idx[j] : j) * kp;
		double terms, d = oracle_dot(t, x, kp, &terms);

		s += w[j] * d * t[c];
		*size += fabs(w[j] * terms * t[c]);
	}
	return s;
}

#endif

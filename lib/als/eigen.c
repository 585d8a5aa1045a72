/* SPDX-License-Identifier: MIT */
/*
 * als/eigen.c - Householder and QL.
 *
 * Matrices are gone through by rows: a product with a vector adds rows up,
 * which are those of columns, too. The rotations of QL are kept until there are
 * many. Each then turns two neighbouring rows of the vectors, column by column,
 * so columns are dealt out to the threads.
 */
#include "als/eigen.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "kernel/kernel.h"

enum { STEP = 8, MOST_TRIES = 64, ROTATIONS = 1 << 13, STRIPS = 2 };

/* A square, beside elements of about 1. */
static const double NOTHING = 1e-280;

static double add8(const double s[STEP])
{
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* From `from` on, a multiple of STEP. */
static double dot(const double *restrict x, const double *restrict y, uint32_t from, uint32_t n)
{
	double s[STEP] = { 0 };

	for (uint32_t i = from; i < n; i += STEP)
		for (uint32_t l = 0; l < STEP; l++)
			s[l] += x[i + l] * y[i + l];
	return add8(s);
}

/*
 * The reflection that leaves of x, from c on, only its first element: v in x,
 * the new element; returns 2 / v'v, or 0 where nothing is left but what is far
 * below rounding. x is 0 before c.
 */
static double reflect(double *x, double *element, uint32_t c, uint32_t n)
{
	double rest = 0, length, first = x[c];

	x[c] = 0;
	rest = dot(x, x, c - c % STEP, n);
	x[c] = first;
	*element = first;
	if (rest < NOTHING)
		return 0;
	length = sqrt(first * first + rest);
	*element = first > 0 ? -length : length;
	x[c] = first - *element;
	return 2 / (x[c] * x[c] + rest);
}

/* What the steps share. */
struct work {
	const struct rec_kernel *kn;
	uint32_t n;
	double *factor, *w;		/* n each */
};

/*
 * To the diagonal d and, below it, e (e[i] beside d[i] and d[i + 1]). Row i of
 * a holds afterwards the vector of reflection i, factor[i] times its outer
 * product.
 */
static void tridiagonalise(double *a, double *d, double *e, const struct work *k)
{
	uint32_t n = k->n;
	double *w = k->w;

	for (uint32_t i = 0; i + 1 < n; i++) {
		double *v = a + (size_t)i * n, f, half;
		uint32_t c = i + 1, from = c - c % STEP;

		d[i] = v[i];
		memset(v, 0, c * sizeof *v);
		f = k->factor[i] = reflect(v, &e[i], c, n);
		if (f == 0)
			continue;
		memset(w, 0, n * sizeof *w);
		k->kn->combine_f64(w + from, v + c, a + (size_t)c * n + from, n, n - c, n - from);
		memset(w + from, 0, (c - from) * sizeof *w);
		for (uint32_t r = c; r < n; r++)
			w[r] *= f;
		half = f / 2 * dot(w, v, from, n);
		for (uint32_t r = c; r < n; r++)
			w[r] -= half * v[r];
		for (uint32_t r = c; r < n; r++)
			k->kn->take_off_f64(a + (size_t)r * n + from, v[r], w + from, w[r],
					    v + from, n - from);
	}
	d[n - 1] = a[(size_t)n * n - 1];
	e[n - 1] = 0;
}

/* The product q of all reflections, the last one first. */
static void build(double *q, const double *a, const struct work *k)
{
	uint32_t n = k->n;
	double *w = k->w;

	memset(q, 0, (size_t)n * n * sizeof *q);
	for (uint32_t i = 0; i < n; i++)
		q[(size_t)i * n + i] = 1;
	for (uint32_t i = n - 1; i-- > 0;) {
		const double *v = a + (size_t)i * n, f = k->factor[i];
		uint32_t c = i + 1, from = c - c % STEP;

		if (f == 0)
			continue;
		memset(w, 0, n * sizeof *w);
		k->kn->combine_f64(w + from, v + c, q + (size_t)c * n + from, n, n - c, n - from);
		for (uint32_t r = c; r < n; r++)
			k->kn->take_off_f64(q + (size_t)r * n + from, f * v[r], w + from, 0,
					    w + from, n - from);
	}
}

static void transpose(double *a, uint32_t n)
{
	for (uint32_t r = 0; r < n; r++)
		for (uint32_t c = 0; c < r; c++) {
			double x = a[(size_t)r * n + c];

			a[(size_t)r * n + c] = a[(size_t)c * n + r];
			a[(size_t)c * n + r] = x;
		}
}

/* Rotations of rows top and top + 1, the last row first, down to its last. */
struct sweep {
	uint32_t first, top, n;		/* of its rotations; the row of the first one; how many */
};

struct turning {
	const struct rec_kernel *kn;
	double *vector;
	uint32_t n, nsweeps, nrotations;
	struct sweep *sweep;
	double *c, *s;
};

static int turn_columns(void *arg, uint64_t first, uint64_t last, unsigned thread,
			struct rec_err *e)
{
	const struct turning *t = arg;
	uint32_t columns = (uint32_t)(last - first) * STEP;

	(void)thread;
	(void)e;
	for (uint32_t i = 0; i < t->nsweeps; i++) {
		const struct sweep *w = &t->sweep[i];

		t->kn->rotate_f64(t->vector + (size_t)(w->top + 1) * t->n + first * STEP, t->n,
				  t->c + w->first, t->s + w->first, w->n, columns);
	}
	return 0;
}

static int flush(struct turning *t, const struct rec_run *run, struct rec_err *e)
{
	int rc = rec_pool_slices(run->pool, t->n / STEP, STRIPS, turn_columns, t, e);

	t->nsweeps = t->nrotations = 0;
	return rc;
}

/*
 * One QL sweep on rows l .. m, which do not depend on the others: its rotations
 * go to t.
 */
static void sweep(struct turning *t, double *d, double *e, uint32_t l, uint32_t m)
{
	double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1), s = 1, c = 1, p = 0;
	struct sweep *w = &t->sweep[t->nsweeps++];

	*w = (struct sweep){ t->nrotations, m - 1, 0 };
	g = d[m] - d[l] + e[l] / (g < 0 ? g - r : g + r);
	for (uint32_t i = m; i-- > l;) {
		double f = s * e[i], b = c * e[i];

		r = sqrt(f * f + g * g);
		e[i + 1] = r;
		if (r == 0) {		/* it splits here */
			d[i + 1] -= p;
			e[m] = 0;
			return;
		}
		s = f / r;
		c = g / r;
		g = d[i + 1] - p;
		r = (d[i] - g) * s + 2 * c * b;
		p = s * r;
		d[i + 1] = g + p;
		g = c * r - b;
		t->c[t->nrotations] = c;
		t->s[t->nrotations++] = s;
		w->n++;
	}
	d[l] -= p;
	e[l] = g;
	e[m] = 0;
}

/* What is lost in rounding beside the largest elements. */
static double negligible(const double *d, const double *e, uint32_t n)
{
	double most = 0;

	for (uint32_t i = 0; i < n; i++)
		most = fmax(most, fabs(d[i]) + fabs(e[i]));
	return DBL_EPSILON * most;
}

/* The end of the block that begins at l. */
static uint32_t block_end(const double *e, uint32_t l, uint32_t n, double nothing)
{
	uint32_t m = l;

	while (m + 1 < n && fabs(e[m]) > nothing)
		m++;
	return m;
}

static int ql(struct turning *t, double *d, double *e, const struct rec_run *run,
	      struct rec_err *err)
{
	double nothing = negligible(d, e, t->n);

	for (uint32_t l = 0; l < t->n; l++) {
		unsigned tries = 0;
		uint32_t m;

		while ((m = block_end(e, l, t->n, nothing)) != l) {
			if (tries++ == MOST_TRIES)
				return rec_err_set(err, REC_EDATA, "no eigenvectors");
			if (t->nrotations + t->n > ROTATIONS && flush(t, run, err) != 0)
				return -1;
			sweep(t, d, e, l, m);
		}
	}
	return flush(t, run, err);
}

/*
 * Divide by a power of two, so that the largest element is about 1; that power.
 * 0 where an element is not finite.
 */
static double scale(double *a, size_t n)
{
	double most = 0;
	int power;

	for (size_t i = 0; i < n; i++) {
		if (!(a[i] - a[i] == 0))
			return 0;
		most = fmax(most, fabs(a[i]));
	}
	if (most == 0)
		return 1;
	frexp(most, &power);
	for (size_t i = 0; i < n; i++)
		a[i] = ldexp(a[i], -power);
	return ldexp(1, power);
}

int rec_eigen(double *value, double *vector, double *a, uint32_t n, const struct rec_run *run,
	      struct rec_err *e)
{
	size_t most = ROTATIONS + n;
	double *work = rec_alloc(3 * (size_t)n + 2 * most, sizeof *work, e);
	struct turning t = { .kn = run->kernel, .vector = vector, .n = n };
	struct work k = { .kn = run->kernel, .n = n };
	double size;
	int rc = -1;

	t.sweep = work ? rec_alloc(most, sizeof *t.sweep, e) : NULL;
	if (t.sweep) {
		double *off = work;

		k.factor = off + n;
		k.w = k.factor + n;
		t.c = k.w + n;
		t.s = t.c + most;
		size = scale(a, (size_t)n * n);
		if (size > 0) {
			tridiagonalise(a, value, off, &k);
			build(vector, a, &k);
			transpose(vector, n);
			rc = ql(&t, value, off, run, e);
			for (uint32_t i = 0; i < n; i++)
				value[i] *= size;
		} else {
			rec_err_set(e, REC_EDATA, "no finite solution (values too large?)");
		}
	}
	free(t.sweep);
	free(work);
	return rc;
}

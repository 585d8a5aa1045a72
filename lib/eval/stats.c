/* SPDX-License-Identifier: MIT */
/*
 * stats.c - paired t, Wilcoxon and randomization tests; bootstrap over users.
 */
#include "eval/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/math.h"
#include "base/mem.h"
#include "base/random.h"

/* Stirling's series after shifting x to 12 and beyond. */
double rec_lgamma(double x)
{
	double shift = 0, z;

	for (; x < 12; x += 1)
		shift += rec_log(x);
	z = 1 / (x * x);
	return (x - 0.5) * rec_log(x) - x + 0.91893853320467274178 +
	       (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z / 1188)))) / x -
	       shift;
}

/*
 * The continued fraction of the incomplete beta function by Lentz's method
 * (DLMF 8.17.22).
 */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (d > tiny || d < -tiny ? d : tiny);
	h = d;
	for (int m = 1; m <= 20000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

		d = 1 + even * d;
		d = 1 / (d > tiny || d < -tiny ? d : tiny);
		c = 1 + even / c;
		c = c > tiny || c < -tiny ? c : tiny;
		h *= d * c;
		d = 1 + odd * d;
		d = 1 / (d > tiny || d < -tiny ? d : tiny);
		c = 1 + odd / c;
		c = c > tiny || c < -tiny ? c : tiny;
		step = d * c;
		h *= step;
		if (step > 1 - 1e-15 && step < 1 + 1e-15)
			break;
	}
	return h;
}

double rec_incomplete_beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = rec_exp(rec_lgamma(a + b) - rec_lgamma(a) - rec_lgamma(b) + a * rec_log(x) +
			b * rec_log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

static double sum_of(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum;
}

static void t_test(struct rec_tested *out, const double *d, size_t n)
{
	double mean = n ? sum_of(d, n) / (double)n : 0, squares = 0, df = (double)n - 1;

	for (size_t i = 0; i < n; i++)
		squares += (d[i] - mean) * (d[i] - mean);
	if (n < 2 || squares == 0) {	/* no spread: certain where there is a difference */
		out->p = n < 2 || mean == 0 ? 1 : 0;
		return;
	}
	out->statistic = mean / sqrt(squares / df / (double)n);
	out->p = rec_incomplete_beta(df / 2, 0.5, df / (df + out->statistic * out->statistic));
}

static int by_size(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

/*
 * Share of the 2^n sign patterns of ranks 1 .. n whose rank sum is at most w:
 * counts of subsets by sum, as shares of 1.
 */
static int wilcoxon_exact(double *p, size_t n, double w, struct rec_err *e)
{
	size_t max = n * (n + 1) / 2;
	double *share = rec_zalloc(max + 1, sizeof *share, e), sum = 0;

	if (!share)
		return -1;
	share[0] = 1;
	for (size_t r = 1; r <= n; r++)
		for (size_t s = max + 1; s-- > 0;)
			share[s] = 0.5 * share[s] + (s >= r ? 0.5 * share[s - r] : 0);
	for (size_t s = 0; s <= max && (double)s <= w; s++)
		sum += share[s];
	free(share);
	*p = 2 * sum < 1 ? 2 * sum : 1;
	return 0;
}

static int wilcoxon_sorted(struct rec_tested *out, const double *d, size_t n, struct rec_err *e)
{
	double plus = 0, minus = 0, ties = 0, m = (double)n, variance, z;

	for (size_t i = 0, end; i < n; i = end) {
		double rank, g;

		for (end = i + 1; end < n && fabs(d[end]) == fabs(d[i]); end++)
			;
		rank = 0.5 * ((double)i + 1 + (double)end);
		g = (double)(end - i);
		ties += g * g * g - g;
		for (size_t j = i; j < end; j++)
			*(d[j] > 0 ? &plus : &minus) += rank;
	}
	out->n = n;
	out->p = 1;
	out->statistic = plus < minus ? plus : minus;
	if (n == 0)
		return 0;
	out->exact = n <= 50 && ties == 0;
	if (out->exact)
		return wilcoxon_exact(&out->p, n, out->statistic, e);
	variance = m * (m + 1) * (2 * m + 1) / 24 - ties / 48;
	z = (out->statistic - m * (m + 1) / 4) / sqrt(variance);
	out->p = 2 * rec_normal_cdf(z);
	if (out->p > 1)
		out->p = 1;
	return 0;
}

static int wilcoxon(struct rec_tested *out, const double *d, size_t n, struct rec_err *e)
{
	double *sorted = rec_alloc(n, sizeof *sorted, e);
	size_t used = 0;
	int rc;

	if (!sorted)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (d[i] != 0)
			sorted[used++] = d[i];
	qsort(sorted, used, sizeof *sorted, by_size);
	rc = wilcoxon_sorted(out, sorted, used, e);
	free(sorted);
	return rc;
}

struct rounds {
	const double *x;
	const uint32_t *weight;
	size_t n;
	uint64_t key;
	double *result;		/* one a round */
};

static int flip_round(void *arg, size_t round, unsigned thread, struct rec_err *e)
{
	const struct rounds *r = arg;
	uint64_t key = rec_mix2(r->key, round), bits = 0;
	double sum = 0;

	(void)thread;
	(void)e;
	for (size_t i = 0; i < r->n; i++) {
		if (i % 64 == 0)
			bits = rec_random(key, i / 64);
		sum += bits & 1 ? r->x[i] : -r->x[i];
		bits >>= 1;
	}
	r->result[round] = sum;
	return 0;
}

static int randomization(struct rec_tested *out, const double *d, size_t n,
			 const struct rec_draws *draws, struct rec_err *e)
{
	uint32_t rounds = draws->rounds;
	struct rounds r = { .x = d,
			    .n = n,
			    .key = draws->key,
			    .result = rec_alloc(rounds, sizeof(double), e) };
	double sum = sum_of(d, n), far, scale = 0;
	uint32_t beyond = 0;
	int rc;

	if (!r.result)
		return -1;
	for (size_t i = 0; i < n; i++)
		scale += fabs(d[i]);
	/* equal sums in another order of rounding count as equal */
	far = fabs(sum) - 1e-12 * scale;
	rc = rec_pool_run(draws->pool, rounds, flip_round, &r, e);
	for (uint32_t i = 0; rc == 0 && i < rounds; i++)
		beyond += fabs(r.result[i]) >= far;
	free(r.result);
	out->statistic = n ? sum / (double)n : 0;
	out->p = (1 + (double)beyond) / (1 + (double)rounds);
	return rc;
}

int rec_test_paired(struct rec_tested *out, enum rec_test test, const double *d, size_t n,
		    const struct rec_draws *draws, struct rec_err *e)
{
	*out = (struct rec_tested){ .n = n, .p = 1 };
	if (test == REC_TEST_T)
		t_test(out, d, n);
	else if (test == REC_TEST_WILCOXON)
		return wilcoxon(out, d, n, e);
	else
		return randomization(out, d, n, draws, e);
	return 0;
}

static int bootstrap_round(void *arg, size_t round, unsigned thread, struct rec_err *e)
{
	const struct rounds *r = arg;
	uint64_t key = rec_mix2(r->key, round), weight = 0;
	double sum = 0;

	(void)thread;
	(void)e;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t j = rec_below(rec_random(key, i), r->n);

		sum += r->x[j];
		weight += r->weight ? r->weight[j] : 1;
	}
	r->result[round] = weight ? sum / (double)weight : 0;
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int rec_bootstrap(double *lo, double *hi, const double *x, const uint32_t *weight, size_t n,
		  const struct rec_draws *draws, struct rec_err *e)
{
	uint32_t rounds = draws->rounds;
	struct rounds r = { .x = x,
			    .weight = weight,
			    .n = n,
			    .key = draws->key,
			    .result = rec_alloc(rounds, sizeof(double), e) };
	int rc;

	if (!r.result)
		return -1;
	if ((rc = rec_pool_run(draws->pool, rounds, bootstrap_round, &r, e)) == 0) {
		qsort(r.result, rounds, sizeof *r.result, ascending);
		*lo = r.result[(uint64_t)rounds * 25 / 1000];
		*hi = r.result[((uint64_t)rounds * 975 + 999) / 1000 - 1];
	}
	free(r.result);
	return rc;
}

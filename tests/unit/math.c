/* SPDX-License-Identifier: MIT */
/*
 * math.c - lib/base/math.h against libm: the largest error in units in the last
 * place over many points, and the special values.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/random.h"
#include "check.h"

/* |got - want| in units in the last place of want. */
static double ulps(double got, long double want)
{
	double w = (double)want, unit;

	if (w != w)
		return got != got ? 0 : 1e300;
	if (isinf(w) || isinf(got))
		return got == w ? 0 : 1e300;
	unit = nextafter(fabs(w), INFINITY) - fabs(w);
	return (double)(fabsl((long double)got - want) / unit);
}

enum { POINTS = 300000 };

typedef double fn1(double);
typedef long double ref1(long double);

static void compare(const char *name, fn1 *f, ref1 *ref, double lo, double hi, int logscale,
		    double limit)
{
	double worst = 0, at = 0;

	for (uint64_t i = 0; i < POINTS; i++) {
		double u = rec_unit(rec_random(7, i)),
		       x = logscale ? exp(log(lo) + (log(hi) - log(lo)) * u) : lo + (hi - lo) * u,
		       e;

		e = ulps(f(x), ref(x));
		if (e > worst) {
			worst = e;
			at = x;
		}
	}
	printf("math: %-18s [%g, %g]: at most %.3f ulp (at %.17g)\n", name, lo, hi, worst, at);
	CHECK(worst < limit, "%s", name);
}

static void compare_pow(double lo, double hi, double ylo, double yhi, double limit)
{
	double worst = 0, atx = 0, aty = 0;

	for (uint64_t i = 0; i < POINTS; i++) {
		double x = exp(log(lo) + (log(hi) - log(lo)) * rec_unit(rec_random(8, i))),
		       y = ylo + (yhi - ylo) * rec_unit(rec_random(9, i)), e;
		long double want = powl(x, y);

		if (want < 1e-30L || want > 1e30L)
			continue;
		e = ulps(rec_pow(x, y), want);
		if (e > worst) {
			worst = e;
			atx = x;
			aty = y;
		}
	}
	printf("math: %-18s [%g, %g]^[%g, %g]: at most %.3f ulp (at %.17g, %.17g)\n", "pow", lo, hi,
	       ylo, yhi, worst, atx, aty);
	CHECK(worst < limit, "pow");
}

static long double reference_cdf(long double x)
{
	return 0.5L * erfcl(-x * 0.70710678118654752440084436210484903928L);
}

static void compare_normal(void)
{
	double worst = 0, back = 0, symmetry = 0;

	for (uint64_t i = 0; i < POINTS / 4; i++) {
		double x = -12 + 24 * rec_unit(rec_random(10, i)), p = rec_unit(rec_random(11, i)),
		       q;

		worst = fmax(worst, fabs((double)(rec_normal_cdf(x) - reference_cdf(x))));
		q = rec_normal_quantile(p);
		back = fmax(back,
			    fabs((double)(reference_cdf(q) / (long double)p) - 1) / fmax(1, q * q));
		if (x > -12 && x < -2)
			symmetry = fmax(
				symmetry,
				fabs((double)(rec_normal_quantile((double)reference_cdf(x)) / x) -
				     1));
	}
	printf("math: normal_cdf: absolute error %.2g; cdf(quantile(p)): relative %.2g; "
	       "quantile(cdf(x)), lower tail: relative %.2g\n",
	       worst, back, symmetry);
	CHECK(worst < 1e-14, "normal_cdf");
	CHECK(back < 4e-15, "normal_quantile, all of (0, 1)");
	CHECK(symmetry < 4e-15, "normal_quantile, lower tail");
	CHECK(rec_normal_quantile(0.5) == 0, "quantile(1/2)");
	CHECK(fabs(rec_normal_quantile(0.975) - 1.9599639845400545) < 1e-15, "quantile(.975)");
	CHECK(fabs(rec_normal_quantile(1e-300) / -37.0471 - 1) < 1e-5, "quantile(1e-300)");
}

static void special_values(void)
{
	CHECK(rec_log(0) == -INFINITY && isnan(rec_log(-1)) && isnan(rec_log(NAN)) &&
		      rec_log(INFINITY) == INFINITY,
	      "log, special");
	CHECK(rec_log(1) == 0 && rec_log2(1) == 0 && rec_log1p(0) == 0, "log of 1");
	CHECK(rec_log2(0x1p-1074) == -1074 && rec_log2(8) == 3 && rec_log2(0x1p1000) == 1000,
	      "log2 of powers of two is exact");
	CHECK(rec_log1p(-1) == -INFINITY && isnan(rec_log1p(-2)) && rec_log1p(1e-300) == 1e-300,
	      "log1p, special");
	CHECK(rec_exp(0) == 1 && rec_exp(-INFINITY) == 0 && rec_exp(INFINITY) == INFINITY &&
		      isnan(rec_exp(NAN)),
	      "exp, special");
	CHECK(rec_exp(1000) == INFINITY && rec_exp(-1000) == 0 && rec_exp(-744) > 0, "exp, range");
	CHECK(rec_pow(0, 0) == 1 && rec_pow(5, 0) == 1 && rec_pow(0, 2.5) == 0 &&
		      rec_pow(0, -2.5) == INFINITY,
	      "pow, zero");
	CHECK(rec_pow(INFINITY, 1.5) == INFINITY && rec_pow(INFINITY, -1.5) == 0 &&
		      isnan(rec_pow(-1, 2.5)),
	      "pow, special");
	CHECK(rec_pow(0.5, 1e300) == 0 && rec_pow(2, 1e300) == INFINITY && rec_pow(1, 1e300) == 1,
	      "pow, huge exponent");
	CHECK(rec_pow(3, 2) == 9 && rec_pow(7, 1) == 7 && rec_pow(2, 0.5) == sqrt(2.0) &&
		      rec_pow(4, -1) == 0.25 && rec_pow(16, -0.5) == 0.25,
	      "pow, exact cases");
	CHECK(rec_normal_cdf(0) == 0.5 && rec_normal_cdf(-INFINITY) == 0 &&
		      rec_normal_cdf(INFINITY) == 1,
	      "normal_cdf, special");
	CHECK(isnan(rec_normal_quantile(-1)) && rec_normal_quantile(0) == -INFINITY &&
		      rec_normal_quantile(1) == INFINITY,
	      "normal_quantile, special");
}

/* The last bits on fixed points: any change of the written order shows. */
static void fixed_bits(void)
{
	uint64_t h = 0;

	for (uint64_t i = 0; i < 20000; i++) {
		double u = rec_unit(rec_random(12, i)),
		       v[7] = { rec_log(u * 100),	  rec_log1p(u),
				rec_log2(u * 5),	  rec_exp(u * 20 - 10),
				rec_pow(u * 50, 0.7),	  rec_normal_quantile(u),
				rec_normal_cdf(u * 8 - 4) };

		h = rec_mix2(h, rec_hash(v, sizeof v, 0));
	}
	printf("math: fixed points hash to %016llx\n", (unsigned long long)h);
	CHECK(h == 0xc1be7d4cd1091be9u, "the bits of fixed points");
}

int main(void)
{
	compare("log", rec_log, logl, 1e-300, 1e300, 1, 1);
	compare("log", rec_log, logl, 0.5, 2, 0, 1);
	compare("log2", rec_log2, log2l, 1e-300, 1e300, 1, 1);
	compare("log2", rec_log2, log2l, 0.5, 2, 0, 1);
	compare("log1p", rec_log1p, log1pl, 1e-20, 1e20, 1, 1);
	compare("log1p", rec_log1p, log1pl, -0.999, 1, 0, 1);
	compare("exp", rec_exp, expl, -700, 709, 0, 1);
	compare("exp", rec_exp, expl, -1, 1, 0, 1);
	compare_pow(1e-6, 1e6, -5, 5, 2);
	compare_pow(1e-200, 1e200, -0.15, 0.15, 2);
	compare_pow(0.9, 1.1, -600, 600, 2);
	compare_normal();
	special_values();
	fixed_bits();
	return finished("math");
}

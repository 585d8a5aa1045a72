/* SPDX-License-Identifier: MIT */
/*
 * math.c - elementary functions made of + - * / and sqrt in double, in the
 * order written here.
 *
 * Where a rounding error would show in the result, a sum is kept as a pair hi +
 * lo (Dekker 1971, Knuth TAOCP 2 4.2.2). exp and log reduce their argument
 * exactly, by multiples of log 2 stored in two pieces (Cody and Waite 1980).
 * The short series that follows is a small correction to a pair. There are no
 * tables and no fma: the error-free product uses Veltkamp's splitting.
 */
#include "base/math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/bits.h"

struct pair {
	double hi, lo;	/* the number hi + lo, |lo| much smaller than |hi| */
};

/*
 * log 2 and pi / 2 in pieces. The product of a leading piece with an integer of
 * 20 bits is exact.
 */
static const double LN2_HI = 0x1.62e42feep-1, LN2_LO = 0x1.a39ef35793c76p-33;
static const double INV_LN2 = 0x1.71547652b82fep+0, INV_LN2_LO = 0x1.777d0ffda0d24p-56;

/* 2^n for a normal result. */
static double power_of_two(int n)
{
	return rec_float64((uint64_t)(n + 1023) << 52);
}

/* a + b without error. */
static struct pair two_sum(double a, double b)
{
	double s = a + b, t = s - a;

	return (struct pair){ s, (a - (s - t)) + (b - t) };
}

static struct pair split(double a)
{
	double c = 134217729.0 * a, hi = c - (c - a);

	return (struct pair){ hi, a - hi };
}

/* a * b without error, |a| and |b| below 2^990. */
static struct pair two_product(double a, double b)
{
	struct pair x = split(a), y = split(b);
	double p = a * b;

	return (struct pair){ p, ((x.hi * y.hi - p) + x.hi * y.lo + x.lo * y.hi) + x.lo * y.lo };
}

/* The nearest integer, |x| < 2^30; ties away from 0. */
static int nearest(double x)
{
	return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

/* x = 2^e * m with m in [sqrt(1/2), sqrt(2)), x > 0 and finite. */
static double reduce_log(double x, int *e)
{
	uint64_t u = rec_bits64(x);
	int n = 0;
	double m;

	if (u >> 52 == 0) {
		u = rec_bits64(x * 0x1p54);
		n = -54;
	}
	n += (int)(u >> 52) - 1023;
	m = rec_float64((u & 0xfffffffffffffu) | (uint64_t)1023 << 52);
	if (m >= 0x1.6a09e667f3bcdp+0) {
		m *= 0.5;
		n++;
	}
	*e = n;
	return m;
}

/*
 * log m = 2 atanh s, s = (m - 1) / (m + 1), |s| < 0.172. 2 s is kept as a pair;
 * the series from s^3 on is at most a hundredth of it.
 */
static struct pair log_reduced(double m)
{
	double f = m - 1, z, tail, s, s_lo;
	struct pair d = two_sum(2, f), p;

	s = f / d.hi;
	p = two_product(s, d.hi);
	s_lo = ((f - p.hi) - p.lo - s * d.lo) / d.hi;
	z = s * s;
	tail = 2.0 / 23;
	for (int n = 21; n >= 3; n -= 2)
		tail = tail * z + 2.0 / n;
	return two_sum(2 * s, 2 * s_lo + s * z * tail);
}

/* log x as a pair, relative error about 2^-58; x > 0 and finite. */
static struct pair log_pair(double x)
{
	int e;
	struct pair l = log_reduced(reduce_log(x, &e)), s = two_sum(e * LN2_HI, l.hi);

	return two_sum(s.hi, s.lo + (l.lo + e * LN2_LO));
}

/* log where its series does not apply. Returns 0 where the series applies. */
static int log_special(double x, double *y)
{
	if (x > 0 && x < INFINITY)
		return 0;
	*y = x == 0 ? -INFINITY : x > 0 ? x : NAN;
	return 1;
}

double rec_log(double x)
{
	double y;

	return log_special(x, &y) ? y : log_pair(x).hi;
}

double rec_log2(double x)
{
	double y;
	int e;
	struct pair l, p, s;

	if (log_special(x, &y))
		return y;
	l = log_reduced(reduce_log(x, &e));
	p = two_product(l.hi, INV_LN2);
	s = two_sum(e, p.hi);
	return s.hi + (s.lo + (p.lo + (l.hi * INV_LN2_LO + l.lo * INV_LN2)));
}

double rec_log1p(double x)
{
	struct pair u, l;
	double y;

	if (log_special(1 + x, &y))
		return y;
	u = two_sum(1, x);
	l = log_pair(u.hi);
	return l.hi + (l.lo + u.lo / u.hi);
}

/*
 * exp(x + low), |low| much smaller than 1. x = n log 2 + r, |r| < 0.35; then 1
 * + r as a pair, and the series from r^2 / 2 on.
 */
static double exp_pair(double x, double low)
{
	double r, q = 1.0 / 15;
	struct pair t, s;
	int n, half;

	if (!(x < 710))
		return x != x ? x : INFINITY;
	if (x < -746)
		return 0;
	n = nearest(x * INV_LN2);
	t = two_sum(x - n * LN2_HI, -(n * LN2_LO));
	r = t.hi;
	for (int k = 14; k >= 3; k--)
		q = (1 + r * q) / k;
	s = two_sum(1, r);
	q = r * r * (0.5 + 0.5 * r * q);
	s.hi += s.lo + (q + (t.lo + low) * (1 + r + q));
	half = n / 2;
	return s.hi * power_of_two(half) * power_of_two(n - half);
}

double rec_exp(double x)
{
	return exp_pair(x, 0);
}

/* x > 0 and finite, y finite. */
static double pow_general(double x, double y)
{
	struct pair l = log_pair(x), p;

	if (!(y * l.hi < 710) || y * l.hi < -746)
		return exp_pair(y * l.hi, 0);
	if (l.hi == 0)
		return 1;
	p = two_product(y, l.hi);
	return exp_pair(p.hi, p.lo + y * l.lo);
}

double rec_pow(double x, double y)
{
	if (y == 0 || x == 1)
		return 1;
	if (x != x || y != y || x < 0)
		return NAN;
	if (y == 1)
		return x;
	if (y == 2)
		return x * x;
	if (y == 0.5)
		return sqrt(x);
	if (y == -1)
		return 1 / x;
	if (y == -0.5)
		return 1 / sqrt(x);
	if (x == 0 || x == INFINITY)
		return (x == 0) == (y > 0) ? 0 : INFINITY;
	if (y == INFINITY || y == -INFINITY)
		return (x < 1) == (y > 0) ? 0 : INFINITY;
	return pow_general(x, y);
}

/* num(x) / den(x): polynomials of degree 7, the constant term first. */
static double ratio(const double num[8], const double den[8], double x)
{
	double a = num[7], b = den[7];

	for (int i = 6; i >= 0; i--) {
		a = a * x + num[i];
		b = b * x + den[i];
	}
	return a / b;
}

/*
 * Wichura, M. J. (1988), Algorithm AS 241: the percentage points of the normal
 * distribution, Applied Statistics 37; routine PPND16.
 */
double rec_normal_quantile(double p)
{
	static const double a[8] = { 3.3871328727963666080e0, 1.3314166789178437745e2,
				     1.9715909503065514427e3, 1.3731693765509461125e4,
				     4.5921953931549871457e4, 6.7265770927008700853e4,
				     3.3430575583588128105e4, 2.5090809287301226727e3 };
	static const double b[8] = { 1,
				     4.2313330701600911252e1,
				     6.8718700749205790830e2,
				     5.3941960214247511077e3,
				     2.1213794301586595867e4,
				     3.9307895800092710610e4,
				     2.8729085735721942674e4,
				     5.2264952788528545610e3 };
	static const double c[8] = { 1.42343711074968357734e0,	4.63033784615654529590e0,
				     5.76949722146069140550e0,	3.64784832476320460504e0,
				     1.27045825245236838258e0,	2.41780725177450611770e-1,
				     2.27238449892691845833e-2, 7.74545014278341407640e-4 };
	static const double d[8] = { 1,
				     2.05319162663775882187e0,
				     1.67638483018380384940e0,
				     6.89767334985100004550e-1,
				     1.48103976427480074590e-1,
				     1.51986665636164571966e-2,
				     5.47593808499534494600e-4,
				     1.05075007164441684324e-9 };
	static const double e[8] = { 6.65790464350110377720e0,	5.46378491116411436990e0,
				     1.78482653991729133580e0,	2.96560571828504891230e-1,
				     2.65321895265761230930e-2, 1.24266094738807843860e-3,
				     2.71155556874348757815e-5, 2.01033439929228813265e-7 };
	static const double f[8] = { 1,
				     5.99832206555887937690e-1,
				     1.36929880922735805310e-1,
				     1.48753612908506148525e-2,
				     7.86869131145613259100e-4,
				     1.84631831751005468180e-5,
				     1.42151175831644588870e-7,
				     2.04426310338993978564e-15 };
	double q = p - 0.5, r, x;

	if (!(p > 0 && p < 1))
		return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
	if (q >= -0.425 && q <= 0.425)
		return q * ratio(a, b, 0.180625 - q * q);
	r = sqrt(-rec_log(q < 0 ? p : 1 - p));
	x = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
	return q < 0 ? -x : x;
}

static double normal_density(double x)
{
	struct pair q = two_product(x, x);

	return 0x1.9884533d43651p-2 * exp_pair(-0.5 * q.hi, -0.5 * q.lo);
}

/*
 * P(X > x) for x >= 4: Laplace's continued fraction, density / (x + 1 / (x + 2
 * / (x + ...))).
 */
static double normal_tail(double x)
{
	double d = x;

	if (x > 40)
		return 0;
	for (int k = 60; k > 0; k--)
		d = x + k / d;
	return normal_density(x) / d;
}

/* P(0 < X < x) = density * (x + x^3 / 3 + x^5 / 15 + ...), |x| < 4. */
static double normal_middle(double x)
{
	double term = x, sum = x;

	for (int k = 3; k < 140; k += 2) {
		term *= x * x / k;
		sum += term;
	}
	return normal_density(x) * sum;
}

double rec_normal_cdf(double x)
{
	if (x != x)
		return x;
	if (x <= -4)
		return normal_tail(-x);
	return x >= 4 ? 1 - normal_tail(x) : 0.5 + normal_middle(x);
}

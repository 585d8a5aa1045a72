/* SPDX-License-Identifier: MIT */
/*
 * math.h - elementary functions with the same last bit on every machine.
 *
 * log, exp and pow of libm differ between CPUs and C libraries. These functions
 * use only + - * / and sqrt in double, in a fixed order; the build refuses
 * those of libm. Errors are below 2 units in the last place unless stated
 * otherwise (tests/unit compares with libm).
 */
#ifndef REC_BASE_MATH_H
#define REC_BASE_MATH_H

double rec_log(double x);	/* natural; x > 0; log(0) = -inf, NaN for x < 0 */
double rec_log1p(double x);	/* log(1 + x), exact for small x; x > -1 */
double rec_log2(double x);
double rec_exp(double x);
/*
 * x^y for x >= 0. pow(x, 0) = 1; pow(0, y > 0) = 0. For y = 0.5, 1, 2, -0.5, -1
 * sqrt and arithmetic give the result. Otherwise the error is below 4 units in
 * the last place for results between 1e-30 and 1e30.
 */
double rec_pow(double x, double y);
/*
 * Inverse of the normal distribution function, 0 < p < 1 (Wichura 1988, AS 241,
 * PPND16).
 */
double rec_normal_quantile(double p);
double rec_normal_cdf(double x);	/* absolute error below 1e-14 */

#endif

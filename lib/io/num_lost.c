/* SPDX-License-Identifier: MIT */
/*
 * Values and times in, and the digits of them that a float or a double does not
 * keep.
 *
 * A number as written is m * 10^e without zeros at the end of m. Up to 19
 * digits m fits 64 bits, and the usual cases are decided in integers and one
 * exact product; the C library prints the double for the others. The sign plays
 * no part.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "io/num.h"
#include "io/num_private.h"

/*
 * Decimals of so many digits are told apart by any float (double) that is not
 * subnormal: nothing of them is ever lost.
 */
#define REC_NUM_SAFE_F32 999999u
#define REC_NUM_SAFE_F64 999999999999999u

enum { MOST_DIGITS = 800 };	/* a double has 767 at most */

static const double ten[] = {
	1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,	1e8,  1e9,  1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static void strip(uint64_t *m, int64_t *e)
{
	while (*m % 10 == 0) {
		*m /= 10;
		++*e;
	}
}

static bool is_decimal(struct rec_decimal d, uint64_t m, int64_t e)
{
	int64_t de = d.e;

	strip(&d.m, &de);
	return d.m == m && de == e;
}

/* Of the size that was read; the sign plays no part. */
static bool lost_f32(const struct rec_scanned *x, float f)
{
	uint64_t m = x->mantissa;
	int64_t e = x->exponent;

	if (!x->exact || f == 0)
		return true;
	strip(&m, &e);
	if (m <= REC_NUM_SAFE_F32 && f >= FLT_MIN)
		return false;
	return m > 999999999 || !is_decimal(rec_num_shortest_f32(f), m, e);
}

/*
 * Significant digits of x into out (at most n), the exponent of the last one
 * into *e. 0 where they are more.
 */
static size_t significant(const struct rec_scanned *x, char *out, size_t n, int64_t *e)
{
	const char *last = x->end - 1;
	bool behind = false;
	size_t used = 0;

	while (*last == '0' || *last == '.')
		last--;
	*e = x->written;
	for (const char *s = x->digits; s < x->end; s++) {
		if (*s == '.') {
			behind = true;
			continue;
		}
		*e += (s > last) - behind;
		if (s > last || (used == 0 && *s == '0'))
			continue;
		if (used == n)
			return 0;
		out[used++] = *s;
	}
	return used;
}

/* The digits of x are those that d has when it is rounded to as many. */
static bool rounds_to(const struct rec_scanned *x, double d)
{
	char digits[MOST_DIGITS], text[MOST_DIGITS + 32];
	int64_t e;
	size_t n = significant(x, digits, sizeof digits, &e), i = 0;
	const char *s = text;

	if (n == 0)
		return false;
	snprintf(text, sizeof text, "%.*e", (int)n - 1, d);
	for (; *s != 'e'; s++) {
		if (*s < '0' || *s > '9')	/* whatever the point looks like */
			continue;
		if (*s != digits[i++])
			return false;
	}
	return e == strtol(s + 1, NULL, 10) - (long)(n - 1);
}

/*
 * The same for m * 10^-k of 0 <= k <= 22: |d * 10^k - m| <= 1/2, the product in
 * two doubles.
 */
static bool rounds_to_quick(uint64_t m, int k, double d)
{
	double p = d * ten[k], rest = fma(d, ten[k], -p);

	if (p >= 0x1p63)
		return false;
	return fabs((double)(int64_t)((uint64_t)p - m) + (p - (double)(uint64_t)p) + rest) <= 0.5;
}

static bool lost_f64(const struct rec_scanned *x, double d)
{
	uint64_t m = x->mantissa;
	int64_t e = x->exponent;

	if (d == 0)
		return true;
	if (x->exact) {
		strip(&m, &e);
		if (m <= REC_NUM_SAFE_F64 && d >= DBL_MIN)
			return false;
	}
	if (d > 0x1p53)
		return !x->exact || !is_decimal(rec_num_shortest_f64(d), m, e);
	if (x->exact && m < UINT64_C(1) << 62 && e <= 0 && e >= -22)
		return !rounds_to_quick(m, (int)-e, d);
	return !rounds_to(x, d);
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Times are seconds: a whole number of at most 15 digits, which a double holds.
 * The last eight are read together: digits, pairs, fours.
 */
static inline bool whole(const char *s, size_t n, double *out)
{
	uint64_t head = 0, x;

	if (n < 8 || n > 15)
		return false;
	for (; n > 8; s++, n--) {
		if (!is_digit(*s))
			return false;
		head = 10 * head + (uint64_t)(*s - '0');
	}
	x = rec_get64((const unsigned char *)s);
	if (((x & (x + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) != 0x3030303030303030u ||
	    ((x | (x + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) != 0x3030303030303030u)
		return false;
	x = (x & 0x0f0f0f0f0f0f0f0fu) * (256 * 10 + 1) >> 8 & 0x00ff00ff00ff00ffu;
	x = x * (65536 * 100 + 1) >> 16 & 0x0000ffff0000ffffu;
	x = x * ((UINT64_C(10000) << 32) + 1) >> 32;
	*out = (double)(100000000 * head + x);
	return true;
}

enum rec_num rec_num_value(const char *s, size_t n, float *out, bool *lost)
{
	struct rec_scanned x;
	enum rec_num rc;

	if (n == 1 && is_digit(*s)) {
		*out = (float)(*s - '0');
		return REC_NUM_OK;
	}
	if (n == 3 && is_digit(s[0]) && s[1] == '.' && is_digit(s[2])) {	/* 3.5 */
		*out = (float)(10 * (s[0] - '0') + s[2] - '0') / 10;	/* rounded once */
		return REC_NUM_OK;
	}
	rc = rec_num_read_f32(s, n, &x, out);
	if (rc == REC_NUM_OK && x.mantissa != 0 &&
	    (x.mantissa > REC_NUM_SAFE_F32 || fabsf(*out) < FLT_MIN))
		*lost |= lost_f32(&x, fabsf(*out));
	return rc;
}

enum rec_num rec_num_time(const char *s, size_t n, double *out, bool *lost)
{
	struct rec_scanned x;
	enum rec_num rc;

	if (whole(s, n, out))
		return REC_NUM_OK;
	rc = rec_num_read_f64(s, n, &x, out);
	if (rc == REC_NUM_OK && x.mantissa != 0 &&
	    (x.mantissa > REC_NUM_SAFE_F64 || fabs(*out) < DBL_MIN))
		*lost |= lost_f64(&x, fabs(*out));
	return rc;
}

uint64_t rec_num_hash(const char *s, size_t n)
{
	struct rec_scanned x;
	const char *last;
	int64_t e;
	uint64_t h = 0;
	bool behind = false;

	if (rec_num_scan(s, n, &x) != REC_NUM_OK || x.mantissa == 0)
		return 0;
	for (last = x.end - 1; *last == '0' || *last == '.';)
		last--;
	e = x.written;
	for (const char *p = x.digits; p < x.end; p++) {
		behind |= *p == '.';
		if (*p == '.')
			continue;
		e += (p > last) - behind;
		if (p <= last && (h != 0 || *p != '0'))
			h = rec_mix2(h, (uint64_t)(unsigned char)*p);
	}
	return rec_mix2(h, (uint64_t)e << 1 | x.minus);
}

double rec_num_as_written(float f)
{
	struct rec_decimal d = f != 0 ? rec_num_shortest_f32(fabsf(f)) :
					(struct rec_decimal){ 0, 0 };
	char text[REC_NUM_MAX];
	double x = (double)d.m;

	if (d.e >= -22 && d.e <= 22) {	/* both are exact, so one operation rounds once */
		x = d.e < 0 ? x / ten[-d.e] : x * ten[d.e];
		return f < 0 ? -x : x;
	}
	(void)!rec_num_f64(text, rec_num_put_f32(text, f), &x);
	return x;
}

/* SPDX-License-Identifier: MIT */
/*
 * Numbers in.
 *
 * A number is read as mantissa * 10^exponent with at most 19 digits of
 * mantissa. Where both are exact in double one multiplication or division
 * rounds once, correctly (Clinger 1990); a float is then rounded from the
 * double unless that lies half way between two floats, where a second rounding
 * could go wrong. What is left goes to the C library as integer digits with an
 * exponent: without a point no locale matters.
 */
#include "io/num.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "io/num_private.h"

enum {
	DIGITS = 19,	/* always fit 64 bits */
	/*
	 * no digit beyond the 768th can change a double, except whether it is
	 * zero or not
	 */
	KEEP = 800,
	FAR = 100000,	/* exponents further out are all alike: nothing or too much */
};

static const double ten[] = {
	1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,	1e8,  1e9,  1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static bool scan_exponent(const char *s, const char *end, int64_t *x)
{
	bool minus = false;
	int64_t v = 0;

	if (s < end && (*s == '+' || *s == '-'))
		minus = *s++ == '-';
	if (s == end)
		return false;
	for (; s < end; s++) {
		if (!is_digit(*s))
			return false;
		if (v < INT64_MAX / 100)
			v = 10 * v + (*s - '0');
	}
	*x = minus ? -v : v;
	return true;
}

static enum rec_num scan(const char *s, size_t n, struct rec_scanned *x)
{
	const char *end = s + n, *first, *point = NULL;
	uint64_t m = 0;
	int64_t dropped = 0;
	unsigned used = 0;

	if (n == 0)
		return REC_NUM_EMPTY;
	*x = (struct rec_scanned){ .exact = true };
	if (*s == '-' || *s == '+')
		x->minus = *s++ == '-';
	first = s;
	for (; s < end; s++) {
		unsigned d = (unsigned char)(*s - '0');

		if (d < 10 && used < DIGITS) {
			m = 10 * m + d;
			used += m != 0;		/* leading zeros are free */
		} else if (d < 10) {
			dropped++;
			x->exact &= d == 0;
		} else if (*s == '.' && !point) {
			point = s;
		} else {
			break;
		}
	}
	x->digits = first;
	x->end = s;
	if (s - first == (point != NULL))
		return REC_NUM_BAD;
	if (s < end && ((*s != 'e' && *s != 'E') || !scan_exponent(s + 1, end, &x->written)))
		return REC_NUM_BAD;
	x->mantissa = m;
	x->exponent = dropped - (point ? x->end - point - 1 : 0) + x->written;
	return REC_NUM_OK;
}

enum rec_num rec_num_scan(const char *s, size_t n, struct rec_scanned *x)
{
	return scan(s, n, x);
}

/*
 * The exact value as text for strtod and strtof: KEEP digits, a 1 for further
 * ones that are not all zero, the exponent.
 */
static void respell(const struct rec_scanned *x, char text[KEEP + 32])
{
	size_t n = 0;
	int64_t exponent = x->written;
	bool behind = false, rest = false;

	for (const char *s = x->digits; s < x->end; s++) {
		if (*s == '.') {
			behind = true;
			continue;
		}
		exponent -= behind;
		if (n < KEEP) {
			text[n] = *s;
			n += n > 0 || *s != '0';
		} else {
			rest |= *s != '0';
			exponent++;
		}
	}
	if (rest) {
		text[n++] = '1';
		exponent--;
	}
	exponent = exponent > FAR ? FAR : exponent < -FAR ? -FAR : exponent;
	snprintf(text + n, 31, "e%d", (int)exponent);
}

/* |x| in double, correctly rounded, where one operation does it. */
static inline bool quick(const struct rec_scanned *x, double *d)
{
	if (!x->exact || x->mantissa > (uint64_t)1 << 53 || x->exponent < -22 || x->exponent > 22)
		return false;
	*d = (double)x->mantissa;
	*d = x->exponent < 0 ? *d / ten[-x->exponent] : *d * ten[x->exponent];
	return true;
}

enum rec_num rec_num_read_f64(const char *s, size_t n, struct rec_scanned *x, double *out)
{
	enum rec_num rc = scan(s, n, x);
	char text[KEEP + 32];
	double d = 0;

	if (rc != REC_NUM_OK)
		return rc;
	if (x->mantissa != 0 && !quick(x, &d)) {
		respell(x, text);
		d = strtod(text, NULL);
		if (!isfinite(d))
			return REC_NUM_RANGE;
	}
	*out = x->minus && d != 0 ? -d : d;
	return REC_NUM_OK;
}

enum rec_num rec_num_f64(const char *s, size_t n, double *out)
{
	struct rec_scanned x;

	return rec_num_read_f64(s, n, &x, out);
}

/*
 * Float from a correctly rounded double, unless another rounding could go
 * wrong: half way between floats, or among the subnormal ones.
 */
static inline bool narrow(double d, float *f)
{
	if ((rec_bits64(d) & 0x1fffffff) == 0x10000000 || d < 0x1p-126 || d > 0x1.fffffep127)
		return false;
	*f = (float)d;
	return true;
}

enum rec_num rec_num_read_f32(const char *s, size_t n, struct rec_scanned *x, float *out)
{
	enum rec_num rc = scan(s, n, x);
	char text[KEEP + 32];
	double d;
	float f = 0;

	if (rc != REC_NUM_OK)
		return rc;
	if (x->mantissa != 0 && (!quick(x, &d) || !narrow(d, &f))) {
		respell(x, text);
		f = strtof(text, NULL);
		if (!isfinite(f))
			return REC_NUM_RANGE;
	}
	*out = x->minus && f != 0 ? -f : f;
	return REC_NUM_OK;
}

enum rec_num rec_num_f32(const char *s, size_t n, float *out)
{
	struct rec_scanned x;

	return rec_num_read_f32(s, n, &x, out);
}

enum rec_num rec_num_u64(const char *s, size_t n, uint64_t *out)
{
	uint64_t x = 0;

	if (n == 0)
		return REC_NUM_EMPTY;
	for (size_t i = 0; i < n; i++)
		if (!is_digit(s[i]))
			return REC_NUM_BAD;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(x, 10, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(s[i] - '0'), &x))
			return REC_NUM_RANGE;
	*out = x;
	return REC_NUM_OK;
}

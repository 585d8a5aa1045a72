/* SPDX-License-Identifier: MIT */
/*
 * Numbers out: the shortest decimal that reads back the same, of several the
 * closest, as m * 10^e; then one way to spell it.
 *
 * Floats by Schubfach (R. Giulietti, "The Schubfach way to render doubles",
 * 2021), here with 64-bit powers of ten. Doubles that are decimals of at most
 * 15 digits (times, counts, most of what people write) are found by trying; the
 * rest takes 16 or 17 digits from the C library.
 */
#include "base/bits.h"
#include "io/num.h"
#include "io/num_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ceil(10^k * 2^(63 - floor(log2 10^k))) for k = -31 .. 45 */
static const uint64_t power[] = {
	0x81ceb32c4b43fcf5u, 0xa2425ff75e14fc32u, 0xcad2f7f5359a3b3fu, 0xfd87b5f28300ca0eu,
	0x9e74d1b791e07e49u, 0xc612062576589ddbu, 0xf79687aed3eec552u, 0x9abe14cd44753b53u,
	0xc16d9a0095928a28u, 0xf1c90080baf72cb2u, 0x971da05074da7befu, 0xbce5086492111aebu,
	0xec1e4a7db69561a6u, 0x9392ee8e921d5d08u, 0xb877aa3236a4b44au, 0xe69594bec44de15cu,
	0x901d7cf73ab0acdau, 0xb424dc35095cd810u, 0xe12e13424bb40e14u, 0x8cbccc096f5088ccu,
	0xafebff0bcb24aaffu, 0xdbe6fecebdedd5bfu, 0x89705f4136b4a598u, 0xabcc77118461cefdu,
	0xd6bf94d5e57a42bdu, 0x8637bd05af6c69b6u, 0xa7c5ac471b478424u, 0xd1b71758e219652cu,
	0x83126e978d4fdf3cu, 0xa3d70a3d70a3d70bu, 0xcccccccccccccccdu, 0x8000000000000000u,
	0xa000000000000000u, 0xc800000000000000u, 0xfa00000000000000u, 0x9c40000000000000u,
	0xc350000000000000u, 0xf424000000000000u, 0x9896800000000000u, 0xbebc200000000000u,
	0xee6b280000000000u, 0x9502f90000000000u, 0xba43b74000000000u, 0xe8d4a51000000000u,
	0x9184e72a00000000u, 0xb5e620f480000000u, 0xe35fa931a0000000u, 0x8e1bc9bf04000000u,
	0xb1a2bc2ec5000000u, 0xde0b6b3a76400000u, 0x8ac7230489e80000u, 0xad78ebc5ac620000u,
	0xd8d726b7177a8000u, 0x878678326eac9000u, 0xa968163f0a57b400u, 0xd3c21bcecceda100u,
	0x84595161401484a0u, 0xa56fa5b99019a5c8u, 0xcecb8f27f4200f3au, 0x813f3978f8940985u,
	0xa18f07d736b90be6u, 0xc9f2c9cd04674edfu, 0xfc6f7c4045812297u, 0x9dc5ada82b70b59eu,
	0xc5371912364ce306u, 0xf684df56c3e01bc7u, 0x9a130b963a6c115du, 0xc097ce7bc90715b4u,
	0xf0bdc21abb48db21u, 0x96769950b50d88f5u, 0xbc143fa4e250eb32u, 0xeb194f8e1ae525feu,
	0x92efd1b8d0cf37bfu, 0xb7abc627050305aeu, 0xe596b7b0c643c71au, 0x8f7e32ce7bea5c70u,
	0xb35dbf821ae4f38cu,
};
enum { POWER_MIN = -31 };

/* Two digits at a time. */
static const char pair[] = "00010203040506070809101112131415161718192021222324252627282930313233343"
			   "536373839404142434445464748495051525354555657585960616263646566"
			   "676869707172737475767778798081828384858687888990919293949596979899";

static const double ten[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,	1e6,  1e7,
			      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

/* floor(x / 2^n), also of negative numbers */
static inline int shift_down(int x, int n)
{
	return x >> n;
}

/*
 * floor(g * c / 2^64), with its last bit set where a remainder was cut away
 * ("round to odd")
 */
static inline uint32_t round_to_odd(uint64_t g, uint32_t c)
{
	unsigned __int128 p = (unsigned __int128)g * c;

	return (uint32_t)(p >> 64) | ((uint32_t)(p >> 32) > 1);
}

/*
 * x = c * 2^q. In units of 10^k / 4 the interval of reals that read back as x
 * is lower .. upper, x itself v. Of the multiples of 40 inside (one digit less)
 * at most one exists; else of the two multiples of 4 around v the one inside,
 * or the closer one.
 */
static struct rec_decimal shortest_f32(uint32_t fraction, int exponent)
{
	uint32_t c = exponent ? fraction | 1u << 23 : fraction;
	int q = (exponent ? exponent : 1) - 150;
	/* the next float below is half as far away */
	bool closer = fraction == 0 && exponent > 1;
	/* floor(log10 of 2^q, or of 3/4 * 2^q) */
	int k = shift_down(q * 1262611 - (closer ? 524031 : 0), 22);
	int h = q + shift_down(-k * 1741647, 19) + 1;			/* floor(log2 of 10^-k) */
	uint64_t g = power[-k - POWER_MIN];
	uint32_t odd = c & 1;
	uint32_t lower = round_to_odd(g, (4 * c - 2 + closer) << h) + odd;
	uint32_t v = round_to_odd(g, 4 * c << h);
	uint32_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
	uint32_t s = v / 4, t = s / 10;
	bool down, up;

	if (s >= 10) {
		down = lower <= 40 * t;
		up = 40 * t + 40 <= upper;
		if (down != up)
			return (struct rec_decimal){ t + up, k + 1 };
	}
	down = lower <= 4 * s;
	up = 4 * s + 4 <= upper;
	if (down == up)
		up = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1));
	return (struct rec_decimal){ s + up, k };
}

/* Exactly n digits of x, with zeros in front. */
static void put_digits(char *out, uint64_t x, unsigned n)
{
	while (n >= 2) {
		n -= 2;
		memcpy(out + n, pair + 2 * (x % 100), 2);
		x /= 100;
	}
	if (n)
		*out = (char)('0' + x % 10);
}

static unsigned count_digits(uint64_t x)
{
	unsigned n = 1;

	for (; x >= 10000; x /= 10000)
		n += 4;
	return n + (x >= 10) + (x >= 100) + (x >= 1000);
}

static char *put_plain(char *out, struct rec_decimal d, int n)
{
	int before = n + d.e;	/* digits before the point */

	if (before <= 0) {
		memset(out, '0', (size_t)(2 - before));
		out[1] = '.';
		put_digits(out + 2 - before, d.m, (unsigned)n);
		return out + 2 - before + n;
	}
	put_digits(out, d.m, (unsigned)n);
	if (d.e >= 0) {
		memset(out + n, '0', (size_t)d.e);
		return out + before;
	}
	memmove(out + before + 1, out + before, (size_t)-d.e);
	out[before] = '.';
	return out + n + 1;
}

/* As 1.5e-07: at least two digits of exponent. */
static char *put_exponent(char *out, struct rec_decimal d, int n)
{
	int x = n - 1 + d.e;
	unsigned y = (unsigned)(x < 0 ? -x : x), ny = y > 99 ? 3 : 2;

	put_digits(out + 1, d.m, (unsigned)n);
	out[0] = out[1];
	out[1] = '.';
	out += n > 1 ? n + 1 : 1;
	*out++ = 'e';
	*out++ = x < 0 ? '-' : '+';
	put_digits(out, y, ny);
	return out + ny;
}

static size_t put_decimal(char *out, bool minus, struct rec_decimal d)
{
	char *p = out;
	int n;

	while (d.m % 10 == 0) {
		d.m /= 10;
		d.e++;
	}
	n = (int)count_digits(d.m);
	if (minus)
		*p++ = '-';
	p = n + d.e > -5 && n + d.e <= 15 ? put_plain(p, d, n) : put_exponent(p, d, n);
	return (size_t)(p - out);
}

size_t rec_num_put_u64(char out[REC_NUM_MAX], uint64_t x)
{
	unsigned n = count_digits(x);

	put_digits(out, x, n);
	return n;
}

static size_t put_whole(char *out, bool minus, uint64_t x)
{
	*out = '-';
	return minus + rec_num_put_u64(out + minus, x);
}

static size_t put_not_finite(char *out, double x)
{
	const char *word = isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";

	memcpy(out, word, strlen(word));
	return strlen(word);
}

size_t rec_num_put_f32(char out[REC_NUM_MAX], float x)
{
	uint32_t bits = rec_bits32(x);
	bool minus = bits >> 31;

	if (!isfinite(x))
		return put_not_finite(out, (double)x);
	x = minus ? -x : x;
	if (x < 0x1p24f && x == (float)(uint32_t)x)
		return put_whole(out, minus && x != 0, (uint32_t)x);
	return put_decimal(out, minus, shortest_f32(bits & 0x7fffff, (int)(bits >> 23 & 0xff)));
}

/*
 * A decimal of at most 15 digits with places after the point that reads back
 * as x. Multiplication and division round once, so a match is proof.
 */
static bool find_short(double x, struct rec_decimal *d)
{
	if (x < 1e-5 || x >= 1e15)
		return false;
	for (int places = 0; places <= 15; places++) {
		double scaled = x * ten[places];
		uint64_t m;

		if (scaled >= 1e15)
			return false;
		m = (uint64_t)(scaled + 0.5);
		if (m > 0 && (double)m / ten[places] == x) {
			*d = (struct rec_decimal){ m, -places };
			return true;
		}
	}
	return false;
}

static bool reads_back(struct rec_decimal d, double x)
{
	char text[REC_NUM_MAX];
	double y;
	int n = snprintf(text, sizeof text, "%llue%d", (unsigned long long)d.m, d.e);

	return rec_num_f64(text, (size_t)n, &y) == REC_NUM_OK && y == x;
}

/* x rounded to n significant digits. */
static struct rec_decimal rounded(double x, int n)
{
	char text[REC_NUM_MAX];
	struct rec_decimal d = { 0, 0 };
	const char *s = text;
	int e = 0;
	bool minus;

	snprintf(text, sizeof text, "%.*e", n - 1, x);
	for (; *s != 'e'; s++)
		if (*s >= '0' && *s <= '9')	/* whatever the point looks like */
			d.m = 10 * d.m + (unsigned)(*s - '0');
	minus = s[1] == '-';
	for (s += 2; *s; s++)
		e = 10 * e + (*s - '0');
	d.e = (minus ? -e : e) - (n - 1);
	return d;
}

struct rec_decimal rec_num_shortest_f32(float x)
{
	uint32_t bits = rec_bits32(x);

	return shortest_f32(bits & 0x7fffff, (int)(bits >> 23 & 0xff));
}

struct rec_decimal rec_num_shortest_f64(double x)
{
	struct rec_decimal d;

	if (find_short(x, &d))
		return d;
	/*
	 * 15 digits are exact for whatever needs fewer, except for subnormal
	 * numbers
	 */
	for (int n = x < 1e-300 ? 1 : 15; n < 17; n++) {
		d = rounded(x, n);
		if (reads_back(d, x))
			return d;
		d.m++;	/* at a power of two the interval reaches twice as far up as down */
		if (reads_back(d, x))
			return d;
	}
	return rounded(x, 17);
}

size_t rec_num_put_f64(char out[REC_NUM_MAX], double x)
{
	bool minus = signbit(x);

	if (!isfinite(x))
		return put_not_finite(out, x);
	x = fabs(x);
	if (x < 1e15 && x == (double)(uint64_t)x)
		return put_whole(out, minus && x != 0, (uint64_t)x);
	return put_decimal(out, minus, rec_num_shortest_f64(x));
}

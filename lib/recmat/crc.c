/* SPDX-License-Identifier: MIT */
/*
 * CRC-32 by folding (Gopal, Ozturk, Guilford and others 2009, "Fast CRC
 * computation for generic polynomials using PCLMULQDQ").
 *
 * The obvious way is serial: each step needs the CRC of the one before, so that
 * tables, or the crc32 instruction of other CPUs, wait for their own result.
 * Folding puts that off. A CRC is the remainder of the bytes, taken as one long
 * polynomial, and 128 bits of it may be replaced by anything with the same
 * remainder. So four lanes of 128 bits, which do not wait for one another, take
 * up 64 bytes a step: a lane is multiplied by x^512, which is what it weighs
 * compared with what lies 64 bytes on, and added to that. At the end the lanes
 * are folded into one, that into 64 bits and, by Barrett's reduction, into 32.
 * What is left over, short input and other CPUs take zlib's way. The number is
 * the same in any case.
 *
 * Multiplying the two halves of a lane by x^576 and x^512 needs the remainders
 * of these powers. Bits are reversed, as CRC-32 has them; the place of a
 * reversed remainder in its 64 bits stands for another x^32. So the constants
 * are k(544) and k(480) for 64 bytes, k(160) and k(96) for 16 bytes, k(64) for
 * 8 bytes, and for Barrett's reduction the polynomial and the quotient of x^64
 * by it. In Python:
 *
 *	P = 0x104c11db7
 *	def reverse(r):
 *		return int(f"{r:033b}"[::-1], 2)
 *	def k(n):
 *		r = 1
 *		for _ in range(n):
 *			r = r << 1 ^ (P if r >> 31 else 0)
 *		return reverse(r)
 *	def quotient():
 *		q, r = 0, 1 << 64
 *		for i in range(32, -1, -1):
 *			if r >> i + 32:
 *				q, r = q | 1 << i, r ^ P << i
 *		return reverse(q)
 */
#include "recmat/crc.h"

#include <limits.h>
#include <zlib.h>

static uint32_t by_zlib(uint32_t crc, const unsigned char *p, size_t n)
{
	for (; n > UINT_MAX; p += UINT_MAX, n -= UINT_MAX)
		crc = (uint32_t)crc32(crc, p, UINT_MAX);
	return (uint32_t)crc32(crc, p, (uInt)n);
}

#if defined __x86_64__

#include <immintrin.h>

#define FOLDS __attribute__((target("pclmul,sse4.1")))

enum { LEAST = 64 };	/* bytes that folding begins with */

static inline FOLDS __m128i load(const unsigned char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Both halves of x times those of k, added to next. */
static inline FOLDS __m128i fold(__m128i x, __m128i k, __m128i next)
{
	return _mm_xor_si128(
		_mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11)),
		next);
}

static FOLDS uint32_t reduce(__m128i x)
{
	const __m128i by128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0),
		      by64 = _mm_set_epi64x(0, 0x0163cd6124),
		      barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641),
		      low = _mm_setr_epi32(-1, 0, -1, 0);
	__m128i t;

	x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by128, 0x10));
	x = _mm_xor_si128(_mm_srli_si128(x, 4),
			  _mm_clmulepi64_si128(_mm_and_si128(x, low), by64, 0x00));
	t = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low), barrett, 0x10), low);
	x = _mm_xor_si128(x, _mm_clmulepi64_si128(t, barrett, 0x00));
	return (uint32_t)_mm_extract_epi32(x, 1);
}

/* n: a multiple of 16, LEAST or more. */
static FOLDS uint32_t by_folding(uint32_t crc, const unsigned char *p, size_t n)
{
	const __m128i by512 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4),
		      by128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
	__m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128((int)~crc)), b = load(p + 16),
		c = load(p + 32), d = load(p + 48);

	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
		a = fold(a, by512, load(p));
		b = fold(b, by512, load(p + 16));
		c = fold(c, by512, load(p + 32));
		d = fold(d, by512, load(p + 48));
	}
	a = fold(fold(fold(a, by128, b), by128, c), by128, d);
	for (; n >= 16; p += 16, n -= 16)
		a = fold(a, by128, load(p));
	return ~reduce(a);
}

uint32_t rec_crc32(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t folded = n & ~(size_t)15;

	if (n >= LEAST && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
		crc = by_folding(crc, p, folded);
		p += folded;
		n -= folded;
	}
	return n ? by_zlib(crc, p, n) : crc;
}

#else

uint32_t rec_crc32(uint32_t crc, const void *p, size_t n)
{
	return n ? by_zlib(crc, p, n) : crc;
}

#endif

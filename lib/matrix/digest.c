/* SPDX-License-Identifier: MIT */
#include "matrix/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"

/* Eight cells. Compilers make of these types what the target has. */
enum { LANES = 8 };
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));
typedef uint32_t lanes32 __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))

/* rec_mix of each. */
INLINE void mix(lanes *x)
{
	*x += UINT64_C(0x9e3779b97f4a7c15);
	*x = (*x ^ *x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	*x = (*x ^ *x >> 27) * UINT64_C(0x94d049bb133111eb);
	*x ^= *x >> 31;
}

/*
 * The bits of eight values and times. A negative zero becomes 0; a missing time
 * may be any NaN.
 */
INLINE void number_bits(lanes *v, lanes *t, const float *value, const double *time)
{
	const lanes minus = (lanes){ 0 } + (UINT64_C(1) << 63),
		    inf = (lanes){ 0 } + UINT64_C(0x7ff0000000000000);
	lanes32 bits;
	lanes nan;

	memcpy(&bits, value, sizeof bits);
	bits = bits & ~(lanes32)(bits == UINT32_C(1) << 31);
	*v = __builtin_convertvector(bits, lanes);
	memcpy(t, time, sizeof *t);
	*t &= ~(lanes)(*t == minus);
	nan = (lanes)((*t & ~minus) > inf);
	*t = (*t & ~nan) | (nan & UINT64_C(0x7ff8000000000000));
}

/* A multiple of LANES cells. */
INLINE void add_cells(uint64_t sum[2], const struct rec_digest_batch *b, size_t n)
{
	lanes a = { 0 }, s = { 0 };

	for (size_t i = 0; i < n; i += LANES) {
		lanes p, c, v, t, x, y;

		memcpy(&p, b->row + i, sizeof p);
		memcpy(&c, b->col + i, sizeof c);
		number_bits(&v, &t, b->value + i, b->time + i);
		mix(&p);
		p ^= c;
		mix(&p);
		x = p ^ t;
		y = p + t;
		mix(&x);
		mix(&y);
		x ^= v;
		y -= v;
		mix(&x);
		mix(&y);
		a += x;
		s += y;
	}
	for (int l = 0; l < LANES; l++) {
		sum[0] += a[l];
		sum[1] += s[l];
	}
}

static void add_plain(uint64_t sum[2], const struct rec_digest_batch *b, size_t n)
{
	add_cells(sum, b, n);
}

#if defined __x86_64__
__attribute__((target("avx2"))) static void add_avx2(uint64_t sum[2],
						     const struct rec_digest_batch *b, size_t n)
{
	add_cells(sum, b, n);
}

/* It multiplies numbers of 64 bits. */
__attribute__((target("avx512f,avx512dq,avx512vl"))) static void
add_avx512(uint64_t sum[2], const struct rec_digest_batch *b, size_t n)
{
	add_cells(sum, b, n);
}
#endif

static void add(uint64_t sum[2], const struct rec_digest_batch *b, size_t n)
{
#if defined __x86_64__
	if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
		add_avx512(sum, b, n);
		return;
	}
	if (__builtin_cpu_supports("avx2")) {
		add_avx2(sum, b, n);
		return;
	}
#endif
	add_plain(sum, b, n);
}

/* The same for one cell. */
static void add_one(uint64_t sum[2], const struct rec_digest_batch *b, size_t i)
{
	uint64_t p = rec_mix2(b->row[i], b->col[i]),
		 t = isnan(b->time[i]) ? UINT64_C(0x7ff8000000000000) :
					 rec_bits64(b->time[i] + 0.0);	/* -0 to 0 */
	uint32_t v = rec_bits32(b->value[i] + 0.0f);

	sum[0] += rec_mix(rec_mix(p ^ t) ^ v);
	sum[1] += rec_mix(rec_mix(p + t) - v);
}

void rec_digest_flush(struct rec_digest *d, struct rec_digest_batch *b)
{
	size_t whole = b->n & ~(size_t)(LANES - 1);

	add(d->sum, b, whole);
	for (size_t i = whole; i < b->n; i++)
		add_one(d->sum, b, i);
	d->cells += b->n;
	b->n = 0;
}

int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e)
{
	char hex[33];

	snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, d->sum[0], d->sum[1]);
	return rec_meta_set(m, "digest", hex, e) == 0 &&
			       rec_meta_set_u64(m, "cells", d->cells, e) == 0 ?
		       0 :
		       -1;
}

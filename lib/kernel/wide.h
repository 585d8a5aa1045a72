/* SPDX-License-Identifier: MIT */
/*
 * wide.h - loops in double. Part of loops.c.
 *
 * Two or four numbers, as many as a register holds, make a vector of the
 * compiler: products and sums are rounded each, so that its width changes
 * nothing.
 */
#ifndef REC_KERNEL_WIDE_H
#define REC_KERNEL_WIDE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/v16.h"

#if defined(__AVX__)
enum { WIDE = 4 };		/* numbers of a vector */
#else
enum { WIDE = 2 };
#endif
enum { WIDE_HELD = 8 };		/* vectors that are held */

typedef double wide __attribute__((vector_size(WIDE * sizeof(double))));

V16_INLINE wide wide_load(const double *p)
{
	wide v;

	memcpy(&v, p, sizeof v);
	return v;
}

V16_INLINE void wide_store(double *p, wide v)
{
	memcpy(p, &v, sizeof v);
}

V16_INLINE void add_rows(double *y, const double *x, const double *rows, size_t ld, uint32_t m,
			 const int width)
{
	wide acc[WIDE_HELD];

	for (int q = 0; q < width; q++)
		acc[q] = wide_load(y + q * WIDE);
	for (uint32_t j = 0; j < m; j++, rows += ld)
		for (int q = 0; q < width; q++)
			acc[q] = acc[q] + x[j] * wide_load(rows + q * WIDE);
	for (int q = 0; q < width; q++)
		wide_store(y + q * WIDE, acc[q]);
}

static void combine_f64(double *y, const double *x, const double *rows, size_t ld, uint32_t m,
			uint32_t n)
{
	uint32_t c = 0;

	assert(n % 8 == 0);
	for (; c + WIDE_HELD * WIDE <= n; c += WIDE_HELD * WIDE)
		add_rows(y + c, x, rows + c, ld, m, WIDE_HELD);
	for (; c < n; c += 2 * WIDE)
		add_rows(y + c, x, rows + c, ld, m, 2);
}

static void take_off_f64(double *y, double p, const double *v, double q, const double *w,
			 uint32_t n)
{
	assert(n % 8 == 0);
	for (uint32_t c = 0; c < n; c += WIDE)
		wide_store(y + c, wide_load(y + c) - (p * wide_load(v + c) + q * wide_load(w + c)));
}

/* The lower row of a rotation is held until the next one has turned it. */
V16_INLINE void rotate_strip(double *row, size_t ld, const double *c, const double *s, uint32_t n,
			     const int width)
{
	wide low[WIDE_HELD];

	for (int q = 0; q < width; q++)
		low[q] = wide_load(row + q * WIDE);
	for (uint32_t i = 0; i < n; i++, row -= ld)
		for (int q = 0; q < width; q++) {
			wide up = wide_load(row - ld + q * WIDE);

			wide_store(row + q * WIDE, s[i] * up + c[i] * low[q]);
			low[q] = c[i] * up - s[i] * low[q];
		}
	for (int q = 0; q < width; q++)
		wide_store(row + q * WIDE, low[q]);
}

static void rotate_f64(double *row, size_t ld, const double *c, const double *s, uint32_t n,
		       uint32_t columns)
{
	uint32_t q = 0;

	assert(columns % 8 == 0);
	for (; q + 4 * WIDE <= columns; q += 4 * WIDE)
		rotate_strip(row + q, ld, c, s, n, 4);
	for (; q < columns; q += 2 * WIDE)
		rotate_strip(row + q, ld, c, s, n, 2);
}

#endif

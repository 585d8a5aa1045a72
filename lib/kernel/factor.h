/* SPDX-License-Identifier: MIT */
/*
 * factor.h - Cholesky and its solve. Part of loops.c.
 *
 * The factor is computed as u = l', above the diagonal: rows c .. c + height -
 * 1 of u, 16 columns at a time, take off what the rows above them give
 * (tile_fma), then what they give one another. So lanes run along contiguous
 * rows of u, and no sum crosses lanes. The lower triangle is mirrored up before
 * and the factor down after: cholesky_solve goes along rows of both.
 */
#ifndef REC_KERNEL_FACTOR_H
#define REC_KERNEL_FACTOR_H

#include <assert.h>
#include <math.h>

#include "kernel/tile.h"

/*
 * The tile on the diagonal: rows c .. of u, columns from the multiple of 16 at
 * or below c; lanes left of the diagonal are rubbish.
 */
V16_INLINE uint32_t factor_diagonal(float *u, float *inverse, struct v16 *acc, uint32_t kp,
				    uint32_t c, const int height)
{
	uint32_t at = height == LANES ? 0 : c % LANES;	/* the lane of the first diagonal element */

	UNROLL
	for (int i = 0; i < height; i++) {
		float *row = u + (size_t)(c + i) * kp, pivot = v16_low(v16_lane(acc[i], at + i)),
		      root;

		if (!(pivot > 0))
			return c + i + 1;
		root = sqrtf(pivot);
		inverse[i] = 1 / root;
		acc[i] = v16_mul(acc[i], v16_all(inverse[i]));
		UNROLL
		for (int below = i + 1; below < height; below++)
			acc[below] = v16_fnma(v16_lane(acc[i], at + below), acc[i], acc[below]);
		v16_store(row + c - at, acc[i]);
		row[c + i] = root;
	}
	return 0;
}

V16_INLINE void factor_right(float *u, const float *inverse, struct v16 *acc, uint32_t kp,
			     uint32_t c, uint32_t r, const int height)
{
	UNROLL
	for (int i = 0; i < height; i++) {
		const float *row = u + (size_t)(c + i) * kp + c;

		acc[i] = v16_mul(acc[i], v16_all(inverse[i]));
		UNROLL
		for (int below = i + 1; below < height; below++)
			acc[below] = v16_fnma(v16_all(row[below]), acc[i], acc[below]);
	}
	tile_store(u + (size_t)c * kp + r, kp, acc, height);
}

/*
 * Sums of rows c .. and columns r .. so far: what is there less what the rows
 * above give.
 */
V16_INLINE void factor_sums(struct v16 *acc, const float *u, uint32_t kp, uint32_t c, uint32_t r,
			    const int height)
{
	tile_load(acc, height, u + (size_t)c * kp + r, kp);
	tile_fma(acc, height, 1, 1, c, u + c, 1, kp, u + r, 0, kp);
}

V16_INLINE uint32_t factor_rows(float *u, uint32_t kp, uint32_t c, const int height)
{
	float inverse[V16_TILE] = { 0 };
	struct v16 acc[V16_TILE];
	uint32_t bad, r = c - c % LANES;

	factor_sums(acc, u, kp, c, r, height);
	bad = factor_diagonal(u, inverse, acc, kp, c, height);
	for (r += LANES; r < kp && bad == 0; r += LANES) {
		factor_sums(acc, u, kp, c, r, height);
		factor_right(u, inverse, acc, kp, c, r, height);
	}
	return bad;
}

/* Sixteen rows, in tiles. */
static uint32_t factor_block(float *u, uint32_t kp, uint32_t c)
{
	uint32_t bad = 0, i = 0;

	for (; i + V16_TILE <= LANES && bad == 0; i += V16_TILE)
		bad = factor_rows(u, kp, c + i, V16_TILE);
	if (REST != 0 && bad == 0)
		bad = factor_rows(u, kp, c + i, REST);
	return bad;
}

/*
 * The lower triangle to the upper; in the tiles on the diagonal what stood
 * above it comes below, as rubbish.
 */
static void mirror_up(float *a, uint32_t kp)
{
	for (uint32_t r = 0; r < kp; r += LANES)
		for (uint32_t c = 0; c <= r; c += LANES)
			v16_transpose(a + (size_t)c * kp + r, kp, a + (size_t)r * kp + c, kp);
}

static void mirror_down(float *a, uint32_t kp)
{
	float tile[LANES * LANES] __attribute__((aligned(64)));

	for (uint32_t r = 0; r < kp; r += LANES) {
		for (uint32_t c = 0; c < r; c += LANES)
			v16_transpose(a + (size_t)r * kp + c, kp, a + (size_t)c * kp + r, kp);
		v16_transpose(tile, LANES, a + (size_t)r * kp + r, kp);
		UNROLL
		for (uint32_t i = 1; i < LANES; i++)
			memcpy(a + (size_t)(r + i) * kp + r, tile + i * LANES, i * sizeof *a);
	}
}

static uint32_t cholesky(float *a, uint32_t kp)
{
	assert(kp % LANES == 0);
	mirror_up(a, kp);
	for (uint32_t c = 0; c < kp; c += LANES) {
		uint32_t bad = factor_block(a, kp, c);

		if (bad != 0)
			return bad;
	}
	mirror_down(a, kp);
	return 0;
}

/*
 * The 16 unknowns at r within their tile of the factor, upwards or downwards:
 * lanes already solved turn to rubbish, and nothing reads them.
 */
V16_INLINE void solve_tile(const float *l, float *b, uint32_t kp, uint32_t r, const int backward)
{
	const float *tile = l + (size_t)r * kp + r;
	struct v16 acc = v16_load(b + r);
	float inverse[LANES] __attribute__((aligned(64)));

	UNROLL
	for (uint32_t i = 0; i < LANES; i++)
		inverse[i] = tile[i * kp + i];
	v16_store(inverse, v16_div(v16_all(1), v16_load(inverse)));
	UNROLL
	for (uint32_t n = 0; n < LANES; n++) {
		uint32_t i = backward ? LANES - 1 - n : n;
		struct v16 x = v16_mul(v16_lane(acc, i), v16_all(inverse[i]));

		b[r + i] = v16_low(x);
		acc = v16_fnma(v16_load(tile + (size_t)i * kp), x, acc);
	}
}

/* Take the 16 unknowns at r out of the 16 sums at c. */
V16_INLINE void solve_update(const float *l, float *b, uint32_t kp, uint32_t r, uint32_t c,
			     const int backward)
{
	struct v16 acc = v16_load(b + c);

	UNROLL
	for (uint32_t n = 0; n < LANES; n++) {
		uint32_t i = backward ? LANES - 1 - n : n;

		acc = v16_fnma(v16_load(l + (size_t)(r + i) * kp + c), v16_all(b[r + i]), acc);
	}
	v16_store(b + c, acc);
}

static void cholesky_solve(const float *l, float *b, uint32_t kp)
{
	for (uint32_t r = 0; r < kp; r += LANES) {
		solve_tile(l, b, kp, r, 0);
		for (uint32_t c = r + LANES; c < kp; c += LANES)
			solve_update(l, b, kp, r, c, 0);
	}
	for (uint32_t r = kp; r > 0; r -= LANES) {
		solve_tile(l, b, kp, r - LANES, 1);
		for (uint32_t c = 0; c < r - LANES; c += LANES)
			solve_update(l, b, kp, r - LANES, c, 1);
	}
}

#endif

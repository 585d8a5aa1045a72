/* SPDX-License-Identifier: MIT */
/*
 * tile.h - the register tile under rank_update, cholesky and scores: `height`
 * rows of `panels` vectors that stay in registers while an index j runs
 * innermost, each step loading `panels` vectors and `height` numbers to
 * broadcast. A tile's shape decides which elements are computed together, never
 * the order in which one element's terms are added: that is the contract of
 * kernel.h. Part of loops.c.
 */
#ifndef REC_KERNEL_TILE_H
#define REC_KERNEL_TILE_H

#include "kernel/kernel.h"
#include "kernel/v16.h"

enum {
	LANES = REC_LANES,
	REST = LANES % V16_TILE,	/* rows of 16 that a number of whole tiles leaves */
};

/* Unrolled loops have constant bounds: the tile lives in registers. */
#define UNROLL _Pragma("GCC unroll 16")

/*
 * acc[i * panels + q] += b[i * b_row + j * b_step] * v[q * v_panel + j *
 * v_step], j = 0 .. m - 1 in order (-= where minus is set).
 */
V16_INLINE void tile_fma(struct v16 *acc, const int height, const int panels, const int minus,
			 size_t m, const float *b, size_t b_row, size_t b_step, const float *v,
			 size_t v_panel, size_t v_step)
{
	for (size_t j = 0; j < m; j++, b += b_step, v += v_step) {
		struct v16 x[V16_PANELS];

		UNROLL
		for (int q = 0; q < panels; q++)
			x[q] = v16_load(v + q * v_panel);
		UNROLL
		for (int i = 0; i < height; i++) {
			struct v16 y = v16_all(b[i * b_row]);

			UNROLL
			for (int q = 0; q < panels; q++)
				acc[i * panels + q] = minus ? v16_fnma(y, x[q],
								       acc[i * panels + q]) :
							      v16_fma(y, x[q], acc[i * panels + q]);
		}
	}
}

V16_INLINE void tile_load(struct v16 *acc, const int height, const float *a, size_t lda)
{
	UNROLL
	for (int i = 0; i < height; i++)
		acc[i] = v16_load(a + i * lda);
}

V16_INLINE void tile_store(float *a, size_t lda, const struct v16 *acc, const int height)
{
	UNROLL
	for (int i = 0; i < height; i++)
		v16_store(a + i * lda, acc[i]);
}

#endif

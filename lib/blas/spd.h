/* SPDX-License-Identifier: MIT */
/*
 * spd.h - the inverse of a symmetric positive definite matrix, in place, by
 * tiles.
 *
 * a is row-major, n x n, rows n apart; only its lower triangle is read and
 * written. Three sweeps over tiles of REC_TILE x REC_TILE: Cholesky a = L L',
 * the inverse of L, and L^-T L^-1 (the order of PLASMA's potrf, trtri and
 * lauum, Buttari et al. 2009), n^3 multiply-adds in all. In a sweep every step
 * k is two or three runs of independent tiles, each tile one BLAS call on one
 * thread: the result depends on n and the BLAS kernels alone, whatever the
 * pool. No memory of its own.
 */
#ifndef REC_BLAS_SPD_H
#define REC_BLAS_SPD_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "blas/blas.h"
#include "recpipe/pool.h"

/*
 * The tile decides how sums are divided, so the result depends on it: another
 * size is another result.
 */
enum { REC_TILE = 256 };

/*
 * Fails with REC_EDATA where a pivot is not above 0 (the message says in which
 * row, from 1). n < 2^31.
 */
REC_MUST int rec_spd_inverse(float *a, uint32_t n, const struct rec_blas *b, struct rec_pool *pool,
			     const struct rec_progress *progress, struct rec_err *e);

#endif

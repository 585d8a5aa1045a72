/* SPDX-License-Identifier: MIT */
/*
 * v16.h - a virtual vector of 16 float lanes: the only place where the kernels
 * meet an instruction set.
 *
 * REC_ISA_plain, REC_ISA_avx2, REC_ISA_avx512 or REC_ISA_neon, set by the
 * Makefile for each compilation of loops.c, picks the file with struct v16 and
 * these operations, which give the same bits in all of them:
 *
 *   v16_zero(), v16_all(a)         all lanes 0, or a
 *   v16_load(p), v16_store(p, v)   16 floats at any address
 *   v16_load_some(p, n)            n < 16 floats, other lanes 0; touches
 *                                  nothing beyond them
 *   v16_store_some(p, v, n)        the first n < 16 lanes
 *   v16_lane(v, l)                 all lanes the lane l of v
 *   v16_low(v)                     lane 0
 *   v16_add, v16_mul, v16_div      a + b, a * b, a / b
 *   v16_fma, v16_fnma              a * b + c, c - a * b, rounded once
 *   v16_sum(v)                     lanes l and l + 8 added, then l + 4, l + 2,
 *                                  l + 1
 *   v16_sum4(out, a, b, c, d)      four of them
 *   v16_not_le(v, b)               bit l set where not v[l] <= b[l] (greater,
 *                                  or NaN)
 *   v16_nan(v)                     bit l set where v[l] is NaN
 *   v16_transpose(d, ldd, s, lds)  d[c * ldd + r] = s[r * lds + c], r and c <
 *                                  16; d == s is allowed
 *
 * Where V16_SIFT is not 0, what sift needs, with whole numbers
 * in 16 lanes:
 *
 *   v16_max(a, b)                  the larger of floats; b where one is NaN
 *   v16i_zero(), v16i_all(x)       all lanes 0, or the 32 bits of x
 *   v16i_load(p)                   64 bytes at any address
 *   v16i_quad(a, v, q)             v has four bytes 0 .. 255 a lane, q four
 *                                  signed ones: the products of the first two
 *                                  are added to the low half of the lane of a,
 *                                  those of the other two to the high half,
 *                                  modulo 2^16; a pair of products must fit in
 *                                  16 bits
 *   v16i_halves(v, a)              v + low half + high half of a, signed
 *   v16i_above(v, x)               bit l set where v[l] > x
 *
 * Vectors are held as intrinsics: compilers' own 64-byte vector types run
 * several times slower where a register is narrower.
 */
#ifndef REC_KERNEL_V16_H
#define REC_KERNEL_V16_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define V16_INLINE static inline __attribute__((always_inline))

/*
 * Heights of the register tiles, in rows of 16 lanes: what the register file
 * holds beside the operands. V16_TILE rows by one vector in rank_update and
 * cholesky (16 rows are cut into such heights and a rest), V16_SCORE by
 * V16_PANELS in scores, V16_SIFT by V16_PANELS in sift (gcc 12 spills taller
 * ones; 0: the set has no sift). V16_HELD: the sums of 64 columns stay in
 * registers in outer_matvec.
 */
#if defined(REC_ISA_plain)
#include "kernel/v16_plain.h"
#define V16_ISA plain
#define V16_SIFT 0
#define V16_HELD 0
#define V16_TILE 4
#define V16_SCORE 4
#define V16_PANELS 1
#elif defined(REC_ISA_avx2)
#include "kernel/v16_avx2.h"
#define V16_ISA avx2
#define V16_SIFT 3
#define V16_HELD 0
#define V16_TILE 6
#define V16_SCORE 6
#define V16_PANELS 1
#elif defined(REC_ISA_avx512)
#include "kernel/v16_avx512.h"
#define V16_ISA avx512
#define V16_SIFT 6
#define V16_HELD 1
#define V16_TILE 16
#define V16_SCORE 12
#define V16_PANELS 2
#elif defined(REC_ISA_neon)
#include "kernel/v16_neon.h"
#define V16_ISA neon
#define V16_SIFT 0
#define V16_HELD 0
#define V16_TILE 6
#define V16_SCORE 6
#define V16_PANELS 1
#else
#error "no instruction set given"
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the hot loops, one source on virtual vectors of 16 float lanes
 * (v16.h), compiled once per instruction set.
 *
 * What every loop computes is defined element by element, as a chain of fused
 * multiply-adds in a stated order, or as a stated reduction tree. Tiling,
 * unrolling and the width of the machine's registers can't change it, so plain
 * C, AVX2, AVX-512 and NEON give the same bytes.
 *
 * Vectors and panels: kp is a rank rounded up to a multiple of 16, the padding
 * zero. A panel is m rows of kp floats, 64-byte aligned. Kernels return void
 * and allocate nothing; preconditions are asserts.
 */
#ifndef REC_KERNEL_KERNEL_H
#define REC_KERNEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "recpipe/pool.h"

enum { REC_LANES = 16 };

/* Of the kernel sift: groups of a chunk, and the largest element of a query. */
enum { REC_SIFT_CHUNK = 16, REC_SIFT_QUERY = 64 };

/*
 * What takes the 128 out of the sums of a chunk again: the sums of a query's
 * elements at 4i and 4i + 1, and at 4i + 2 and 4i + 3, times -128, modulo 2^16.
 */
static inline int32_t rec_sift_start(int32_t low, int32_t high)
{
	return (int32_t)((uint32_t)(uint16_t)(-128 * low) | (uint32_t)(-128 * high) << 16);
}

/* Squares: of an element, of half a chunk (see sift), of a vector. */
struct rec_extent {
	float most, half, all;
};

struct rec_kernel {
	const char *isa;	/* "plain", "avx2", "avx512", "neon" */

	/*
	 * dot: sum of x[i] * y[i], i < n, any n and alignment. Four
	 * accumulators of 16 lanes; element i goes by fma to lane i % 16 of
	 * accumulator (i / 16) % 4 in ascending i (a last partial vector is
	 * filled with zeros); then (a0 + a1) + (a2 + a3), then lanes l and l +
	 * 8, l + 4, l + 2, l + 1.
	 */
	float (*dot)(const float *x, const float *y, size_t n);

	/* y[i] = fma(a, x[i], y[i]), i < n, any n and alignment. */
	void (*axpy)(float *y, float a, const float *x, size_t n);

	/*
	 * panel[j][] = table[idx[j]][], j < m; table rows are kp floats,
	 * 64-byte aligned. Prefetches.
	 */
	void (*gather)(float *panel, const float *table, const uint32_t *idx, uint32_t m,
		       uint32_t kp);

	/*
	 * Ask for the rows idx[j], j < m, of a table (rows of kp floats): they
	 * will be gathered soon.
	 */
	void (*ask)(const float *table, const uint32_t *idx, uint32_t m, uint32_t kp);

	/*
	 * Symmetric rank-m update of the lower triangle of a (kp x kp,
	 * row-major, 64-byte aligned):
	 * a[r][c] = fma(w[j] * p[j][r], p[j][c], a[r][c]), j ascending, c <= r;
	 * w[j] * p[j][r] is rounded first. w NULL means all 1. What stands
	 * above the diagonal inside the 16 x 16 tiles on it may be written with
	 * anything finite.
	 */
	void (*rank_update)(float *a, const float *panel, const float *w, uint32_t m, uint32_t kp);

	/* b[c] = fma(w[j], p[j][c], b[c]), j ascending, c < kp. */
	void (*combine)(float *b, const float *panel, const float *w, uint32_t m, uint32_t kp);

	/*
	 * Products of rows of a panel (np rows of kp floats, np a multiple of
	 * 16), each component weighed, into the lower triangle of a (np x np):
	 * a[r][c] = fma(d[f] * p[r][f], p[c][f], a[r][c]), f ascending; the
	 * triangle as in rank_update. work: 64 x np floats, 64-byte aligned.
	 */
	void (*row_products)(float *a, float *work, const float *panel, const float *d, uint32_t np,
			     uint32_t kp);

	/*
	 * Element by element, n a multiple of 16, 64-byte aligned: out = x * y;
	 * out = 1 / (x + a).
	 */
	void (*times)(float *out, const float *x, const float *y, uint32_t n);
	void (*inverse)(float *out, const float *x, float a, uint32_t n);

	/*
	 * Cholesky factor of a (kp x kp, lower triangle, in place): l[r][c] =
	 * (a[r][c] - l[r][0] l[c][0] - l[r][1] l[c][1] - ...) times 1 /
	 * l[c][c], each product taken off by fma in ascending order; the
	 * diagonal is a square root. Returns 0, or 1 + the first column whose
	 * pivot is not > 0 (a is then spoilt). What stands above the diagonal
	 * is overwritten by l', which cholesky_solve reads.
	 */
	uint32_t (*cholesky)(float *a, uint32_t kp);

	/*
	 * Solve l l' x = b in place for x, given what cholesky left in a (both
	 * triangles); sums in ascending order of the index (backward:
	 * descending), by fma, each then times 1 / l[c][c].
	 */
	void (*cholesky_solve)(const float *l, float *b, uint32_t kp);

	/*
	 * y += sum over j of w[j] * (t_j . x) * t_j, where t_j = table[idx[j]]
	 * (idx NULL: row j of a panel): s = w[j] * dot(t_j, x), y[c] = fma(s,
	 * t_j[c], y[c]), j ascending, dot as above. The matrix-vector product
	 * of conjugate gradients, one pass over each row.
	 */
	void (*outer_matvec)(float *y, const float *table, const uint32_t *idx, const float *w,
			     const float *x, uint32_t m, uint32_t kp);

	/*
	 * Rows r0 .. r0 + 16 * npanels - 1 of a table (nrows rows, k floats
	 * each, stride floats apart; rows beyond nrows count as zeros), packed
	 * for scores(): out[panel][f][lane] = table[r0 + 16 * panel + lane][f],
	 * f < k.
	 */
	void (*pack)(float *out, const float *table, size_t stride, uint32_t nrows, uint32_t r0,
		     uint32_t npanels, uint32_t k);

	/*
	 * Scores of nu query vectors (ldq floats apart) against npanels packed
	 * panels: out[u * ldo + 16 * panel + lane] = the chain s = 0; s =
	 * fma(q[u][f], packed[panel][f][lane], s), f ascending. out and packed
	 * 64-byte aligned, ldo a multiple of 16.
	 */
	void (*scores)(float *out, size_t ldo, const float *q, size_t ldq, uint32_t nu,
		       const float *packed, uint32_t npanels, uint32_t k);

	/*
	 * The same chain for one pair: what scores() gives for it, to the bit.
	 */
	float (*score)(const float *q, const float *item, uint32_t k);

	/*
	 * The same chain for q and the rows idx[j], j < m <= 16, of a table
	 * whose rows are ld floats apart, into out[j].
	 */
	void (*scores_at)(float *out, const float *q, const float *table, size_t ld,
			  const uint32_t *idx, uint32_t m, uint32_t k);

	/*
	 * What sift needs to know of a vector of k floats: each is set to what
	 * is larger, itself or what v has; `all` to NaN where v has one. Sums
	 * in float, in any order.
	 */
	void (*extend)(struct rec_extent *x, const float *v, uint32_t k);

	/*
	 * An item as sift reads it: element f is v[f] / scale, rounded, which
	 * is within 127. out is its first group; the other groups follow at
	 * steps of REC_LANES groups. Elements that fill the last group are 0.
	 * Returns the sum of squares of what is left, v[f] - scale * element;
	 * in float, in any order. scale has at most 16 significant bits.
	 */
	float (*coarse)(unsigned char *out, const float *v, uint32_t k, float scale);

	/*
	 * Products of whole numbers, to tell which scores may exceed a bound.
	 * Elements are taken in groups of four, the last filled with zeros, and
	 * groups in chunks of REC_SIFT_CHUNK.
	 *
	 * An item has bytes element + 128, elements within 127: items[panel]
	 * [group][lane][4], in panels as those of pack, 64-byte aligned.
	 *
	 * nq queries, elements within REC_SIFT_QUERY, stand side by side: q[row
	 * * nq + u] has four signed bytes, element 0 in the lowest. Each chunk
	 * begins with a row of its own: rec_sift_start of its elements.
	 *
	 * mask[u * ldm + panel] gets bit l set where the product of query u and
	 * the item in lane l is above least[u]. Sums are exact: the caller sees
	 * to it that |x| |y| < 2^15 for the elements at 4i and 4i + 1 of each
	 * chunk of an item and a query, and for those at 4i + 2 and 4i + 3.
	 *
	 * NULL, with extend and coarse, in sets where it would not be faster
	 * than scores.
	 */
	void (*sift)(uint16_t *mask, size_t ldm, const int32_t *q, const int32_t *least,
		     uint32_t nq, const unsigned char *items, uint32_t npanels, uint32_t groups);

	/*
	 * y[j] = fma(a, x[i], y[j]), j = idx[i] (idx NULL: i), i < n ascending.
	 * Where hit[j] is 0 it becomes 1 and j is appended to list after its
	 * first m; returns how many stand there then. list has room for one
	 * more than will ever be in it.
	 */
	uint32_t (*scatter)(float *y, unsigned char *hit, uint32_t *list, uint32_t m, float a,
			    const uint32_t *idx, const float *x, size_t n);

	/*
	 * In double, each product and sum rounded; n is a multiple of 8, rows
	 * are ld numbers apart.
	 *
	 * combine_f64: y[c] = y[c] + x[j] * rows[j][c], j < m ascending, c < n.
	 *
	 * take_off_f64: y[c] = y[c] - (p * v[c] + q * w[c]), c < n.
	 *
	 * rotate_f64: n rotations, one after the other, of a row and the one
	 * above it (ld numbers before), which is the row of the next: (up, row)
	 * becomes (c[i] up - s[i] row, s[i] up + c[i] row). A multiple of 8
	 * columns.
	 */
	void (*combine_f64)(double *y, const double *x, const double *rows, size_t ld, uint32_t m,
			    uint32_t n);
	void (*take_off_f64)(double *y, double p, const double *v, double q, const double *w,
			     uint32_t n);
	void (*rotate_f64)(double *row, size_t ld, const double *c, const double *s, uint32_t n,
			   uint32_t columns);

	/*
	 * Positions i < n with x[i] > bound, ascending, into idx (room for n);
	 * returns how many. *nan is set to 1 if some x[i] is NaN, else left.
	 */
	uint32_t (*above)(uint32_t *idx, const float *x, uint32_t n, float bound, int *nan);
};

#endif

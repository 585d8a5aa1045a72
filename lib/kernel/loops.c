/* SPDX-License-Identifier: MIT */
/*
 * loops.c - every kernel of kernel.h, on the vectors of v16.h; compiled once
 * per instruction set.
 *
 * The dense ones share the register tile of tile.h; Cholesky is in factor.h.
 * Loops over j are cut (CHUNK) so that the panels stay in the first-level
 * cache; the sums wait in memory meanwhile, in float, which loses nothing.
 */
#include "kernel/kernel.h"

#include <assert.h>
#include <math.h>

#include "kernel/factor.h"
#include "kernel/tile.h"
#include "kernel/v16.h"
#include "kernel/wide.h"

/*
 * CHUNK: rows of a panel that are used at once. At rank 64 they take 16 KiB,
 * and their scaled columns 4 KiB: both stay in a first-level cache of 32 KiB.
 *
 * AHEAD: how many rows of a table are asked for before they are used. To gather
 * a row of a table of 20,000 took 4.6, 9.4, 21 ns at rank 64, 128, 256 (Zen 4,
 * AVX-512), so at rank 64 a row is asked for 55 ns ahead, which is the order of
 * an access to memory.
 */
enum { CHUNK = 64, AHEAD = 12 };

V16_INLINE void prefetch_row(const float *row, uint32_t kp)
{
	for (uint32_t c = 0; c < kp; c += LANES)
		__builtin_prefetch(row + c);
}

/* ---- vectors ---- */

/*
 * The products of x and y in four accumulators, and their sum (a0 + a1) + (a2 +
 * a3): what is left to add are 16 lanes.
 */
V16_INLINE struct v16 dot_lanes(const float *x, const float *y, size_t n)
{
	struct v16 a[4] = { v16_zero(), v16_zero(), v16_zero(), v16_zero() };
	size_t i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES)
		UNROLL
		for (int q = 0; q < 4; q++)
			a[q] = v16_fma(v16_load(x + i + q * LANES), v16_load(y + i + q * LANES),
				       a[q]);
	UNROLL
	for (int q = 0; q < 4; q++, i += LANES) {
		if (i + LANES <= n)
			a[q] = v16_fma(v16_load(x + i), v16_load(y + i), a[q]);
		else if (i < n)
			a[q] = v16_fma(v16_load_some(x + i, (unsigned)(n - i)),
				       v16_load_some(y + i, (unsigned)(n - i)), a[q]);
	}
	return v16_add(v16_add(a[0], a[1]), v16_add(a[2], a[3]));
}

static float dot(const float *x, const float *y, size_t n)
{
	return v16_sum(dot_lanes(x, y, n));
}

static void axpy(float *y, float a, const float *x, size_t n)
{
	struct v16 s = v16_all(a);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		v16_store(y + i, v16_fma(s, v16_load(x + i), v16_load(y + i)));
	if (i < n) {
		unsigned rest = (unsigned)(n - i);

		v16_store_some(y + i,
			       v16_fma(s, v16_load_some(x + i, rest), v16_load_some(y + i, rest)),
			       rest);
	}
}

/* The positions of the bits of m, counted from i. */
V16_INLINE uint32_t note(uint32_t *idx, uint32_t found, uint32_t i, unsigned m, unsigned nans,
			 int *nan)
{
	if ((m & nans) != 0)
		*nan = 1;
	for (m &= ~nans; m != 0; m &= m - 1)
		idx[found++] = i + (uint32_t)__builtin_ctz(m);
	return found;
}

/*
 * Hardly any element passes: four vectors are asked at once whether one does.
 */
static uint32_t above(uint32_t *idx, const float *x, uint32_t n, float bound, int *nan)
{
	struct v16 b = v16_all(bound);
	uint32_t found = 0, i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES) {
		unsigned m[4];

		UNROLL
		for (int q = 0; q < 4; q++)
			m[q] = v16_not_le(v16_load(x + i + q * LANES), b);
		if ((m[0] | m[1] | m[2] | m[3]) == 0)
			continue;
		for (uint32_t q = 0; q < 4; q++)
			found = note(idx, found, i + q * LANES, m[q],
				     v16_nan(v16_load(x + i + q * LANES)), nan);
	}
	for (; i < n; i += LANES) {
		unsigned some = n - i < LANES ? n - i : LANES;
		struct v16 v = some < LANES ? v16_load_some(x + i, some) : v16_load(x + i);

		found = note(idx, found, i, v16_not_le(v, b) & ((1u << some) - 1), v16_nan(v), nan);
	}
	return found;
}

/* ---- panels ---- */

static void gather(float *panel, const float *table, const uint32_t *idx, uint32_t m, uint32_t kp)
{
	assert(kp % LANES == 0);
	for (uint32_t j = 0; j < m; j++, panel += kp) {
		const float *row = table + (size_t)idx[j] * kp;

		if (j + AHEAD < m)
			prefetch_row(table + (size_t)idx[j + AHEAD] * kp, kp);
		for (uint32_t c = 0; c < kp; c += LANES)
			v16_store(panel + c, v16_load(row + c));
	}
}

static void ask(const float *table, const uint32_t *idx, uint32_t m, uint32_t kp)
{
	for (uint32_t j = 0; j < m; j++) {
		const float *row = table + (size_t)idx[j] * kp;

		for (uint32_t c = 0; c < kp; c += LANES)
			__builtin_prefetch(row + c, 0, 2);
	}
}

/* out[j][] = w[j] * p[j][], 16 columns. */
V16_INLINE void scale_columns(float *out, const float *p, const float *w, uint32_t m, uint32_t kp)
{
	for (uint32_t j = 0; j < m; j++) {
		struct v16 x = v16_load(p + (size_t)j * kp);

		v16_store(out + j * LANES, w != NULL ? v16_mul(v16_all(w[j]), x) : x);
	}
}

V16_INLINE void update_tile(float *a, const float *scaled, const float *panel, uint32_t m,
			    uint32_t kp, const int height)
{
	struct v16 acc[V16_TILE];

	tile_load(acc, height, a, kp);
	tile_fma(acc, height, 1, 0, m, scaled, 1, LANES, panel, 0, kp);
	tile_store(a, kp, acc, height);
}

/*
 * Rows r .. r + 15 of the lower triangle: scaled columns r .. r + 15 of the
 * panel times columns 0 .. r + 15.
 */
V16_INLINE void update_rows(float *a, const float *panel, const float *w, uint32_t m, uint32_t kp,
			    uint32_t r)
{
	float scaled[CHUNK * LANES] __attribute__((aligned(64)));

	scale_columns(scaled, panel + r, w, m, kp);
	for (uint32_t c = 0; c <= r; c += LANES) {
		float *to = a + (size_t)r * kp + c;

		for (int i = 0; i + V16_TILE <= LANES; i += V16_TILE)
			update_tile(to + (size_t)i * kp, scaled + i, panel + c, m, kp, V16_TILE);
		if (REST != 0)
			update_tile(to + (size_t)(LANES - REST) * kp, scaled + LANES - REST,
				    panel + c, m, kp, REST);
	}
}

static void rank_update(float *a, const float *panel, const float *w, uint32_t m, uint32_t kp)
{
	assert(kp % LANES == 0);
	for (uint32_t j = 0; j < m; j += CHUNK) {
		uint32_t some = m - j < CHUNK ? m - j : CHUNK;

		for (uint32_t r = 0; r < kp; r += LANES)
			update_rows(a, panel + (size_t)j * kp, w != NULL ? w + j : NULL, some, kp,
				    r);
	}
}

/* Columns f .. of 16 rows at a time become rows of work. */
static void row_products(float *a, float *work, const float *panel, const float *d, uint32_t np,
			 uint32_t kp)
{
	assert(kp % LANES == 0 && np % LANES == 0);
	for (uint32_t f = 0; f < kp; f += CHUNK) {
		uint32_t some = kp - f < CHUNK ? kp - f : CHUNK;

		for (uint32_t r = 0; r < np; r += LANES)
			for (uint32_t i = 0; i < some; i += LANES)
				v16_transpose(work + (size_t)i * np + r, np,
					      panel + (size_t)r * kp + f + i, kp);
		rank_update(a, work, d + f, some, np);
	}
}

static void times(float *out, const float *x, const float *y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES)
		v16_store(out + i, v16_mul(v16_load(x + i), v16_load(y + i)));
}

static void inverse(float *out, const float *x, float a, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		struct v16 sum = v16_add(v16_load(x + i), v16_all(a));

		v16_store(out + i, v16_div(v16_all(1), sum));
	}
}

/* b[c ..] += sum of w[j] * p[j][c ..] over `width` vectors. */
V16_INLINE void combine_columns(float *b, const float *panel, const float *w, uint32_t m,
				uint32_t kp, const int width)
{
	struct v16 acc[4];

	tile_load(acc, width, b, LANES);
	for (uint32_t j = 0; j < m; j++, panel += kp) {
		struct v16 s = v16_all(w[j]);

		UNROLL
		for (int q = 0; q < width; q++)
			acc[q] = v16_fma(s, v16_load(panel + q * LANES), acc[q]);
	}
	tile_store(b, LANES, acc, width);
}

static void combine(float *b, const float *panel, const float *w, uint32_t m, uint32_t kp)
{
	uint32_t c = 0;

	assert(kp % LANES == 0);
	for (; c + 4 * LANES <= kp; c += 4 * LANES)
		combine_columns(b + c, panel + c, w, m, kp, 4);
	for (; c < kp; c += LANES)
		combine_columns(b + c, panel + c, w, m, kp, 1);
}

/* ---- sum of w (t . x) t ---- */

/* As dot_lanes, for rows of whole vectors. */
V16_INLINE struct v16 row_lanes(const float *x, const float *y, uint32_t kp)
{
	struct v16 a[4] = { v16_zero(), v16_zero(), v16_zero(), v16_zero() };
	uint32_t c = 0;

	for (; c + 4 * LANES <= kp; c += 4 * LANES)
		UNROLL
		for (int q = 0; q < 4; q++)
			a[q] = v16_fma(v16_load(x + c + q * LANES), v16_load(y + c + q * LANES),
				       a[q]);
	if (c < kp)
		a[0] = v16_fma(v16_load(x + c), v16_load(y + c), a[0]);
	if (c + LANES < kp)
		a[1] = v16_fma(v16_load(x + c + LANES), v16_load(y + c + LANES), a[1]);
	if (c + 2 * LANES < kp)
		a[2] = v16_fma(v16_load(x + c + 2 * LANES), v16_load(y + c + 2 * LANES), a[2]);
	return v16_add(v16_add(a[0], a[1]), v16_add(a[2], a[3]));
}

/*
 * s[i] = w[i] * dot(t[i], x): four rows together hide the latency of the sums.
 */
V16_INLINE void four_dots(float s[4], const float *const t[4], const float *w, const float *x,
			  uint32_t kp)
{
	struct v16 d[4];

	UNROLL
	for (int i = 0; i < 4; i++)
		d[i] = row_lanes(t[i], x, kp);
	v16_sum4(s, d[0], d[1], d[2], d[3]);
	UNROLL
	for (int i = 0; i < 4; i++)
		s[i] *= w[i];
}

V16_INLINE struct v16 four_axpys(struct v16 y, const float s[4], const float *const t[4],
				 uint32_t c)
{
	UNROLL
	for (int i = 0; i < 4; i++)
		y = v16_fma(v16_all(s[i]), v16_load(t[i] + c), y);
	return y;
}

V16_INLINE void four_rows(const float *t[4], const float *table, const uint32_t *idx, uint32_t j,
			  uint32_t kp)
{
	UNROLL
	for (uint32_t i = 0; i < 4; i++)
		t[i] = table + (size_t)(idx != NULL ? idx[j + i] : j + i) * kp;
}

/* Rows of 64 floats, y in registers. */
V16_INLINE uint32_t outer_held(float *y, const float *table, const uint32_t *idx, const float *w,
			       const float *x, uint32_t m)
{
	enum { WIDTH = 4 };
	struct v16 v[WIDTH];
	const float *t[4], *next[4];
	float s[4];
	uint32_t j = 0;

	tile_load(v, WIDTH, y, LANES);
	for (; j + 4 <= m; j += 4) {
		four_rows(t, table, idx, j, WIDTH * LANES);
		if (idx != NULL && j + AHEAD + 4 <= m) {
			four_rows(next, table, idx, j + AHEAD, WIDTH * LANES);
			UNROLL
			for (int i = 0; i < 4; i++)
				prefetch_row(next[i], WIDTH * LANES);
		}
		four_dots(s, t, w + j, x, WIDTH * LANES);
		UNROLL
		for (int q = 0; q < WIDTH; q++)
			v[q] = four_axpys(v[q], s, t, q * LANES);
	}
	tile_store(y, LANES, v, WIDTH);
	return j;
}

/*
 * Rows of any length; the rows ahead are asked for line by line, between the
 * work on these.
 */
V16_INLINE uint32_t outer_long(float *y, const float *table, const uint32_t *idx, const float *w,
			       const float *x, uint32_t m, uint32_t kp)
{
	const float *t[4], *next[4];
	float s[4];
	uint32_t j = 0;

	for (; j + 4 <= m; j += 4) {
		int ask = idx != NULL && j + AHEAD + 4 <= m;

		four_rows(t, table, idx, j, kp);
		four_rows(next, table, ask ? idx : NULL, ask ? j + AHEAD : 0, kp);
		four_dots(s, t, w + j, x, kp);
		for (uint32_t c = 0; c < kp; c += LANES) {
			if (ask)
				UNROLL
				for (int i = 0; i < 4; i++)
					__builtin_prefetch(next[i] + c);
			v16_store(y + c, four_axpys(v16_load(y + c), s, t, c));
		}
	}
	return j;
}

/* The usual ranks as constants: loops over a row unroll. */
static void outer_matvec(float *y, const float *table, const uint32_t *idx, const float *w,
			 const float *x, uint32_t m, uint32_t kp)
{
	uint32_t j;

	assert(kp % LANES == 0);
	if (kp == 64)
		j = V16_HELD ? outer_held(y, table, idx, w, x, m) :
			       outer_long(y, table, idx, w, x, m, 64);
	else if (kp == 128)
		j = outer_long(y, table, idx, w, x, m, 128);
	else
		j = outer_long(y, table, idx, w, x, m, kp / LANES * LANES);
	for (; j < m; j++) {
		const float *t = table + (size_t)(idx != NULL ? idx[j] : j) * kp;

		axpy(y, w[j] * dot(t, x, kp), t, kp);
	}
}

/* ---- scores ---- */

V16_INLINE void pack_some(float *out, const float *table, size_t stride, uint32_t rows, uint32_t f,
			  uint32_t k)
{
	for (; f < k; f++)
		for (uint32_t l = 0; l < LANES; l++)
			out[f * LANES + l] = l < rows ? table[l * stride + f] : 0;
}

static void pack(float *out, const float *table, size_t stride, uint32_t nrows, uint32_t r0,
		 uint32_t npanels, uint32_t k)
{
	for (uint32_t p = 0; p < npanels; p++, r0 += LANES, out += (size_t)k * LANES) {
		uint32_t rows = r0 >= nrows ? 0 : nrows - r0 < LANES ? nrows - r0 : LANES, f = 0;
		const float *from = table + (rows > 0 ? r0 * stride : 0);

		if (rows == LANES)
			for (; f + LANES <= k; f += LANES)
				v16_transpose(out + f * LANES, LANES, from + f, stride);
		pack_some(out, from, stride, rows, f, k);
	}
}

/* `height` queries against `panels` panels. */
V16_INLINE void score_tile(float *out, size_t ldo, const float *q, size_t ldq, const float *packed,
			   uint32_t k, const int height, const int panels)
{
	struct v16 acc[V16_SCORE * V16_PANELS];

	UNROLL
	for (int i = 0; i < height * panels; i++)
		acc[i] = v16_zero();
	tile_fma(acc, height, panels, 0, k, q, ldq, 1, packed, (size_t)k * LANES, LANES);
	UNROLL
	for (int i = 0; i < height; i++)
		UNROLL
		for (int p = 0; p < panels; p++)
			v16_store(out + i * ldo + p * LANES, acc[i * panels + p]);
}

V16_INLINE void score_panels(float *out, size_t ldo, const float *q, size_t ldq, uint32_t nu,
			     const float *packed, uint32_t k, const int panels)
{
	uint32_t u = 0;

	for (; u + V16_SCORE <= nu; u += V16_SCORE)
		score_tile(out + u * ldo, ldo, q + u * ldq, ldq, packed, k, V16_SCORE, panels);
	for (; u + 4 <= nu; u += 4)
		score_tile(out + u * ldo, ldo, q + u * ldq, ldq, packed, k, 4, panels);
	for (; u < nu; u++)
		score_tile(out + u * ldo, ldo, q + u * ldq, ldq, packed, k, 1, panels);
}

static void scores(float *out, size_t ldo, const float *q, size_t ldq, uint32_t nu,
		   const float *packed, uint32_t npanels, uint32_t k)
{
	uint32_t p = 0;
	size_t panel = (size_t)k * LANES;

	assert(ldo % LANES == 0);
	for (; p + V16_PANELS <= npanels; p += V16_PANELS)
		score_panels(out + p * LANES, ldo, q, ldq, nu, packed + p * panel, k, V16_PANELS);
	for (; p < npanels; p++)
		score_panels(out + p * LANES, ldo, q, ldq, nu, packed + p * panel, k, 1);
}

static float score(const float *q, const float *item, uint32_t k)
{
	float s = 0;

	for (uint32_t f = 0; f < k; f++)
		s = fmaf(q[f], item[f], s);
	return s;
}

/*
 * The lanes are items: 16 columns of their rows at a time are transposed. Where
 * m < 16, the last lanes repeat a row.
 */
static void scores_at(float *out, const float *q, const float *table, size_t ld,
		      const uint32_t *idx, uint32_t m, uint32_t k)
{
	float block[LANES * LANES] __attribute__((aligned(64)));
	const float *row[LANES];
	struct v16 s = v16_zero();

	assert(m > 0 && m <= LANES);
	for (uint32_t l = 0; l < LANES; l++)
		row[l] = table + (size_t)idx[l < m ? l : 0] * ld;
	for (uint32_t f = 0; f < k; f += LANES) {
		uint32_t n = k - f < LANES ? k - f : LANES;

		for (uint32_t l = 0; l < LANES; l++)
			v16_store(block + l * LANES, n < LANES ? v16_load_some(row[l] + f, n) :
								 v16_load(row[l] + f));
		v16_transpose(block, LANES, block, LANES);
		for (uint32_t i = 0; i < n; i++)
			s = v16_fma(v16_all(q[f + i]), v16_load(block + i * LANES), s);
	}
	if (m < LANES)
		v16_store_some(out, s, m);
	else
		v16_store(out, s);
}

#if V16_SIFT
enum { CHUNK_ELEMENTS = 4 * REC_SIFT_CHUNK };

/* Lanes l with l % 4 < 2 are one half of a chunk, the others the other. */
static void extend(struct rec_extent *x, const float *v, uint32_t k)
{
	struct v16 most = v16_all(x->most);
	float lane[LANES], all = 0;

	for (uint32_t c = 0; c < k; c += CHUNK_ELEMENTS) {
		uint32_t n = k - c < CHUNK_ELEMENTS ? k - c : CHUNK_ELEMENTS;
		struct v16 sum = v16_zero();
		float half[2] = { 0, 0 };

		for (uint32_t f = 0; f < n; f += LANES) {
			struct v16 y = n - f < LANES ? v16_load_some(v + c + f, n - f) :
						       v16_load(v + c + f);

			most = v16_max(v16_mul(y, y), most);
			sum = v16_fma(y, y, sum);
		}
		v16_store(lane, sum);
		for (uint32_t l = 0; l < LANES; l++)
			half[l % 4 / 2] += lane[l];
		x->half = half[0] > x->half ? half[0] : x->half;
		x->half = half[1] > x->half ? half[1] : x->half;
		all += half[0] + half[1];
	}
	v16_store(lane, most);
	for (uint32_t l = 0; l < LANES; l++)
		x->most = lane[l] > x->most ? lane[l] : x->most;
	if (!(all <= x->all) && !isnan(x->all))	/* a NaN is taken, and stays */
		x->all = all;
}

/*
 * A float of this size has whole steps: what is added to it is rounded, and
 * stands in its lowest byte, here with 128 added.
 */
#define WHOLE_STEPS (0x1.8p23f + 128)

static float coarse(unsigned char *out, const float *v, uint32_t k, float scale)
{
	struct v16 inverse = v16_all(1 / scale), steps = v16_all(WHOLE_STEPS),
		   less = v16_all(-WHOLE_STEPS), by = v16_all(scale), square = v16_zero();
	uint32_t bits[LANES];

	for (uint32_t f = 0; f < k; f += LANES) {
		uint32_t n = k - f < LANES ? k - f : LANES;
		struct v16 y = n < LANES ? v16_load_some(v + f, n) : v16_load(v + f);
		struct v16 near = v16_add(v16_mul(y, inverse), steps), left;

		v16_store((float *)(void *)bits, near);
		left = v16_fnma(by, v16_add(near, less), y);
		square = v16_fma(left, left, square);
		for (uint32_t g = 0; g < n; g += 4, out += 4 * LANES)
			for (uint32_t i = 0; i < 4; i++)
				out[i] = (unsigned char)bits[g + i];
	}
	return v16_sum(square);
}

/*
 * `height` queries against `panels` panels. Sums of a chunk stay in halves of
 * 16 bits in registers.
 */
V16_INLINE void sift_tile(uint16_t *mask, size_t ldm, const int32_t *q, const int32_t *least,
			  uint32_t nq, const unsigned char *items, uint32_t groups,
			  const int height, const int panels)
{
	enum { MOST = V16_SIFT * V16_PANELS > 4 ? V16_SIFT * V16_PANELS : 4, BYTES = 4 * LANES };
	struct v16i sum[MOST], acc[MOST];
	size_t panel = (size_t)groups * BYTES;

	UNROLL
	for (int i = 0; i < height; i++)
		UNROLL
		for (int p = 0; p < panels; p++)
			sum[i * panels + p] = v16i_zero();
	for (uint32_t left = groups, n; left > 0; left -= n) {
		n = left < REC_SIFT_CHUNK ? left : REC_SIFT_CHUNK;
		UNROLL
		for (int i = 0; i < height; i++)
			UNROLL
			for (int p = 0; p < panels; p++)
				acc[i * panels + p] = v16i_all(q[i]);
		q += nq;
		for (uint32_t g = 0; g < n; g++, q += nq, items += BYTES) {
			struct v16i x[MOST];

			UNROLL
			for (int p = 0; p < panels; p++)
				x[p] = v16i_load(items + p * panel);
			UNROLL
			for (int i = 0; i < height; i++)
				UNROLL
				for (int p = 0; p < panels; p++)
					acc[i * panels + p] =
						v16i_quad(acc[i * panels + p], x[p], q[i]);
		}
		UNROLL
		for (int i = 0; i < height; i++)
			UNROLL
			for (int p = 0; p < panels; p++)
				sum[i * panels + p] =
					v16i_halves(sum[i * panels + p], acc[i * panels + p]);
	}
	UNROLL
	for (int i = 0; i < height; i++)
		UNROLL
		for (int p = 0; p < panels; p++)
			mask[i * ldm + p] = (uint16_t)v16i_above(sum[i * panels + p], least[i]);
}

V16_INLINE void sift_panels(uint16_t *mask, size_t ldm, const int32_t *q, const int32_t *least,
			    uint32_t nq, const unsigned char *items, uint32_t groups,
			    const int panels)
{
	uint32_t u = 0;

	for (; u + V16_SIFT <= nq; u += V16_SIFT)
		sift_tile(mask + u * ldm, ldm, q + u, least + u, nq, items, groups, V16_SIFT,
			  panels);
	for (; u < nq; u++)
		sift_tile(mask + u * ldm, ldm, q + u, least + u, nq, items, groups, 1, panels);
}

static void sift(uint16_t *mask, size_t ldm, const int32_t *q, const int32_t *least, uint32_t nq,
		 const unsigned char *items, uint32_t npanels, uint32_t groups)
{
	size_t panel = (size_t)groups * 4 * LANES;
	uint32_t p = 0;

	for (; nq == 1 && p + 4 <= npanels; p += 4)
		sift_tile(mask + p, ldm, q, least, nq, items + p * panel, groups, 1, 4);
	for (; p + V16_PANELS <= npanels; p += V16_PANELS)
		sift_panels(mask + p, ldm, q, least, nq, items + p * panel, groups, V16_PANELS);
	for (; p < npanels; p++)
		sift_panels(mask + p, ldm, q, least, nq, items + p * panel, groups, 1);
}
#endif

/* No branch: whether a place is new is as good as random. */
static uint32_t scatter(float *y, unsigned char *hit, uint32_t *list, uint32_t m, float a,
			const uint32_t *idx, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t j = idx != NULL ? idx[i] : (uint32_t)i;

		list[m] = j;
		m += !hit[j];
		hit[j] = 1;
		y[j] = fmaf(a, x[i], y[j]);
	}
	return m;
}

#define KERNEL_OF(isa) KERNEL_OF_(isa)
#define KERNEL_OF_(isa) rec_kernel_##isa
#define NAME_OF(isa) NAME_OF_(isa)
#define NAME_OF_(isa) #isa

extern const struct rec_kernel KERNEL_OF(V16_ISA);

const struct rec_kernel KERNEL_OF(V16_ISA) = {
	.isa = NAME_OF(V16_ISA),
	.dot = dot,
	.axpy = axpy,
	.gather = gather,
	.ask = ask,
	.rank_update = rank_update,
	.row_products = row_products,
	.times = times,
	.inverse = inverse,
	.combine = combine,
	.cholesky = cholesky,
	.cholesky_solve = cholesky_solve,
	.outer_matvec = outer_matvec,
	.pack = pack,
	.scores = scores,
	.score = score,
	.scores_at = scores_at,
#if V16_SIFT
	.extend = extend,
	.coarse = coarse,
	.sift = sift,
#endif
	.combine_f64 = combine_f64,
	.take_off_f64 = take_off_f64,
	.rotate_f64 = rotate_f64,
	.scatter = scatter,
	.above = above,
};

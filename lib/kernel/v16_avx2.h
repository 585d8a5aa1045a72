/* SPDX-License-Identifier: MIT */
/* v16_avx2.h - v16 in two 256-bit registers (AVX2 and FMA). */
#ifndef REC_KERNEL_V16_AVX2_H
#define REC_KERNEL_V16_AVX2_H

#include <immintrin.h>

struct v16 {
	__m256 lo, hi;
};

V16_INLINE struct v16 v16_zero(void)
{
	return (struct v16){ _mm256_setzero_ps(), _mm256_setzero_ps() };
}

V16_INLINE struct v16 v16_all(float a)
{
	__m256 x = _mm256_set1_ps(a);

	return (struct v16){ x, x };
}

V16_INLINE struct v16 v16_load(const float *p)
{
	return (struct v16){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) };
}

V16_INLINE void v16_store(float *p, struct v16 v)
{
	_mm256_storeu_ps(p, v.lo);
	_mm256_storeu_ps(p + 8, v.hi);
}

/* All bits set in the lanes first .. first + 7 that are below n. */
V16_INLINE __m256i v16_first(unsigned n, int first)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n - first),
				  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

V16_INLINE struct v16 v16_load_some(const float *p, unsigned n)
{
	return (struct v16){ _mm256_maskload_ps(p, v16_first(n, 0)),
			     _mm256_maskload_ps(p + 8, v16_first(n, 8)) };
}

V16_INLINE void v16_store_some(float *p, struct v16 v, unsigned n)
{
	_mm256_maskstore_ps(p, v16_first(n, 0), v.lo);
	_mm256_maskstore_ps(p + 8, v16_first(n, 8), v.hi);
}

V16_INLINE struct v16 v16_lane(struct v16 v, unsigned l)
{
	__m256 x = _mm256_permutevar8x32_ps(l < 8 ? v.lo : v.hi, _mm256_set1_epi32((int)(l % 8)));

	return (struct v16){ x, x };
}

V16_INLINE float v16_low(struct v16 v)
{
	return _mm256_cvtss_f32(v.lo);
}

V16_INLINE struct v16 v16_div(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi) };
}

V16_INLINE struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi) };
}

V16_INLINE struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi) };
}

V16_INLINE struct v16 v16_max(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi) };
}

V16_INLINE struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ _mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi) };
}

V16_INLINE struct v16 v16_fnma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ _mm256_fnmadd_ps(a.lo, b.lo, c.lo),
			     _mm256_fnmadd_ps(a.hi, b.hi, c.hi) };
}

/* Lanes l and l + 8, then l and l + 4: what is left are 4 lanes. */
V16_INLINE __m128 v16_quarter(struct v16 v)
{
	__m256 h = _mm256_add_ps(v.lo, v.hi);

	return _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
}

V16_INLINE float v16_sum(struct v16 v)
{
	__m128 q = v16_quarter(v);

	q = _mm_add_ps(q, _mm_movehl_ps(q, q));
	return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

V16_INLINE void v16_sum4(float out[4], struct v16 a, struct v16 b, struct v16 c, struct v16 d)
{
	__m128 p = v16_quarter(a), q = v16_quarter(b), r = v16_quarter(c), s = v16_quarter(d);
	__m128 pq = _mm_add_ps(_mm_movelh_ps(p, q), _mm_movehl_ps(q, p)),
	       rs = _mm_add_ps(_mm_movelh_ps(r, s), _mm_movehl_ps(s, r));

	_mm_storeu_ps(out, _mm_add_ps(_mm_shuffle_ps(pq, rs, 0x88), _mm_shuffle_ps(pq, rs, 0xdd)));
}

V16_INLINE unsigned v16_not_le(struct v16 v, struct v16 b)
{
	unsigned lo = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v.lo, b.lo, _CMP_NLE_UQ));

	return lo | (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v.hi, b.hi, _CMP_NLE_UQ)) << 8;
}

V16_INLINE unsigned v16_nan(struct v16 v)
{
	unsigned lo = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v.lo, v.lo, _CMP_UNORD_Q));

	return lo | (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v.hi, v.hi, _CMP_UNORD_Q)) << 8;
}

V16_INLINE __m256 v16_pairs(__m256 a, __m256 b, int high)
{
	__m256d x = _mm256_castps_pd(a), y = _mm256_castps_pd(b);

	return _mm256_castpd_ps(high ? _mm256_unpackhi_pd(x, y) : _mm256_unpacklo_pd(x, y));
}

/*
 * An 8 x 8 block in registers: 4 x 4 blocks inside the 128-bit lanes first,
 * then the lanes.
 */
V16_INLINE void v16_transpose8(__m256 m[8])
{
	__m256 a[8], b[8];

#pragma GCC unroll 4
	for (int r = 0; r < 8; r += 2) {
		a[r] = _mm256_unpacklo_ps(m[r], m[r + 1]);
		a[r + 1] = _mm256_unpackhi_ps(m[r], m[r + 1]);
	}
#pragma GCC unroll 2
	for (int r = 0; r < 8; r += 4) {
		b[r] = v16_pairs(a[r], a[r + 2], 0);
		b[r + 1] = v16_pairs(a[r], a[r + 2], 1);
		b[r + 2] = v16_pairs(a[r + 1], a[r + 3], 0);
		b[r + 3] = v16_pairs(a[r + 1], a[r + 3], 1);
	}
#pragma GCC unroll 4
	for (int q = 0; q < 4; q++) {
		m[q] = _mm256_permute2f128_ps(b[q], b[q + 4], 0x20);
		m[q + 4] = _mm256_permute2f128_ps(b[q], b[q + 4], 0x31);
	}
}

V16_INLINE void v16_load8(__m256 m[8], const float *s, size_t lds)
{
#pragma GCC unroll 8
	for (int r = 0; r < 8; r++)
		m[r] = _mm256_loadu_ps(s + r * lds);
	v16_transpose8(m);
}

V16_INLINE void v16_store8(float *d, size_t ldd, const __m256 m[8])
{
#pragma GCC unroll 8
	for (int r = 0; r < 8; r++)
		_mm256_storeu_ps(d + r * ldd, m[r]);
}

V16_INLINE void v16_transpose(float *d, size_t ldd, const float *s, size_t lds)
{
	__m256 a[8], b[8];

	v16_load8(a, s, lds);
	v16_store8(d, ldd, a);
	v16_load8(a, s + 8, lds);
	v16_load8(b, s + 8 * lds, lds);
	v16_store8(d + 8 * ldd, ldd, a);
	v16_store8(d + 8, ldd, b);
	v16_load8(a, s + 8 * lds + 8, lds);
	v16_store8(d + 8 * ldd + 8, ldd, a);
}

struct v16i {
	__m256i lo, hi;
};

V16_INLINE struct v16i v16i_zero(void)
{
	return (struct v16i){ _mm256_setzero_si256(), _mm256_setzero_si256() };
}

V16_INLINE struct v16i v16i_all(int32_t x)
{
	__m256i v = _mm256_set1_epi32(x);

	return (struct v16i){ v, v };
}

V16_INLINE struct v16i v16i_load(const unsigned char *p)
{
	return (struct v16i){ _mm256_loadu_si256((const __m256i *)(const void *)p),
			      _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

V16_INLINE struct v16i v16i_quad(struct v16i a, struct v16i v, int32_t q)
{
	__m256i x = _mm256_set1_epi32(q);

	return (struct v16i){ _mm256_add_epi16(a.lo, _mm256_maddubs_epi16(v.lo, x)),
			      _mm256_add_epi16(a.hi, _mm256_maddubs_epi16(v.hi, x)) };
}

V16_INLINE struct v16i v16i_halves(struct v16i v, struct v16i a)
{
	__m256i ones = _mm256_set1_epi16(1);

	return (struct v16i){ _mm256_add_epi32(v.lo, _mm256_madd_epi16(a.lo, ones)),
			      _mm256_add_epi32(v.hi, _mm256_madd_epi16(a.hi, ones)) };
}

V16_INLINE unsigned v16i_above8(__m256i v, __m256i x)
{
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(v, x)));
}

V16_INLINE unsigned v16i_above(struct v16i v, int32_t x)
{
	__m256i y = _mm256_set1_epi32(x);

	return v16i_above8(v.lo, y) | v16i_above8(v.hi, y) << 8;
}

#endif

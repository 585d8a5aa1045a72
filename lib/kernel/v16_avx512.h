/* SPDX-License-Identifier: MIT */
/* v16_avx512.h - v16 in one 512-bit register (AVX-512 F, DQ, VL, BW). */
#ifndef REC_KERNEL_V16_AVX512_H
#define REC_KERNEL_V16_AVX512_H

#include <immintrin.h>

struct v16 {
	__m512 x;
};

V16_INLINE struct v16 v16_zero(void)
{
	return (struct v16){ _mm512_setzero_ps() };
}

V16_INLINE struct v16 v16_all(float a)
{
	return (struct v16){ _mm512_set1_ps(a) };
}

V16_INLINE struct v16 v16_load(const float *p)
{
	return (struct v16){ _mm512_loadu_ps(p) };
}

V16_INLINE void v16_store(float *p, struct v16 v)
{
	_mm512_storeu_ps(p, v.x);
}

V16_INLINE struct v16 v16_load_some(const float *p, unsigned n)
{
	return (struct v16){ _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p) };
}

V16_INLINE void v16_store_some(float *p, struct v16 v, unsigned n)
{
	_mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v.x);
}

V16_INLINE struct v16 v16_lane(struct v16 v, unsigned l)
{
	return (struct v16){ _mm512_permutexvar_ps(_mm512_set1_epi32((int)l), v.x) };
}

V16_INLINE float v16_low(struct v16 v)
{
	return _mm512_cvtss_f32(v.x);
}

V16_INLINE struct v16 v16_div(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_div_ps(a.x, b.x) };
}

V16_INLINE struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_add_ps(a.x, b.x) };
}

V16_INLINE struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_mul_ps(a.x, b.x) };
}

V16_INLINE struct v16 v16_max(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_max_ps(a.x, b.x) };
}

V16_INLINE struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ _mm512_fmadd_ps(a.x, b.x, c.x) };
}

V16_INLINE struct v16 v16_fnma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ _mm512_fnmadd_ps(a.x, b.x, c.x) };
}

/* Lanes l and l + 8, then l and l + 4: what is left are 4 lanes. */
V16_INLINE __m128 v16_quarter(struct v16 v)
{
	__m256 h = _mm256_add_ps(_mm512_castps512_ps256(v.x), _mm512_extractf32x8_ps(v.x, 1));

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
	return _mm512_cmp_ps_mask(v.x, b.x, _CMP_NLE_UQ);
}

V16_INLINE unsigned v16_nan(struct v16 v)
{
	return _mm512_cmp_ps_mask(v.x, v.x, _CMP_UNORD_Q);
}

V16_INLINE __m512 v16_pairs(__m512 a, __m512 b, int high)
{
	__m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);

	return _mm512_castpd_ps(high ? _mm512_unpackhi_pd(x, y) : _mm512_unpacklo_pd(x, y));
}

/* 4 x 4 blocks inside the 128-bit lanes first, then the lanes. */
V16_INLINE void v16_transpose(float *d, size_t ldd, const float *s, size_t lds)
{
	__m512 a[16], b[16];

#pragma GCC unroll 8
	for (int r = 0; r < 16; r += 2) {
		__m512 x = _mm512_loadu_ps(s + r * lds), y = _mm512_loadu_ps(s + (r + 1) * lds);

		a[r] = _mm512_unpacklo_ps(x, y);
		a[r + 1] = _mm512_unpackhi_ps(x, y);
	}
#pragma GCC unroll 4
	for (int r = 0; r < 16; r += 4) {
		b[r] = v16_pairs(a[r], a[r + 2], 0);
		b[r + 1] = v16_pairs(a[r], a[r + 2], 1);
		b[r + 2] = v16_pairs(a[r + 1], a[r + 3], 0);
		b[r + 3] = v16_pairs(a[r + 1], a[r + 3], 1);
	}
#pragma GCC unroll 4
	for (int q = 0; q < 4; q++) {
		__m512 u = _mm512_shuffle_f32x4(b[q], b[q + 4], 0x44),
		       v = _mm512_shuffle_f32x4(b[q + 8], b[q + 12], 0x44);
		__m512 x = _mm512_shuffle_f32x4(b[q], b[q + 4], 0xee),
		       y = _mm512_shuffle_f32x4(b[q + 8], b[q + 12], 0xee);

		_mm512_storeu_ps(d + q * ldd, _mm512_shuffle_f32x4(u, v, 0x88));
		_mm512_storeu_ps(d + (q + 4) * ldd, _mm512_shuffle_f32x4(u, v, 0xdd));
		_mm512_storeu_ps(d + (q + 8) * ldd, _mm512_shuffle_f32x4(x, y, 0x88));
		_mm512_storeu_ps(d + (q + 12) * ldd, _mm512_shuffle_f32x4(x, y, 0xdd));
	}
}

struct v16i {
	__m512i x;
};

V16_INLINE struct v16i v16i_zero(void)
{
	return (struct v16i){ _mm512_setzero_si512() };
}

V16_INLINE struct v16i v16i_all(int32_t x)
{
	return (struct v16i){ _mm512_set1_epi32(x) };
}

V16_INLINE struct v16i v16i_load(const unsigned char *p)
{
	return (struct v16i){ _mm512_loadu_si512(p) };
}

V16_INLINE struct v16i v16i_quad(struct v16i a, struct v16i v, int32_t q)
{
	return (struct v16i){ _mm512_add_epi16(
		a.x, _mm512_maddubs_epi16(v.x, _mm512_set1_epi32(q))) };
}

V16_INLINE struct v16i v16i_halves(struct v16i v, struct v16i a)
{
	return (struct v16i){ _mm512_add_epi32(v.x,
					       _mm512_madd_epi16(a.x, _mm512_set1_epi16(1))) };
}

V16_INLINE unsigned v16i_above(struct v16i v, int32_t x)
{
	return _mm512_cmpgt_epi32_mask(v.x, _mm512_set1_epi32(x));
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * v16_neon.h - v16 in four 128-bit registers (arm64, where fused multiply-add
 * is baseline).
 */
#ifndef REC_KERNEL_V16_NEON_H
#define REC_KERNEL_V16_NEON_H

#include <arm_neon.h>

struct v16 {
	float32x4_t x[4];
};

V16_INLINE struct v16 v16_all(float a)
{
	float32x4_t x = vdupq_n_f32(a);

	return (struct v16){ { x, x, x, x } };
}

V16_INLINE struct v16 v16_zero(void)
{
	return v16_all(0);
}

V16_INLINE struct v16 v16_load(const float *p)
{
	return (struct v16){ { vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8),
			       vld1q_f32(p + 12) } };
}

V16_INLINE void v16_store(float *p, struct v16 v)
{
	vst1q_f32(p, v.x[0]);
	vst1q_f32(p + 4, v.x[1]);
	vst1q_f32(p + 8, v.x[2]);
	vst1q_f32(p + 12, v.x[3]);
}

V16_INLINE struct v16 v16_load_some(const float *p, unsigned n)
{
	float t[16] = { 0 };

	memcpy(t, p, n * sizeof *p);
	return v16_load(t);
}

V16_INLINE void v16_store_some(float *p, struct v16 v, unsigned n)
{
	float t[16];

	v16_store(t, v);
	memcpy(p, t, n * sizeof *p);
}

V16_INLINE struct v16 v16_lane(struct v16 v, unsigned l)
{
	float t[16];

	v16_store(t, v);
	return v16_all(t[l]);
}

V16_INLINE float v16_low(struct v16 v)
{
	return vgetq_lane_f32(v.x[0], 0);
}

V16_INLINE struct v16 v16_div(struct v16 a, struct v16 b)
{
	return (struct v16){ { vdivq_f32(a.x[0], b.x[0]), vdivq_f32(a.x[1], b.x[1]),
			       vdivq_f32(a.x[2], b.x[2]), vdivq_f32(a.x[3], b.x[3]) } };
}

V16_INLINE struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ { vaddq_f32(a.x[0], b.x[0]), vaddq_f32(a.x[1], b.x[1]),
			       vaddq_f32(a.x[2], b.x[2]), vaddq_f32(a.x[3], b.x[3]) } };
}

V16_INLINE struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ { vmulq_f32(a.x[0], b.x[0]), vmulq_f32(a.x[1], b.x[1]),
			       vmulq_f32(a.x[2], b.x[2]), vmulq_f32(a.x[3], b.x[3]) } };
}

V16_INLINE struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ { vfmaq_f32(c.x[0], a.x[0], b.x[0]), vfmaq_f32(c.x[1], a.x[1], b.x[1]),
			       vfmaq_f32(c.x[2], a.x[2], b.x[2]),
			       vfmaq_f32(c.x[3], a.x[3], b.x[3]) } };
}

V16_INLINE struct v16 v16_fnma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ { vfmsq_f32(c.x[0], a.x[0], b.x[0]), vfmsq_f32(c.x[1], a.x[1], b.x[1]),
			       vfmsq_f32(c.x[2], a.x[2], b.x[2]),
			       vfmsq_f32(c.x[3], a.x[3], b.x[3]) } };
}

V16_INLINE float v16_sum(struct v16 v)
{
	float32x4_t q = vaddq_f32(vaddq_f32(v.x[0], v.x[2]), vaddq_f32(v.x[1], v.x[3]));
	float32x2_t h = vadd_f32(vget_low_f32(q), vget_high_f32(q));

	return vget_lane_f32(h, 0) + vget_lane_f32(h, 1);
}

V16_INLINE void v16_sum4(float out[4], struct v16 a, struct v16 b, struct v16 c, struct v16 d)
{
	out[0] = v16_sum(a);
	out[1] = v16_sum(b);
	out[2] = v16_sum(c);
	out[3] = v16_sum(d);
}

/* One bit a lane, of four masks of 32 bits a lane. */
V16_INLINE unsigned v16_bits(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d)
{
	const uint32x4_t bit = { 1, 2, 4, 8 };

	return vaddvq_u32(vandq_u32(a, bit)) | vaddvq_u32(vandq_u32(b, bit)) << 4 |
	       vaddvq_u32(vandq_u32(c, bit)) << 8 | vaddvq_u32(vandq_u32(d, bit)) << 12;
}

V16_INLINE unsigned v16_not_le(struct v16 v, struct v16 b)
{
	return 0xffff & ~v16_bits(vcleq_f32(v.x[0], b.x[0]), vcleq_f32(v.x[1], b.x[1]),
				  vcleq_f32(v.x[2], b.x[2]), vcleq_f32(v.x[3], b.x[3]));
}

V16_INLINE unsigned v16_nan(struct v16 v)
{
	return 0xffff & ~v16_bits(vceqq_f32(v.x[0], v.x[0]), vceqq_f32(v.x[1], v.x[1]),
				  vceqq_f32(v.x[2], v.x[2]), vceqq_f32(v.x[3], v.x[3]));
}

V16_INLINE float32x4_t v16_pairs(float32x4_t a, float32x4_t b, int high)
{
	float64x2_t x = vreinterpretq_f64_f32(a), y = vreinterpretq_f64_f32(b);

	return vreinterpretq_f32_f64(high ? vtrn2q_f64(x, y) : vtrn1q_f64(x, y));
}

/* All of s is read before d is written. */
V16_INLINE void v16_transpose(float *d, size_t ldd, const float *s, size_t lds)
{
	struct v16 in[16];

	for (int r = 0; r < 16; r++)
		in[r] = v16_load(s + r * lds);
	for (int r = 0; r < 16; r += 4) {
		for (int q = 0; q < 4; q++) {
			float32x4_t a = vtrn1q_f32(in[r].x[q], in[r + 1].x[q]),
				    b = vtrn2q_f32(in[r].x[q], in[r + 1].x[q]);
			float32x4_t c = vtrn1q_f32(in[r + 2].x[q], in[r + 3].x[q]),
				    e = vtrn2q_f32(in[r + 2].x[q], in[r + 3].x[q]);
			float *out = d + 4 * q * ldd + r;

			vst1q_f32(out, v16_pairs(a, c, 0));
			vst1q_f32(out + ldd, v16_pairs(b, e, 0));
			vst1q_f32(out + 2 * ldd, v16_pairs(a, c, 1));
			vst1q_f32(out + 3 * ldd, v16_pairs(b, e, 1));
		}
	}
}

#endif

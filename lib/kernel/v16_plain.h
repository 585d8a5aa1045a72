/* SPDX-License-Identifier: MIT */
/*
 * v16_plain.h - v16 in plain C: the reference that the others must equal to the
 * bit. fmaf rounds once, in hardware or not.
 */
#ifndef REC_KERNEL_V16_PLAIN_H
#define REC_KERNEL_V16_PLAIN_H

#include <math.h>

struct v16 {
	float x[16];
};

V16_INLINE struct v16 v16_all(float a)
{
	struct v16 r;

	for (int l = 0; l < 16; l++)
		r.x[l] = a;
	return r;
}

V16_INLINE struct v16 v16_zero(void)
{
	return v16_all(0);
}

V16_INLINE struct v16 v16_load(const float *p)
{
	struct v16 r;

	memcpy(r.x, p, sizeof r.x);
	return r;
}

V16_INLINE void v16_store(float *p, struct v16 v)
{
	memcpy(p, v.x, sizeof v.x);
}

V16_INLINE struct v16 v16_load_some(const float *p, unsigned n)
{
	struct v16 r = v16_zero();

	memcpy(r.x, p, n * sizeof *p);
	return r;
}

V16_INLINE void v16_store_some(float *p, struct v16 v, unsigned n)
{
	memcpy(p, v.x, n * sizeof *p);
}

V16_INLINE struct v16 v16_lane(struct v16 v, unsigned l)
{
	return v16_all(v.x[l]);
}

V16_INLINE float v16_low(struct v16 v)
{
	return v.x[0];
}

V16_INLINE struct v16 v16_div(struct v16 a, struct v16 b)
{
	for (int l = 0; l < 16; l++)
		a.x[l] /= b.x[l];
	return a;
}

V16_INLINE struct v16 v16_add(struct v16 a, struct v16 b)
{
	for (int l = 0; l < 16; l++)
		a.x[l] += b.x[l];
	return a;
}

V16_INLINE struct v16 v16_mul(struct v16 a, struct v16 b)
{
	for (int l = 0; l < 16; l++)
		a.x[l] *= b.x[l];
	return a;
}

V16_INLINE struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	for (int l = 0; l < 16; l++)
		c.x[l] = fmaf(a.x[l], b.x[l], c.x[l]);
	return c;
}

V16_INLINE struct v16 v16_fnma(struct v16 a, struct v16 b, struct v16 c)
{
	for (int l = 0; l < 16; l++)
		c.x[l] = fmaf(-a.x[l], b.x[l], c.x[l]);
	return c;
}

V16_INLINE float v16_sum(struct v16 v)
{
	for (int half = 8; half > 0; half /= 2)
		for (int l = 0; l < half; l++)
			v.x[l] += v.x[l + half];
	return v.x[0];
}

V16_INLINE void v16_sum4(float out[4], struct v16 a, struct v16 b, struct v16 c, struct v16 d)
{
	out[0] = v16_sum(a);
	out[1] = v16_sum(b);
	out[2] = v16_sum(c);
	out[3] = v16_sum(d);
}

V16_INLINE unsigned v16_not_le(struct v16 v, struct v16 b)
{
	unsigned m = 0;

	for (int l = 0; l < 16; l++)
		m |= (unsigned)!(v.x[l] <= b.x[l]) << l;
	return m;
}

V16_INLINE unsigned v16_nan(struct v16 v)
{
	unsigned m = 0;

	for (int l = 0; l < 16; l++)
		m |= (unsigned)(v.x[l] != v.x[l]) << l;
	return m;
}

V16_INLINE void v16_transpose(float *d, size_t ldd, const float *s, size_t lds)
{
	struct v16 in[16];

	for (int r = 0; r < 16; r++)
		in[r] = v16_load(s + r * lds);
	for (int c = 0; c < 16; c++)
		for (int r = 0; r < 16; r++)
			d[c * ldd + r] = in[r].x[c];
}

#endif

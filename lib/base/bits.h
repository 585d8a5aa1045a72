/* SPDX-License-Identifier: MIT */
/*
 * bits.h - the bits of floating-point numbers, and unsigned keys that compare
 * as the numbers do.
 */
#ifndef REC_BASE_BITS_H
#define REC_BASE_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t rec_bits32(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static inline float rec_float32(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static inline uint64_t rec_bits64(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static inline double rec_float64(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

/*
 * Turn the bits of a number into an unsigned key and back. Keys have the order
 * of the numbers, with -0 before 0. Only a NaN can have the key 0.
 */
static inline uint32_t rec_key32(uint32_t bits)
{
	return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static inline uint32_t rec_unkey32(uint32_t key)
{
	return key >> 31 ? key & ~(UINT32_C(1) << 31) : ~key;
}

static inline uint64_t rec_key64(uint64_t bits)
{
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline uint64_t rec_unkey64(uint64_t key)
{
	return key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - little-endian numbers in byte strings of any alignment. Compilers
 * turn each function into one instruction.
 */
#ifndef REC_BASE_BYTES_H
#define REC_BASE_BYTES_H

#include <stdint.h>

static inline uint16_t rec_get16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t rec_get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t rec_get64(const unsigned char *p)
{
	return rec_get32(p) | (uint64_t)rec_get32(p + 4) << 32;
}

static inline void rec_put16(unsigned char *p, uint16_t x)
{
	p[0] = (unsigned char)x;
	p[1] = (unsigned char)(x >> 8);
}

static inline void rec_put32(unsigned char *p, uint32_t x)
{
	rec_put16(p, (uint16_t)x);
	rec_put16(p + 2, (uint16_t)(x >> 16));
}

static inline void rec_put64(unsigned char *p, uint64_t x)
{
	rec_put32(p, (uint32_t)x);
	rec_put32(p + 4, (uint32_t)(x >> 32));
}

#endif

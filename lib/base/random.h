/* SPDX-License-Identifier: MIT */
/*
 * random.h - random numbers by counter. Number i of a key depends only on (key,
 * i), so any thread can fill rows in any order. The generator is splitmix64:
 * key + i * golden ratio, then the finaliser.
 */
#ifndef REC_BASE_RANDOM_H
#define REC_BASE_RANDOM_H

#include <stdint.h>

#include "base/hash.h"
#include "base/math.h"

static inline uint64_t rec_random(uint64_t key, uint64_t i)
{
	return rec_mix(key + i * 0x9e3779b97f4a7c15u);
}

/* Uniform number in (0, 1) from 64 random bits: 52 of them, never 0 or 1. */
static inline double rec_unit(uint64_t draw)
{
	return ((double)(draw >> 12) + 0.5) * (1.0 / 4503599627370496.0);	/* 2^-52 */
}

__extension__ typedef unsigned __int128 rec_product;

/* Uniform integer in 0 .. n-1 from 64 random bits. */
static inline uint64_t rec_below(uint64_t draw, uint64_t n)
{
	return (uint64_t)((rec_product)draw * n >> 64);
}

/* Standard normal number from 64 random bits, by inversion. */
static inline double rec_normal(uint64_t draw)
{
	return rec_normal_quantile(rec_unit(draw));
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hash.h - fixed, published hashes. Shards, splits and start values depend on
 * them, so they never change.
 *
 * rec_hash is XXH64 (Yann Collet; the xxHash specification, version 0.1.1) of
 * the bytes with a 64-bit seed. It is the same on every host.
 */
#ifndef REC_BASE_HASH_H
#define REC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t rec_hash(const void *bytes, size_t n, uint64_t seed);

/*
 * The finaliser of splitmix64 (Steele, Lea and Flood 2014): a bijection that
 * spreads every input bit over the whole output.
 */
static inline uint64_t rec_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Hash of an ordered pair of hashes. */
static inline uint64_t rec_mix2(uint64_t a, uint64_t b)
{
	return rec_mix(rec_mix(a) ^ b);
}

/* Hash of an ordered pair of labels: rec_mix2 of their hashes. */
uint64_t rec_hash_pair(uint64_t key, const void *a, size_t na, const void *b, size_t nb);

/*
 * A key made of --seed and a purpose such as "ratio 0.2" or "user factors".
 * Numbers drawn for different purposes are independent.
 */
uint64_t rec_key(uint64_t seed, const char *purpose);

/* The shard of a label, 0 .. n-1: floor(rec_hash(label, 0) * n / 2^64). */
uint32_t rec_shard(const void *label, size_t len, uint32_t n);

#endif

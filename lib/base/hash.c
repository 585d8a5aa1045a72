/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

#include "base/bytes.h"

static const uint64_t P1 = 0x9e3779b185ebca87u, P2 = 0xc2b2ae3d27d4eb4fu, P3 = 0x165667b19e3779f9u,
		      P4 = 0x85ebca77c2b2ae63u, P5 = 0x27d4eb2f165667c5u;

static inline uint64_t rotl(uint64_t x, int r)
{
	return x << r | x >> (64 - r);
}

static inline uint64_t round64(uint64_t acc, uint64_t lane)
{
	return rotl(acc + lane * P2, 31) * P1;
}

static inline uint64_t merge(uint64_t h, uint64_t acc)
{
	return (h ^ round64(0, acc)) * P1 + P4;
}

/*
 * Hash whole stripes of 32 bytes with four accumulators. Sets *p to the first
 * byte after them.
 */
static uint64_t stripes(const unsigned char **p, size_t n, uint64_t seed)
{
	uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
	const unsigned char *s = *p, *end = s + (n & ~(size_t)31);

	for (; s < end; s += 32) {
		a = round64(a, rec_get64(s));
		b = round64(b, rec_get64(s + 8));
		c = round64(c, rec_get64(s + 16));
		d = round64(d, rec_get64(s + 24));
	}
	*p = s;
	return merge(
		merge(merge(merge(rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18), a), b), c),
		d);
}

uint64_t rec_hash(const void *bytes, size_t n, uint64_t seed)
{
	const unsigned char *p = bytes;
	uint64_t h = n >= 32 ? stripes(&p, n, seed) : seed + P5;
	size_t left = n & 31;

	h += n;
	for (; left >= 8; left -= 8, p += 8)
		h = rotl(h ^ round64(0, rec_get64(p)), 27) * P1 + P4;
	if (left >= 4) {
		h = rotl(h ^ rec_get32(p) * P1, 23) * P2 + P3;
		p += 4;
		left -= 4;
	}
	for (; left > 0; left--, p++)
		h = rotl(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

uint64_t rec_hash_pair(uint64_t key, const void *a, size_t na, const void *b, size_t nb)
{
	return rec_mix2(rec_hash(a, na, key), rec_hash(b, nb, key));
}

uint64_t rec_key(uint64_t seed, const char *purpose)
{
	return rec_hash(purpose, strlen(purpose), rec_mix(seed));
}

uint32_t rec_shard(const void *label, size_t len, uint32_t n)
{
	return (uint32_t)((unsigned __int128)rec_hash(label, len, 0) * n >> 64);
}

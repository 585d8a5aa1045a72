/* SPDX-License-Identifier: MIT */
/* crc - rec_crc32 against zlib's crc32: lengths, alignments, pieces. */
#include <stdlib.h>
#include <zlib.h>

#include "base/random.h"
#include "check.h"
#include "recmat/crc.h"

enum { SIZE = 5000 };

int main(void)
{
	unsigned char *p = malloc(SIZE + 64);

	if (!p)
		return 1;
	for (size_t i = 0; i < SIZE + 64; i++)
		p[i] = (unsigned char)rec_random(1, i);
	CHECK(rec_crc32(0, "123456789", 9) == 0xcbf43926, "the check value");
	CHECK(rec_crc32(0, p, 0) == 0 && rec_crc32(7, p, 0) == 7 && rec_crc32(0, NULL, 0) == 0,
	      "no bytes");
	for (size_t n = 0; n <= 400; n++)
		for (size_t at = 0; at < 64; at += n % 7 + 1)
			CHECK(rec_crc32(0, p + at, n) == crc32(0, p + at, (uInt)n),
			      "%zu bytes from %zu", n, at);
	for (size_t n = 400; n <= SIZE; n += 37)
		CHECK(rec_crc32(0, p + n % 64, n) == crc32(0, p + n % 64, (uInt)n), "%zu bytes", n);
	for (size_t cut = 0; cut <= SIZE; cut += 61)
		CHECK(rec_crc32(rec_crc32(0, p, cut), p + cut, SIZE - cut) == crc32(0, p, SIZE),
		      "cut at %zu", cut);
	free(p);
	return finished("crc");
}

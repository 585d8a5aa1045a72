/* SPDX-License-Identifier: MIT */
/*
 * digest.h - a digest of cells that tells whether two inputs are the same.
 */
#ifndef REC_MATRIX_DIGEST_H
#define REC_MATRIX_DIGEST_H

#include <stdint.h>

#include "base/bits.h"
#include "base/err.h"
#include "base/hash.h"
#include "recmat/meta.h"
#include "recpipe/matrix.h"

/*
 * Digest of the cells as read (before repeats are combined): two sums modulo
 * 2^64 of keyed hashes of (row label, column label, value, time), so it does
 * not depend on order or encoding, and adds up over shards. With r and c
 * rec_hash(label, 0), v the bits of the float32 value, t those of the double
 * time (0x7ff8000000000000 where missing; a missing value is 1, negative zeros
 * are 0) and m = rec_mix, a cell adds
 *     m(m(p ^ t) ^ v)  to sum[0], m(m(p + t) - v) to sum[1], p = m(m(r) ^ c).
 * time is NaN where missing.
 */
static inline void rec_digest_add(struct rec_digest *d, uint64_t row_hash, uint64_t col_hash,
				  float value, double time)
{
	uint64_t p = rec_mix2(row_hash, col_hash),
		 t = time == time ? rec_bits64(time + 0.0) : UINT64_C(0x7ff8000000000000);
	uint32_t v = rec_bits32(value + 0.0f);	/* -0 to 0 */

	d->sum[0] += rec_mix(rec_mix(p ^ t) ^ v);
	d->sum[1] += rec_mix(rec_mix(p + t) - v);
	d->cells++;
}

/* Sets digest (32 hexadecimal digits) and cells in meta. */
REC_MUST int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e);

#endif

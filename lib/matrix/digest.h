/* SPDX-License-Identifier: MIT */
/*
 * digest.h - a digest of cells that tells whether two inputs are the same.
 */
#ifndef REC_MATRIX_DIGEST_H
#define REC_MATRIX_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
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
 *
 * Cells are taken by batches: a hash has twelve multiplications that wait for
 * one another, and those of eight cells go side by side.
 */
enum { REC_DIGEST_BATCH = 64 };

struct rec_digest_batch {
	_Alignas(64) uint64_t row[REC_DIGEST_BATCH], col[REC_DIGEST_BATCH];	/* r, c */
	double time[REC_DIGEST_BATCH];	/* NaN where missing */
	float value[REC_DIGEST_BATCH];
	size_t n;			/* set it to 0 first */
};

/* Add the cells of a batch, which is then empty. */
void rec_digest_flush(struct rec_digest *d, struct rec_digest_batch *b);

static inline void rec_digest_add(struct rec_digest *d, struct rec_digest_batch *b,
				  uint64_t row_hash, uint64_t col_hash, float value, double time)
{
	b->row[b->n] = row_hash;
	b->col[b->n] = col_hash;
	b->value[b->n] = value;
	b->time[b->n] = time;
	if (++b->n == REC_DIGEST_BATCH)
		rec_digest_flush(d, b);
}

/* Sets digest (32 hexadecimal digits) and cells in meta. */
REC_MUST int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e);

#endif

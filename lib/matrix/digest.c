/* SPDX-License-Identifier: MIT */
#include "matrix/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"

static const uint64_t MISSING_TIME = 0x7ff8000000000000u;

void rec_digest_add(struct rec_digest *d, uint64_t row_hash, uint64_t col_hash, float value,
		    double time)
{
	uint64_t p = rec_mix2(row_hash, col_hash),
		 t = isnan(time) ? MISSING_TIME : rec_bits64(time + 0.0);
	uint32_t v = rec_bits32(value + 0.0f);	/* -0 to 0 */

	d->sum[0] += rec_mix(rec_mix(p ^ t) ^ v);
	d->sum[1] += rec_mix(rec_mix(p + t) - v);
	d->cells++;
}

int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e)
{
	char hex[33];

	snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, d->sum[0], d->sum[1]);
	return rec_meta_set(m, "digest", hex, e) == 0 &&
			       rec_meta_set_u64(m, "cells", d->cells, e) == 0 ?
		       0 :
		       -1;
}

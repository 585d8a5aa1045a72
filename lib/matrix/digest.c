/* SPDX-License-Identifier: MIT */
#include "matrix/digest.h"

#include <inttypes.h>
#include <stdio.h>

int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e)
{
	char hex[33];

	snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, d->sum[0], d->sum[1]);
	return rec_meta_set(m, "digest", hex, e) == 0 &&
			       rec_meta_set_u64(m, "cells", d->cells, e) == 0 ?
		       0 :
		       -1;
}

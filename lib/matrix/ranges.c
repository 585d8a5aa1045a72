/* SPDX-License-Identifier: MIT */
#include "matrix/ranges.h"

#include <stdlib.h>

#include "base/mem.h"

void rec_ranges_free(struct rec_ranges *r)
{
	free(r->first);
	free(r->at);
}

int rec_ranges_cut(struct rec_ranges *r, const uint64_t *ptr, uint32_t nrows, struct rec_err *e)
{
	/* two neighbours have more than limit together */
	uint64_t most = ptr[nrows] / r->limit * 2 + 2;

	r->first = rec_alloc((size_t)most + 1, sizeof *r->first, e);
	r->at = rec_alloc((size_t)most, sizeof *r->at, e);
	if (!r->first || !r->at)
		return -1;
	for (uint32_t i = 0; i < nrows; i++)
		if (i == 0 || ptr[i + 1] - ptr[r->first[r->n - 1]] > r->limit) {
			r->first[r->n] = i;
			r->at[r->n++] = ptr[i];
		}
	r->first[r->n] = nrows;
	return 0;
}

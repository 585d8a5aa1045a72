/* SPDX-License-Identifier: MIT */
#include "matrix/thin.h"

#include <stdlib.h>

#include "base/hash.h"

static int by_hash(const void *pa, const void *pb)
{
	const struct rec_draw *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->cell < b->cell ? -1 : a->cell > b->cell;
}

static int by_cell(const void *pa, const void *pb)
{
	const struct rec_draw *a = pa, *b = pb;

	return a->cell < b->cell ? -1 : a->cell > b->cell;
}

void rec_thin(struct rec_draw *draw, uint32_t n, uint32_t max, const struct rec_sparse *x,
	      uint32_t row, uint64_t seed)
{
	uint64_t key = rec_key(seed, "max-user");
	size_t nr, nc;
	const char *r = rec_label(&x->row, row, &nr);

	for (uint32_t i = 0; i < n; i++) {
		const char *c = rec_label(&x->col, x->m.col[x->m.ptr[row] + draw[i].cell], &nc);

		draw[i].hash = rec_hash_pair(key, r, nr, c, nc);
	}
	qsort(draw, n, sizeof *draw, by_hash);
	qsort(draw, max, sizeof *draw, by_cell);
}

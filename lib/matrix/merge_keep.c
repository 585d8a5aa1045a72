/* SPDX-License-Identifier: MIT */
#include "matrix/merge_keep.h"

#include <stdlib.h>

#include "base/mem.h"

void rec_merge_keep_free(struct rec_merge_keep *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->nparts; i++)
		rec_block_free(&k->part[i].b);
	for (size_t i = 0; i < k->nsparse; i++) {
		rec_sparse_free(k->sparse[i]);
		free(k->sparse[i]);
	}
	for (size_t i = 0; i < k->nmem; i++)
		free(k->mem[i]);
	for (size_t i = 0; i < k->nin; i++)
		if (k->in[i])
			rec_in_close(k->in[i]);
	free(k->part);
	free(k->sparse);
	free(k->mem);
	free(k->in);
	free(k);
}

int rec_merge_keep_mem(struct rec_merge_keep *k, void *p, struct rec_err *e)
{
	if (!p)
		return -1;
	if (rec_grow(&k->mem, &k->mem_cap, k->nmem + 1, sizeof *k->mem, e) != 0) {
		free(p);
		return -1;
	}
	k->mem[k->nmem++] = p;
	return 0;
}

struct rec_sparse *rec_merge_sparse(struct rec_merge_keep *k, struct rec_err *e)
{
	struct rec_sparse *s;

	if (rec_grow(&k->sparse, &k->sparse_cap, k->nsparse + 1, sizeof *k->sparse, e) != 0)
		return NULL;
	s = rec_zalloc(1, sizeof *s, e);
	if (s)
		k->sparse[k->nsparse++] = s;
	return s;
}

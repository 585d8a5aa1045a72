/* SPDX-License-Identifier: MIT */
/* score/pairs.c - pairs of a file by row. */
#include "score/pairs.h"

#include <stdlib.h>

#include "matrix/label_index.h"

int rec_pairs_new(struct rec_pairs *p, const struct rec_sparse *x, const struct rec_labels *items,
		  bool index, struct rec_pool *pool, struct rec_err *e)
{
	*p = (struct rec_pairs){ .x = x };
	if (rec_labels_map(&p->column_to_item, &x->col, items, e) == 0 &&
	    (!index || rec_label_index_new(&p->rows, &x->row, pool, e) == 0))
		return 0;
	rec_pairs_free(p);
	return -1;
}

void rec_pairs_free(struct rec_pairs *p)
{
	free(p->column_to_item);
	rec_label_index_free(p->rows);
	*p = (struct rec_pairs){ 0 };
}

uint32_t rec_pairs_row(const struct rec_pairs *p, const char *label, size_t len)
{
	return p->rows ? rec_label_index_find(p->rows, label, len) :
			 rec_labels_find(&p->x->row, label, len);
}

uint32_t rec_pairs_length(const struct rec_pairs *p, uint32_t row)
{
	return p && row != REC_NONE ? (uint32_t)(p->x->m.ptr[row + 1] - p->x->m.ptr[row]) : 0;
}

uint32_t rec_pairs_items(const struct rec_pairs *p, uint32_t row, uint32_t *item, float *value)
{
	const struct rec_csr *m = row == REC_NONE ? NULL : &p->x->m;
	uint32_t n = 0;

	for (uint64_t t = m ? m->ptr[row] : 0; m && t < m->ptr[row + 1]; t++) {
		if (p->column_to_item[m->col[t]] == REC_NONE)
			continue;
		if (value)
			value[n] = m->val[t];
		item[n++] = p->column_to_item[m->col[t]];
	}
	return n;
}

/* SPDX-License-Identifier: MIT */
/* topn/popular.c - items by popularity. */
#include "topn/popular.h"

#include <stdlib.h>

#include "base/best.h"
#include "base/mem.h"

/* From the entries of top, in any order. */
static int sort(struct rec_popular *p, struct rec_top *top, struct rec_err *e)
{
	rec_top_sort(top);
	*p = (struct rec_popular){ .n = top->n };
	p->item = rec_alloc((size_t)top->n + 1, sizeof *p->item, e);
	p->score = rec_alloc((size_t)top->n + 1, sizeof *p->score, e);
	if (!p->item || !p->score) {
		rec_popular_free(p);
		return -1;
	}
	for (uint32_t i = 0; i < top->n; i++) {
		p->item[i] = top->entry[i].item;
		p->score[i] = top->entry[i].score;
	}
	return 0;
}

int rec_popular_offset(struct rec_popular *p, const struct rec_labels *labels, const float *value,
		       const struct rec_labels *items, struct rec_err *e)
{
	struct rec_top top = { .cap = labels->n, .room = labels->n };
	uint32_t *label_to_item;
	int rc = -1;

	*p = (struct rec_popular){ 0 };
	if (rec_labels_map(&label_to_item, labels, items, e) != 0)
		return -1;
	top.entry = rec_alloc((size_t)labels->n + 1, sizeof *top.entry, e);
	if (top.entry) {
		for (uint32_t i = 0; i < labels->n; i++)
			if (label_to_item[i] != REC_NONE && value[i] > 0)
				rec_top_push(&top, label_to_item[i], value[i]);
		rc = sort(p, &top, e);
	}
	free(top.entry);
	free(label_to_item);
	return rc;
}

int rec_popular_count(struct rec_popular *p, const struct rec_sparse *x,
		      const struct rec_labels *items, struct rec_err *e)
{
	uint64_t *count = rec_zalloc((size_t)x->col.n + 1, sizeof *count, e);
	float *value = rec_alloc((size_t)x->col.n + 1, sizeof *value, e);
	int rc = -1;

	*p = (struct rec_popular){ 0 };
	if (count && value) {
		for (uint64_t t = 0; t < x->m.nnz; t++)
			count[x->m.col[t]] += x->m.val[t] > 0;
		for (uint32_t i = 0; i < x->col.n; i++)
			value[i] = (float)count[i];
		rc = rec_popular_offset(p, &x->col, value, items, e);
	}
	free(count);
	free(value);
	return rc;
}

void rec_popular_free(struct rec_popular *p)
{
	free(p->item);
	free(p->score);
	*p = (struct rec_popular){ 0 };
}

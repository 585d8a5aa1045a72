/* SPDX-License-Identifier: MIT */
#include "matrix/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recpipe/matrix.h"

struct rec_collected {
	size_t label;	/* offset of the row label; the column label follows it */
	uint32_t row_len, col_len;
	float value;
	double time;
};

struct ref {
	const char *label;
	size_t len;
	uint64_t held;
};

void rec_collect_free(struct rec_collect *h)
{
	rec_buf_free(&h->labels);
	free(h->row);
	*h = (struct rec_collect){ 0 };
}

int rec_collect_add(struct rec_collect *h, const struct rec_row *row, struct rec_err *e)
{
	size_t at = h->labels.n;

	if (rec_grow(&h->row, &h->cap, h->n + 1, sizeof *h->row, e) != 0)
		return -1;
	if (rec_buf_add(&h->labels, row->row, row->row_len, e) != 0 ||
	    rec_buf_add(&h->labels, row->col, row->col_len, e) != 0)
		return -1;
	h->row[h->n++] = (struct rec_collected){
		at, row->row_len, row->col_len, row->has & REC_HAS_VALUE ? row->value : 1,
		row->has & REC_HAS_TIME ? row->time : (double)__builtin_nan("")
	};
	return 0;
}

static int by_label(const void *x, const void *y)
{
	const struct ref *a = x, *b = y;

	return rec_label_cmp(a->label, a->len, b->label, b->len);
}

/* Sort refs, give every held row the rank of its label, and make the set. */
static int number(struct rec_labels *set, struct ref *ref, size_t n, struct rec_cell *cell,
		  int columns, struct rec_err *e)
{
	uint64_t *off = rec_alloc(n + 1, sizeof *off, e);
	struct rec_buf bytes = { 0 };
	uint32_t unique = 0;

	if (!off)
		return -1;
	qsort(ref, n, sizeof *ref, by_label);
	off[0] = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_label(&ref[i - 1], &ref[i]) != 0) {
			if (rec_buf_add(&bytes, ref[i].label, ref[i].len, e) != 0) {
				free(off);
				rec_buf_free(&bytes);
				return -1;
			}
			off[++unique] = bytes.n;
		}
		*(columns ? &cell[ref[i].held].col : &cell[ref[i].held].row) = unique - 1;
	}
	*set = (struct rec_labels){ unique, off, bytes.p, off, bytes.p };
	return 0;
}

int rec_collect_build(struct rec_sparse *m, const struct rec_collect *h, enum rec_repeats repeats,
		      struct rec_pool *pool, struct rec_err *e)
{
	struct ref *ref = rec_alloc(h->n, sizeof *ref, e);
	struct rec_cell *cell = rec_alloc(h->n, sizeof *cell, e);
	struct rec_labels row = { 0 }, col = { 0 };
	int rc = ref && cell ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < h->n; i++) {
		cell[i] = (struct rec_cell){ 0, 0, h->row[i].value, h->row[i].time };
		ref[i] = (struct ref){ h->labels.p + h->row[i].label, h->row[i].row_len, i };
	}
	if (rc == 0)
		rc = number(&row, ref, h->n, cell, 0, e);
	for (size_t i = 0; rc == 0 && i < h->n; i++)
		ref[i] = (struct ref){ h->labels.p + h->row[i].label + h->row[i].row_len,
				       h->row[i].col_len, i };
	if (rc == 0)
		rc = number(&col, ref, h->n, cell, 1, e);
	if (rc == 0)
		rc = rec_sparse_build(m, &(struct rec_cell_array){ &row, &col, cell, h->n },
				      repeats, true, pool, e);
	rec_labels_free(&row);
	rec_labels_free(&col);
	free(ref);
	free(cell);
	return rc;
}

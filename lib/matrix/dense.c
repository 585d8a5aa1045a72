/* SPDX-License-Identifier: MIT */
/*
 * dense.c - labelled dense matrices in memory, borrowed from a block, as text.
 */
#include "matrix/dense.h"

#include <stdlib.h>
#include <string.h>

#include "io/num.h"
#include "matrix/ordered.h"

void rec_dense_free(struct rec_dense *d)
{
	rec_labels_free(&d->row);
	rec_labels_free(&d->col);
	free(d->own);
	rec_far_free(d->far);
	*d = (struct rec_dense){ 0 };
}

static int format_rows(void *arg, uint64_t from, uint64_t to, struct rec_buf *b, struct rec_err *e)
{
	const struct rec_dense *d = arg;

	for (uint64_t i = from; i < to; i++) {
		size_t n;
		const char *label = rec_label(&d->row, (uint32_t)i, &n);

		if (rec_grow(&b->p, &b->cap, b->n + n + (size_t)d->ncols * (REC_NUM_MAX + 1) + 1, 1,
			     e) != 0)
			return -1;
		memcpy(b->p + b->n, label, n);
		b->n += n;
		for (uint32_t j = 0; j < d->ncols; j++) {
			b->p[b->n++] = '\t';
			b->n += rec_num_put_f32(b->p + b->n, d->val[i * d->ncols + j]);
		}
		b->p[b->n++] = '\n';
	}
	return 0;
}

int rec_dense_write_text(struct rec_out *out, const struct rec_dense *d, struct rec_pool *pool,
			 struct rec_err *e)
{
	uint64_t step = 1 + 8192 / (1 + (uint64_t)d->ncols);
	struct rec_dense copy = *d;

	return rec_text_write(out, d->row.n, step, format_rows, &copy, pool, e);
}

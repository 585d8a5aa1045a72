/* SPDX-License-Identifier: MIT */
/* cmd/cat/dense.c - rows of a dense matrix in the order of their labels. */
#include "cmd/cat/dense.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "cmd/cat/labels.h"

int cat_dense_new(struct cat_dense *d, const struct rec_foreign_dense *f, struct rec_err *e)
{
	struct cat_label *order = cat_sort_labels(&f->labels, e);
	size_t width = f->ncols * sizeof *d->val;
	int rc = 0;

	*d = (struct cat_dense){ .off = rec_alloc(f->nrows + 1, sizeof *d->off, e),
				 .val = rec_alloc(f->nrows * f->ncols, sizeof *d->val, e) };
	if (!order || !d->off || !d->val)
		rc = -1;
	if (rc == 0)
		d->off[0] = 0;
	for (uint64_t r = 0; rc == 0 && r < f->nrows; r++) {
		if (r > 0 && cat_label_order(&order[r - 1], &order[r]) == 0)
			rc = rec_err_set(e, REC_EDATA, "row '%.*s' appears twice",
					 REC_LABEL(order[r].p, order[r].len));
		else
			rc = rec_buf_add(&d->bytes, order[r].p, order[r].len, e);
		d->off[r + 1] = d->bytes.n;
		memcpy(d->val + r * f->ncols, f->val + order[r].row * f->ncols, width);
	}
	free(order);
	d->b = (struct rec_block){ .kind = REC_DENSE,
				   .rows = f->nrows,
				   .cols = f->ncols,
				   .nnz = f->nrows * f->ncols,
				   .row_off = d->off,
				   .row_bytes = d->bytes.p,
				   .val = d->val };
	return rc;
}

void cat_dense_free(struct cat_dense *d)
{
	free(d->off);
	rec_buf_free(&d->bytes);
	free(d->val);
}

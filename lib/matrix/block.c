/* SPDX-License-Identifier: MIT */
#include "matrix/block.h"

struct rec_block rec_csr_block(const struct rec_labels *row, const struct rec_labels *col,
			       const struct rec_csr *m, const char *name)
{
	struct rec_block b = { .kind = REC_SPARSE,
			       .order = REC_CANONICAL,
			       .rows = row->n,
			       .cols = col->n,
			       .nnz = m->nnz,
			       .row_off = row->off,
			       .row_bytes = row->bytes,
			       .col_off = col->off,
			       .col_bytes = col->bytes,
			       .ptr = m->ptr,
			       .col = m->col,
			       .val = m->val,
			       .time = m->time,
			       .far = m->far };

	rec_block_name(&b, name);
	return b;
}

struct rec_block rec_dense_block(const struct rec_dense *d, const char *name)
{
	struct rec_block b = { .kind = REC_DENSE,
			       .rows = d->row.n,
			       .cols = d->ncols,
			       .row_off = d->row.off,
			       .row_bytes = d->row.bytes,
			       .val = d->val,
			       .far = d->far };

	if (d->col.n > 0) {
		b.col_off = d->col.off;
		b.col_bytes = d->col.bytes;
	}
	rec_block_name(&b, name);
	return b;
}

struct rec_labels rec_block_rows(const struct rec_block *b)
{
	if (!b->row_off)
		return (struct rec_labels){ 0 };
	return (struct rec_labels){
		.n = (uint32_t)b->rows, .off = b->row_off, .bytes = b->row_bytes
	};
}

struct rec_labels rec_block_cols(const struct rec_block *b)
{
	if (!b->col_off)
		return (struct rec_labels){ 0 };
	return (struct rec_labels){
		.n = (uint32_t)b->cols, .off = b->col_off, .bytes = b->col_bytes
	};
}

struct rec_dense rec_block_dense(const struct rec_block *b)
{
	return (struct rec_dense){ .row = rec_block_rows(b),
				   .col = rec_block_cols(b),
				   .ncols = (uint32_t)b->cols,
				   .val = b->val };
}

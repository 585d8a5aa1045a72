/* SPDX-License-Identifier: MIT */
/* cmd/cat/inspect.c - look at an input without converting it. */
#include "cmd/cat/inspect.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cat/labels.h"
#include "cmd/cli/load.h"
#include "io/num.h"
#include "matrix/sparse.h"
#include "recmat/meta.h"
#include "recmat/recmat.h"
#include "recpipe/matrix.h"
#include "rows/rows.h"

static const char *const kind_name[] = { "?", "sparse", "dense", "meta" };
static const char *const order_name[] = { "-", "canonical", "ranked", "stream" };

/* "PREFIXkey TAB value" */
static int line(struct rec_buf *b, const char *prefix, const char *key, const char *value,
		struct rec_err *e)
{
	return rec_buf_printf(b, e, "%s%s\t%s\n", prefix, key, value);
}

static int line_u64(struct rec_buf *b, const char *prefix, const char *key, uint64_t x,
		    struct rec_err *e)
{
	return rec_buf_printf(b, e, "%s%s\t%llu\n", prefix, key, (unsigned long long)x);
}

static int line_f64(struct rec_buf *b, const char *prefix, const char *key, double x,
		    struct rec_err *e)
{
	char num[REC_NUM_MAX];

	return rec_buf_printf(b, e, "%s%s\t%.*s\n", prefix, key, (int)rec_num_put_f64(num, x), num);
}

/* Smallest, largest and mean of n values; NaN (missing) counts as 1. */
static int value_lines(struct rec_buf *b, const char *prefix, const float *val, uint64_t n,
		       struct rec_err *e)
{
	double lo = 0, hi = 0, sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		double x = val[i] == val[i] ? val[i] : 1;

		lo = i == 0 || x < lo ? x : lo;
		hi = i == 0 || x > hi ? x : hi;
		sum += x;
	}
	if (n == 0)
		return 0;
	return line_f64(b, prefix, "value.min", lo, e) != 0 ||
			       line_f64(b, prefix, "value.max", hi, e) != 0 ||
			       line_f64(b, prefix, "value.mean", sum / (double)n, e) != 0 ?
		       -1 :
		       0;
}

static int meta_lines(struct rec_buf *b, const struct rec_block *block, struct rec_err *e)
{
	struct rec_meta m = { 0 };
	int rc = rec_meta_parse(&m, block->meta, block->meta_len, e);

	for (size_t i = 0; rc == 0 && i < m.n; i++)
		rc = line(b, "meta.", m.entry[i].key, m.entry[i].value, e);
	rec_meta_free(&m);
	return rc;
}

static int block_lines(struct rec_buf *b, const struct rec_block *block, uint64_t number,
		       struct rec_err *e)
{
	double places = (double)block->rows * (double)block->cols;
	uint64_t cells = block->kind == REC_DENSE ? block->rows * block->cols : block->nnz;
	char p[32];

	if (block->kind == REC_META)
		return meta_lines(b, block, e);
	snprintf(p, sizeof p, "%llu.", (unsigned long long)number);
	if (line(b, p, "kind", kind_name[block->kind], e) != 0 ||
	    line(b, p, "name", *block->name ? block->name : "-", e) != 0 ||
	    line(b, p, "order", order_name[block->order], e) != 0 ||
	    line_u64(b, p, "rows", block->rows, e) != 0 ||
	    line_u64(b, p, "columns", block->cols, e) != 0 ||
	    line_u64(b, p, "cells", cells, e) != 0 ||
	    line_f64(b, p, "density", places > 0 ? (double)cells / places : 0, e) != 0 ||
	    line_u64(b, p, "bytes", rec_recmat_size(block), e) != 0)
		return -1;
	if (block->row_off && line_u64(b, p, "label.bytes",
				       block->row_off[block->rows] +
					       (block->col_off ? block->col_off[block->cols] : 0),
				       e) != 0)
		return -1;
	if (line(b, p, "times", block->time ? "yes" : "no", e) != 0)
		return -1;
	return value_lines(b, p, block->val, cells, e);
}

static int info_recmat(struct rec_buf *b, const struct cat_look *l, struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_block block = { 0 };
	uint64_t n = 0;
	bool trust = l->flags & REC_ROWS_TRUST;
	int got = rec_recmat_open(&r, l->in, trust, l->run->pool, e) == 0 ? 1 : -1;

	if (got == 1 && line(b, "", "format", "recmat", e) != 0)
		got = -1;
	while (got == 1 && (got = rec_recmat_next(r, &block, e)) == 1) {
		if (block_lines(b, &block, ++n, e) != 0)
			got = -1;
		rec_block_free(&block);
	}
	rec_recmat_close(r);
	rec_in_close(l->in);
	return got == 0 ? line_u64(b, "", "blocks", n, e) : -1;
}

static int info_text(struct rec_buf *b, const struct cat_look *l, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_KEEP,
				.times = true,
				.label_only = true,
				.anyhow = l->flags & REC_ROWS_ANYHOW,
				.no_sums = true };
	struct rec_sparse m = { 0 };
	int rc = rec_sparse_load(&m, l->in, &how, l->run->pool, e);
	double cells = (double)m.row.n * m.col.n;

	if (rc == 0)
		cli_tell_lost(&m.lost);
	if (rc == 0 &&
	    (line(b, "", "format", "text", e) != 0 || line_u64(b, "", "rows", m.row.n, e) != 0 ||
	     line_u64(b, "", "columns", m.col.n, e) != 0 ||
	     line_u64(b, "", "cells", m.m.nnz, e) != 0 ||
	     line_f64(b, "", "density", cells > 0 ? (double)m.m.nnz / cells : 0, e) != 0 ||
	     line_u64(b, "", "repeats", m.repeats, e) != 0 ||
	     line(b, "", "times", m.m.time ? "yes" : "no", e) != 0 ||
	     value_lines(b, "", m.m.val, m.m.nnz, e) != 0))
		rc = -1;
	rec_sparse_free(&m);
	return rc;
}

int cat_info(struct rec_out *out, const struct cat_look *l, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	int rc = rec_buf_printf(&b, e, "file\t%s\n", rec_in_name(l->in));

	if (rc == 0)
		rc = l->recmat ? info_recmat(&b, l, e) : info_text(&b, l, e);
	else
		rec_in_close(l->in);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

static int verify_recmat(uint64_t *blocks, const struct cat_look *l, struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_block b = { 0 };
	int got = rec_recmat_open(&r, l->in, false, l->run->pool, e) == 0 ? 1 : -1;

	while (got == 1 && (got = rec_recmat_next(r, &b, e)) == 1) {
		rec_block_free(&b);
		(*blocks)++;
	}
	rec_recmat_close(r);
	rec_in_close(l->in);
	return got;
}

static int count_visit(void *arg, unsigned thread, const struct rec_row *rows, size_t n,
		       size_t *bad, struct rec_err *e)
{
	(void)arg, (void)thread, (void)rows, (void)n, (void)bad, (void)e;
	return 0;
}

static int verify_text(uint64_t *count, const struct cat_look *l, struct rec_err *e)
{
	unsigned flags = REC_ROWS_LABELS | (l->flags & REC_ROWS_ANYHOW);
	struct rec_rows *rows;
	int rc;

	if (rec_rows_open(&rows, l->in, flags, l->run->pool, e) != 0) {
		rec_in_close(l->in);
		return -1;
	}
	rc = rec_rows_each(rows, count_visit, NULL, e);
	*count = rec_rows_count(rows);
	rec_rows_close(rows);
	return rc;
}

int cat_verify(struct rec_out *out, const struct cat_look *l, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	uint64_t n = 0;
	int rc = rec_buf_printf(&b, e, "%s: ok, ", rec_in_name(l->in));

	if (rc == 0)
		rc = l->recmat ? verify_recmat(&n, l, e) : verify_text(&n, l, e);
	else
		rec_in_close(l->in);
	if (rc == 0)
		rc = rec_buf_printf(&b, e, "%llu %s\n", (unsigned long long)n,
				    l->recmat ? "blocks" : "rows of text");
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

int cat_find_block(struct rec_block *b, struct rec_in *in, const char *name, bool trust,
		   const struct rec_run *run, struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_block next = { 0 };
	bool found = false;
	int got = rec_recmat_open(&r, in, trust, run->pool, e) == 0 ? 1 : -1;

	while (got == 1 && (got = rec_recmat_next(r, &next, e)) == 1) {
		bool wanted = next.kind != REC_META && (!name || strcmp(next.name, name) == 0);

		if (wanted && found) {
			got = name ? rec_err_set(e, REC_EDATA,
						 "%s: two blocks are called '%s'; see --merge",
						 rec_in_name(in), name) :
				     rec_err_set(e, REC_EDATA,
						 "%s: holds '%s' and '%s'; choose with --block",
						 rec_in_name(in), b->name, next.name);
		} else if (wanted) {
			found = true;
			*b = next;
			continue;
		}
		rec_block_free(&next);
	}
	rec_recmat_close(r);
	if (got == 0 && !found)
		got = name ? rec_err_set(e, REC_EDATA,
					 "%s: no block is called '%s'; see rec-cat --info",
					 rec_in_name(in), name) :
			     rec_err_set(e, REC_EDATA, "%s: no block but metadata",
					 rec_in_name(in));
	if (got != 0 && found)
		rec_block_free(b);
	return got;
}

static int block_labels(struct rec_out *out, const struct cat_look *l, bool columns,
			const char *block, struct rec_err *e)
{
	struct rec_block b = { 0 };
	int rc = cat_find_block(&b, l->in, block, l->flags & REC_ROWS_TRUST, l->run, e);

	if (rc == 0 && columns && !b.col_off)
		rc = rec_err_set(e, REC_EDATA, "%s: the columns of '%s' have no labels",
				 rec_in_name(l->in), b.name);
	else if (rc == 0)
		rc = columns ? cat_write_labels(out, b.col_off, b.col_bytes, b.cols, e) :
			       cat_write_labels(out, b.row_off, b.row_bytes, b.rows, e);
	rec_block_free(&b);
	rec_in_close(l->in);
	return rc;
}

int cat_labels(struct rec_out *out, const struct cat_look *l, bool columns, const char *block,
	       struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_MAX,
				.label_only = true,
				.anyhow = l->flags & REC_ROWS_ANYHOW,
				.trust = l->flags & REC_ROWS_TRUST,
				.no_sums = true };
	struct rec_sparse m = { 0 };
	const struct rec_labels *labels = columns ? &m.col : &m.row;
	int rc;

	if (l->recmat && block)
		return block_labels(out, l, columns, block, e);
	rc = rec_sparse_load(&m, l->in, &how, l->run->pool, e);
	if (rc == 0)
		rc = cat_write_labels(out, labels->off, labels->bytes, labels->n, e);
	rec_sparse_free(&m);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * Puts the blocks of one name together. If the parts divide the rows among
 * them, rows are copied in label order; a plan names, for each row of the
 * result, the part that has it. Otherwise cells are gathered and a new matrix
 * is built. All threads copy; a task writes only what belongs to its rows.
 */
#include "matrix/merge_join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "matrix/block.h"
#include "recpipe/matrix.h"

enum { ROWS = 256 };	/* rows of one task */

static int keep_labels(struct rec_merge_keep *k, struct rec_labels *l, struct rec_err *e)
{
	if (l->own_off && rec_merge_keep_mem(k, l->own_off, e) != 0) {
		l->own_off = NULL;
		rec_labels_free(l);
		return -1;
	}
	l->own_off = NULL;
	if (l->own_bytes && rec_merge_keep_mem(k, l->own_bytes, e) != 0)
		return -1;
	l->own_bytes = NULL;
	return 0;
}

/* -- rows that the parts divide among them -- */

/* Row i of the result is row idx[i] of part[from[i]]. */
struct plan {
	const struct rec_merge_part *const *part;
	size_t n;
	struct rec_labels row;
	uint32_t *from, *idx;
	uint32_t **col_map;	/* sparse: from a column of a part to a column of the result */
	struct rec_block *b;
	uint64_t *ptr;
	uint32_t *col;
	float *val;
	double *time;
};

static int row_twice(const struct rec_merge_part *p, const struct rec_labels *l, uint32_t i,
		     struct rec_err *e)
{
	size_t len;
	const char *s = rec_label(l, i, &len);

	return rec_err_set(e, REC_EDATA, "%s: row '%.*s' of block '%s' appears twice", p->file,
			   REC_LABEL(s, len), p->b.name);
}

/*
 * The union of the row labels or column labels of all parts; map[k][i] as in
 * rec_labels_union.
 */
static int unite(struct rec_labels *out, uint32_t **map, const struct rec_merge_part *const *part,
		 size_t n, bool rows, struct rec_err *e)
{
	struct rec_labels *l = rec_alloc(n, sizeof *l, e);
	const struct rec_labels **set = rec_alloc(n, sizeof *set, e);
	int rc = -1;

	if (l && set) {
		for (size_t k = 0; k < n; k++) {
			l[k] = rows ? rec_block_rows(&part[k]->b) : rec_block_cols(&part[k]->b);
			set[k] = &l[k];
		}
		rc = rec_labels_union(out, map, set, n, e);
	}
	free(l);
	free(set);
	return rc;
}

static void free_maps(uint32_t **map, size_t n)
{
	for (size_t k = 0; map && k < n; k++)
		free(map[k]);
	free(map);
}

bool rec_merge_in_order(const struct rec_merge_part *const *part, size_t n)
{
	const struct rec_block *before = NULL;

	for (size_t k = 0; k < n; k++) {
		const struct rec_block *b = &part[k]->b;

		if (b->rows == 0)
			continue;
		if (before && rec_label_cmp(before->row_bytes + before->row_off[before->rows - 1],
					    (size_t)(before->row_off[before->rows] -
						     before->row_off[before->rows - 1]),
					    b->row_bytes, (size_t)b->row_off[1]) >= 0)
			return false;
		before = b;
	}
	return true;
}

/*
 * Plan for parts that are consecutive ranges: their rows, one part after
 * another.
 */
static int plan_in_order(struct plan *p, struct rec_err *e)
{
	uint64_t rows = 0, bytes = 0, *off;
	char *to;

	for (size_t k = 0; k < p->n; k++) {
		rows += p->part[k]->b.rows;
		bytes += p->part[k]->b.rows ? p->part[k]->b.row_off[p->part[k]->b.rows] : 0;
	}
	if (rows >= REC_NONE)
		return rec_err_set(e, REC_EDATA, "more than %u different labels", REC_NONE - 1);
	p->row = (struct rec_labels){ .n = (uint32_t)rows,
				      .own_off = rec_alloc((size_t)rows + 1, sizeof *off, e),
				      .own_bytes = rec_alloc((size_t)bytes, 1, e) };
	p->row.off = off = p->row.own_off;
	p->row.bytes = to = p->row.own_bytes;
	p->from = rec_alloc((size_t)rows, sizeof *p->from, e);
	p->idx = rec_alloc((size_t)rows, sizeof *p->idx, e);
	if (!off || !to || !p->from || !p->idx)
		return -1;
	off[0] = rows = bytes = 0;
	for (size_t k = 0; k < p->n; k++) {
		const struct rec_block *b = &p->part[k]->b;

		for (uint32_t i = 0; i < b->rows; i++, rows++) {
			p->from[rows] = (uint32_t)k;
			p->idx[rows] = i;
			off[rows + 1] = bytes + b->row_off[i + 1];
		}
		if (b->rows)
			memcpy(to + bytes, b->row_bytes, (size_t)b->row_off[b->rows]);
		bytes = off[rows];
	}
	return 0;
}

static int plan_union(struct plan *p, uint32_t **map, struct rec_err *e)
{
	if (unite(&p->row, map, p->part, p->n, true, e) != 0)
		return -1;
	p->from = rec_alloc(p->row.n, sizeof *p->from, e);
	p->idx = rec_alloc(p->row.n, sizeof *p->idx, e);
	if (!p->from || !p->idx)
		return -1;
	memset(p->from, 0xff, p->row.n * sizeof *p->from);
	for (size_t k = 0; k < p->n; k++)
		for (uint32_t i = 0; i < p->part[k]->b.rows; i++) {
			uint32_t to = map[k][i];

			if (p->from[to] != REC_NONE)
				return row_twice(p->part[k], &p->row, to, e);
			p->from[to] = (uint32_t)k;
			p->idx[to] = i;
		}
	return 0;
}

/* The labels of the result are valid also on failure: keep owns them. */
static int plan_rows(struct plan *p, struct rec_merge_keep *keep, struct rec_err *e)
{
	uint32_t **map = NULL;
	int rc = -1;

	if (rec_merge_in_order(p->part, p->n))
		rc = plan_in_order(p, e);
	else if ((map = rec_zalloc(p->n, sizeof *map, e)))
		rc = plan_union(p, map, e);
	if (keep_labels(keep, &p->row, e) != 0)
		rc = -1;
	free_maps(map, p->n);
	return rc;
}

static void plan_free(struct plan *p)
{
	free(p->from);
	free(p->idx);
	free_maps(p->col_map, p->n);
}

static int copy_dense(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	const struct plan *p = arg;
	uint64_t w = p->b->cols;

	(void)thread, (void)e;
	for (uint64_t i = first; i < last; i++)
		if (w)
			memcpy(p->val + i * w, p->part[p->from[i]]->b.val + p->idx[i] * w,
			       w * sizeof *p->val);
	return 0;
}

static int copy_sparse(void *arg, uint64_t first, uint64_t last, unsigned thread,
		       struct rec_err *e)
{
	const struct plan *p = arg;

	(void)thread, (void)e;
	for (uint64_t i = first; i < last; i++) {
		const struct rec_block *b = &p->part[p->from[i]]->b;
		const uint32_t *map = p->col_map[p->from[i]];
		uint64_t from = b->ptr[p->idx[i]], n = b->ptr[p->idx[i] + 1] - from, to = p->ptr[i];

		for (uint64_t k = 0; k < n; k++) {
			p->col[to + k] = map[b->col[from + k]];
			p->val[to + k] = b->val[from + k];
			if (p->time)
				p->time[to + k] = b->time ? b->time[from + k] : NAN;
		}
	}
	return 0;
}

static bool same_columns(const struct rec_block *a, const struct rec_block *b)
{
	uint64_t n = a->col_off ? a->col_off[a->cols] : 0;

	if (a->cols != b->cols || !a->col_off != !b->col_off)
		return false;
	return !a->col_off ||
	       (memcmp(a->col_off, b->col_off, (a->cols + 1) * sizeof *a->col_off) == 0 &&
		(n == 0 || memcmp(a->col_bytes, b->col_bytes, n) == 0));
}

/*
 * Drop parts without rows. Returns how many parts stay: at least one, because
 * the first stays if no part has rows. Returns 0 if columns differ.
 */
static size_t dense_parts(const struct rec_merge_part **part, size_t n, struct rec_err *e)
{
	size_t stay = 0;

	for (size_t k = 1; k < n; k++)
		if (!same_columns(&part[0]->b, &part[k]->b)) {
			(void)rec_err_set(
				e, REC_EDATA,
				"%s: the columns of block '%s' are not those of the other parts",
				part[k]->file, part[k]->b.name);
			return 0;
		}
	for (size_t k = 0; k < n; k++)
		if (part[k]->b.rows > 0)
			part[stay++] = part[k];
	return stay > 0 ? stay : 1;
}

static int join_dense(struct plan *p, struct rec_merge_keep *keep, struct rec_pool *pool,
		      struct rec_err *e)
{
	p->val = rec_alloc(p->row.n * p->b->cols, sizeof *p->val, e);
	if (rec_merge_keep_mem(keep, p->val, e) != 0)
		return -1;
	p->b->val = p->val;
	return rec_pool_slices(pool, p->row.n, ROWS, copy_dense, p, e);
}

static int join_sparse(struct plan *p, struct rec_merge_keep *keep, struct rec_pool *pool,
		       struct rec_err *e)
{
	struct rec_labels col = { 0 };
	bool times = false;

	p->col_map = rec_zalloc(p->n, sizeof *p->col_map, e);
	if (!p->col_map || unite(&col, p->col_map, p->part, p->n, false, e) != 0 ||
	    keep_labels(keep, &col, e) != 0)
		return -1;
	p->ptr = rec_alloc((size_t)p->row.n + 1, sizeof *p->ptr, e);
	if (rec_merge_keep_mem(keep, p->ptr, e) != 0)
		return -1;
	p->ptr[0] = 0;
	for (uint32_t i = 0; i < p->row.n; i++) {
		const struct rec_block *b = &p->part[p->from[i]]->b;

		p->ptr[i + 1] = p->ptr[i] + b->ptr[p->idx[i] + 1] - b->ptr[p->idx[i]];
	}
	p->b->nnz = p->ptr[p->row.n];
	for (size_t k = 0; k < p->n; k++)
		times |= p->part[k]->b.time != NULL;
	p->col = rec_alloc(p->b->nnz, sizeof *p->col, e);
	if (rec_merge_keep_mem(keep, p->col, e) != 0)
		return -1;
	p->val = rec_alloc(p->b->nnz, sizeof *p->val, e);
	if (rec_merge_keep_mem(keep, p->val, e) != 0)
		return -1;
	p->time = times ? rec_alloc(p->b->nnz, sizeof *p->time, e) : NULL;
	if (times && rec_merge_keep_mem(keep, p->time, e) != 0)
		return -1;
	p->b->cols = col.n;
	p->b->col_off = col.off;
	p->b->col_bytes = col.bytes;
	p->b->ptr = p->ptr;
	p->b->col = p->col;
	p->b->val = p->val;
	p->b->time = p->time;
	return rec_pool_slices(pool, p->row.n, ROWS, copy_sparse, p, e);
}

/* On entry b is a copy of the first part. */
int rec_merge_rows(struct rec_block *b, const struct rec_merge_part **part, size_t n,
		   struct rec_merge_keep *keep, struct rec_pool *pool, struct rec_err *e)
{
	struct plan p = { .part = part, .n = n, .b = b };
	int rc;

	if (b->kind == REC_DENSE && (p.n = dense_parts(part, n, e)) == 0)
		return -1;
	if (b->kind == REC_DENSE && p.n == 1) {	/* a single part stays where it lies */
		*b = part[0]->b;
		b->own = NULL;
		return 0;
	}
	rc = plan_rows(&p, keep, e);
	if (rc == 0) {
		b->rows = p.row.n;
		b->row_off = p.row.off;
		b->row_bytes = p.row.bytes;
		rc = b->kind == REC_DENSE ? join_dense(&p, keep, pool, e) :
					    join_sparse(&p, keep, pool, e);
	}
	plan_free(&p);
	return rc;
}

/* -- cells -- */

static void put_cells(struct rec_cell *c, const struct rec_block *b, const uint32_t *row_map,
		      const uint32_t *col_map)
{
	uint64_t i = 0;

	for (uint64_t r = 0; b->ptr && r < b->rows; r++)
		for (; i < b->ptr[r + 1]; i++)
			c[i].row = row_map[r];
	for (i = 0; i < b->nnz; i++) {
		if (!b->ptr)
			c[i].row = row_map[b->row[i]];
		c[i].col = col_map[b->col[i]];
		/* + 0 turns -0 into the 0 that text has */
		c[i].value = isnan(b->val[i]) ? 1 : b->val[i] + 0.0f;
		c[i].time = b->time ? b->time[i] + 0.0 : NAN;
	}
}

int rec_merge_cells(struct rec_block *b, const struct rec_merge_part *const *part, size_t n,
		    enum rec_repeats repeats, struct rec_merge_keep *keep, struct rec_pool *pool,
		    struct rec_err *e)
{
	uint32_t **row_map = rec_zalloc(n, sizeof *row_map, e),
		 **col_map = rec_zalloc(n, sizeof *col_map, e);
	struct rec_labels row = { 0 }, col = { 0 };
	struct rec_sparse *s = rec_merge_sparse(keep, e);
	struct rec_cell *cell = NULL;
	uint64_t nnz = 0;
	bool times = false;
	int rc = -1;

	if (!row_map || !col_map || !s || unite(&row, row_map, part, n, true, e) != 0 ||
	    unite(&col, col_map, part, n, false, e) != 0)
		goto out;
	for (size_t k = 0; k < n; k++) {
		nnz += part[k]->b.nnz;
		times |= part[k]->b.time != NULL;
	}
	cell = rec_alloc(nnz, sizeof *cell, e);
	if (!cell)
		goto out;
	nnz = 0;
	for (size_t k = 0; k < n; k++) {
		put_cells(cell + nnz, &part[k]->b, row_map[k], col_map[k]);
		nnz += part[k]->b.nnz;
	}
	rc = rec_sparse_build(s, &(struct rec_cell_array){ &row, &col, cell, nnz }, repeats, times,
			      pool, e);
	if (rc == 0)
		*b = rec_csr_block(&s->row, &s->col, &s->m, b->name);
	else if (part[0]->file == part[n - 1]->file)
		rec_err_prefix(e, "%s: ", part[0]->file);
out:
	free(cell);
	free_maps(row_map, n);
	free_maps(col_map, n);
	rec_labels_free(&row);
	rec_labels_free(&col);
	return rc;
}

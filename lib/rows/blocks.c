/* SPDX-License-Identifier: MIT */
/*
 * Blocks to rows. A place in a block is a cell and, in canonical and ranked
 * order, the row it lies in; rows without cells come where they stand, in order
 * stream after all cells. A task takes CELLS cells and finds the row of its
 * first one by bisection.
 */
#include "rows/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/search.h"
#include "recmat/lone.h"

enum { CELLS = 16384 };

struct place {
	uint64_t row, cell;
};

static void put_label(const char **p, uint32_t *len, const uint64_t *off, const char *bytes,
		      uint64_t i)
{
	*p = bytes + off[i];
	*len = (uint32_t)(off[i + 1] - off[i]);
}

static void put_alone(struct rec_row *out, const struct rec_block *b, uint64_t row)
{
	*out = (struct rec_row){ .value = 1, .time = NAN };
	put_label(&out->row, &out->row_len, b->row_off, b->row_bytes, row);
}

static void put_cell(struct rec_row *out, const struct rec_block *b, uint64_t row, uint64_t cell)
{
	float v = b->val[cell];
	double t = b->time ? b->time[cell] : NAN;

	*out = (struct rec_row){ .value = isnan(v) ? 1 : v, .time = t };
	out->has = REC_HAS_COL | (isnan(v) ? 0 : REC_HAS_VALUE) | (isnan(t) ? 0 : REC_HAS_TIME);
	put_label(&out->row, &out->row_len, b->row_off, b->row_bytes, row);
	put_label(&out->col, &out->col_len, b->col_off, b->col_bytes, b->col[cell]);
}

/*
 * Rows of a stream block from at up to end, which counts the lone rows after
 * the cells.
 */
static size_t fill_stream(const struct rec_rows *r, struct place *at, uint64_t end,
			  struct rec_row *rows)
{
	const struct rec_block *b = &r->block;
	size_t n = 0;

	for (; n < REC_ROWS_BATCH && at->cell < end; n++, at->cell++)
		if (at->cell < b->nnz)
			put_cell(&rows[n], b, b->row[at->cell], at->cell);
		else
			put_alone(&rows[n], b, r->lone[at->cell - b->nnz]);
	return n;
}

/*
 * Rows of a canonical or ranked block from at up to cell end, and the empty
 * rows before that.
 */
static size_t fill_ptr(const struct rec_rows *r, struct place *at, uint64_t end,
		       struct rec_row *rows)
{
	const struct rec_block *b = &r->block;
	size_t n = 0;

	while (n < REC_ROWS_BATCH && at->row < b->rows) {
		if (at->cell < b->ptr[at->row + 1]) {
			if (at->cell == end)
				break;
			put_cell(&rows[n++], b, at->row, at->cell);
			at->cell++;
			continue;
		}
		if (b->ptr[at->row] == b->ptr[at->row + 1] && (r->flags & REC_ROWS_LABELS))
			put_alone(&rows[n++], b, at->row);
		at->row++;
	}
	return n;
}

static size_t fill_rows(const struct rec_rows *r, struct place *at, uint64_t end,
			struct rec_row *rows)
{
	return r->block.order == REC_STREAM ? fill_stream(r, at, end, rows) :
					      fill_ptr(r, at, end, rows);
}

/* All that a task may count on: cells, and lone rows of a stream. */
static uint64_t cells_of(const struct rec_rows *r)
{
	return r->block.nnz + r->nlone;
}

/* In text a row without a cell is a line without TAB. */
static int find_lone(struct rec_rows *r, struct rec_err *e)
{
	free(r->lone);
	if (rec_lone_rows(&r->block, &r->lone, &r->nlone, e) != 0)
		return -1;
	if (r->nlone == 0 || (r->flags & REC_ROWS_LABELS))
		return 0;
	rec_lone_fail(&r->block, r->lone[0], e);
	return rec_rows_in_block(r, e);
}

/* The next sparse block: 1, 0, -1. */
static int next_block(struct rec_rows *r, struct rec_err *e)
{
	int rc;

	rec_block_free(&r->block);
	r->at_row = r->at_cell = r->nlone = 0;
	r->in_block = false;
	while ((rc = rec_recmat_next(r->recmat, &r->block, e)) == 1) {
		r->blocks++;
		if (r->block.kind == REC_SPARSE)
			break;
		if (r->block.kind == REC_DENSE) {
			rec_err_set(e, REC_EDATA,
				    "'%s' is dense, as in a model, and rows are wanted; a model is "
				    "given by -m, one block of it by rec-cat --block %s",
				    r->block.name, r->block.name);
			return rec_rows_in_block(r, e);
		}
		rec_block_free(&r->block);
	}
	if (rc != 1)
		return rc;
	if (r->block.order == REC_STREAM && find_lone(r, e) != 0)
		return -1;
	r->in_block = true;
	return 1;
}

int rec_rows_recmat_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
			 struct rec_err *e)
{
	if (rec_rows_scratch(r, e) != 0)
		return -1;
	for (;;) {
		struct place at = { r->at_row, r->at_cell };
		int rc;

		*rows = r->scratch;
		*n = r->in_block ? fill_rows(r, &at, cells_of(r), r->scratch) : 0;
		r->at_row = at.row;
		r->at_cell = at.cell;
		if (*n > 0)
			return 1;
		rc = next_block(r, e);
		if (rc != 1)
			return rc;
	}
}

struct visit {
	struct rec_rows *r;
	rec_rows_visit *fn;
	void *arg;
};

static int visit_cells(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct visit *v = arg;
	struct rec_rows *r = v->r;
	struct rec_row *rows = r->scratch + (size_t)thread * REC_ROWS_BATCH;
	uint64_t total = cells_of(r), left;
	struct place at = { 0, (uint64_t)task * CELLS };
	size_t n;

	left = total - at.cell;
	if (r->block.order != REC_STREAM && task > 0)
		/* the first whose cells end after it */
		at.row = rec_search64(r->block.ptr + 1, 0, r->block.rows, at.cell + 1);
	for (uint64_t end = left < CELLS ? total : at.cell + CELLS;
	     (n = fill_rows(r, &at, end, rows)) > 0;) {
		size_t bad = SIZE_MAX;

		r->tally[thread].n += n;
		if (v->fn(v->arg, thread, rows, n, &bad, e) != 0)
			return bad < n ? rec_rows_in_block(r, e) : -1;
	}
	return 0;
}

int rec_rows_recmat_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e)
{
	struct visit v = { r, visit, arg };
	int rc;

	while ((rc = next_block(r, e)) == 1) {
		uint64_t total = cells_of(r),
			 tasks = total ? (total + CELLS - 1) / CELLS : r->block.rows > 0;

		if (rec_pool_run(r->pool, (size_t)tasks, visit_cells, &v, e) != 0)
			return -1;
		rec_rows_add_tally(r);
	}
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * The transpose goes through a file in which cells are sorted by range of
 * columns, so that each range can be completed in memory.
 */
#include "matrix/csr_far.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/csr_row.h"
#include "matrix/ranges.h"

enum { CELLS_A_STEP = 1 << 14 };

int rec_csr_new_far(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t nnz,
		    struct rec_spill *spill, struct rec_err *e)
{
	if (!spill)
		return rec_csr_new(m, nrows, ncols, nnz, 0, e);
	*m = (struct rec_csr){ .nrows = nrows, .ncols = ncols, .nnz = nnz };
	m->own[0] = rec_zalloc((size_t)nrows + 1, sizeof *m->ptr, e);
	m->ptr = m->own[0];
	if (!m->ptr || rec_far_new(&m->own_far, spill, (size_t)nnz * 8, e) != 0) {
		rec_csr_free(m);
		return -1;
	}
	m->far = m->own_far;
	m->col = (uint32_t *)(void *)m->far->p;
	m->val = (float *)(void *)(m->far->p + nnz * 4);
	return 0;
}

struct transpose {
	const struct rec_csr *m;
	struct rec_csr *t;
	struct rec_ranges ranges;
	struct rec_far *sorted;	/* row, col, value: by range of columns, rows ascending */
	uint64_t *place;	/* where the next cell of a column goes */
};

static void count_columns(struct transpose *x)
{
	const struct rec_csr *m = x->m;
	uint64_t *ptr = x->t->own[0];

	for (uint64_t c = 0; c < m->nnz; c += CELLS_A_STEP) {
		uint64_t end = m->nnz - c < CELLS_A_STEP ? m->nnz : c + CELLS_A_STEP;

		if (m->far)
			rec_far_walk(m->far, m->col + c, (size_t)(end - c) * sizeof *m->col);
		for (uint64_t k = c; k < end; k++)
			ptr[m->col[k] + 1]++;
	}
	for (uint32_t j = 0; j < m->ncols; j++)
		ptr[j + 1] += ptr[j];
	memcpy(x->place, ptr, m->ncols * sizeof *ptr);
}

static void sort_columns(struct transpose *x)
{
	const struct rec_csr *m = x->m;
	uint32_t *to = (uint32_t *)(void *)x->sorted->p;

	for (uint32_t i = 0; i < m->nrows; i++) {
		struct rec_csr_cells row = rec_csr_row(m, i);

		for (uint64_t c = 0; c < row.n; c++) {
			uint32_t *w = to +
				      x->ranges.at[rec_ranges_find(&x->ranges, row.col[c])]++ * 3;

			w[0] = i;
			w[1] = row.col[c];
			memcpy(&w[2], &row.val[c], sizeof *w);
		}
		rec_far_used(x->sorted, row.n * 12);
	}
}

static int transpose_range(void *arg, size_t r, unsigned thread, struct rec_err *e)
{
	const struct transpose *x = arg;
	const uint32_t *from = (const uint32_t *)(const void *)x->sorted->p;
	uint32_t *row = (uint32_t *)x->t->col;
	float *val = (float *)x->t->val;
	uint64_t first = x->t->ptr[x->ranges.first[r]], end = x->t->ptr[x->ranges.first[r + 1]];

	(void)thread;
	(void)e;
	for (uint64_t c = first; c < end; c++) {
		const uint32_t *w = from + c * 3;
		uint64_t to = x->place[w[1]]++;

		row[to] = w[0];
		memcpy(&val[to], &w[2], sizeof *val);
		if ((c - first) % CELLS_A_STEP == CELLS_A_STEP - 1) {
			rec_far_used(x->sorted, CELLS_A_STEP * 12);
			rec_far_used(x->t->far, CELLS_A_STEP * 8);
		}
	}
	rec_far_used(x->sorted, (end - first) % CELLS_A_STEP * 12);
	rec_far_used(x->t->far, (end - first) % CELLS_A_STEP * 8);
	return 0;
}

static int transpose(struct transpose *x, struct rec_spill *spill, uint64_t limit,
		     struct rec_pool *pool, struct rec_err *e)
{
	const struct rec_csr *m = x->m;
	struct rec_csr *t = x->t;

	if (rec_csr_new_far(t, m->ncols, m->nrows, m->nnz, spill, e) != 0)
		return -1;
	rec_far_limit(t->own_far, limit);
	x->place = rec_alloc(t->nrows, sizeof *x->place, e);
	if (!x->place)
		return -1;
	count_columns(x);
	x->ranges.limit = limit / rec_pool_size(pool) / 32 + 1;
	if (rec_ranges_cut(&x->ranges, t->ptr, t->nrows, e) != 0 ||
	    rec_far_new(&x->sorted, spill, (size_t)m->nnz * 12, e) != 0)
		return -1;
	rec_far_limit(x->sorted, limit);
	sort_columns(x);
	rec_far_drop(x->sorted);
	return rec_pool_run(pool, x->ranges.n, transpose_range, x, e);
}

int rec_csr_transpose_far(struct rec_csr *t, const struct rec_csr *m, struct rec_spill *spill,
			  uint64_t limit, struct rec_pool *pool, struct rec_err *e)
{
	struct transpose x = { .m = m, .t = t };
	int rc = transpose(&x, spill, limit < spill->limit ? spill->limit : limit, pool, e);

	rec_far_free(x.sorted);
	free(x.place);
	rec_ranges_free(&x.ranges);
	if (rc == 0)
		rec_far_limit(t->own_far, spill->limit);
	else
		rec_csr_free(t);
	return rc;
}

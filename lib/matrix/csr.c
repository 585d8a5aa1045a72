/* SPDX-License-Identifier: MIT */
/*
 * Transposing: the cells are cut at row borders into a few parts of about equal
 * size; every part counts its cells by column, sums over columns and parts give
 * each (part, column) its place, and every part scatters its cells. Places
 * follow (column, row), so the cut doesn't show in the result. The counters of
 * all parts together take no more memory than the cells.
 */
#include "matrix/csr.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/search.h"

enum { MAX_PARTS = 32, CELLS_A_PART = 1 << 16 };

void rec_csr_free(struct rec_csr *m)
{
	for (int i = 0; i < 4; i++)
		free(m->own[i]);
	rec_far_free(m->own_far);
	*m = (struct rec_csr){ 0 };
}

int rec_csr_new(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t nnz, int times,
		struct rec_err *e)
{
	*m = (struct rec_csr){ .nrows = nrows, .ncols = ncols, .nnz = nnz };
	m->own[0] = rec_zalloc((size_t)nrows + 1, sizeof *m->ptr, e);
	m->own[1] = rec_alloc_table(nnz, sizeof *m->col, e);
	m->own[2] = rec_alloc_table(nnz, sizeof *m->val, e);
	m->own[3] = times ? rec_alloc(nnz, sizeof *m->time, e) : NULL;
	if (!m->own[0] || !m->own[1] || !m->own[2] || (times && !m->own[3])) {
		rec_csr_free(m);
		return -1;
	}
	m->ptr = m->own[0];
	m->col = m->own[1];
	m->val = m->own[2];
	m->time = m->own[3];
	return 0;
}

struct transpose {
	const struct rec_csr *m;
	struct rec_csr *t;
	uint32_t border[MAX_PARTS + 1];	/* first row of each part */
	size_t parts;
	uint64_t *place;		/* parts x ncols: counts, then next places */
};

static void cut(struct transpose *x, unsigned threads)
{
	const struct rec_csr *m = x->m;
	uint64_t parts = m->nnz / CELLS_A_PART;

	if (parts > 2 * (uint64_t)threads)
		parts = 2 * (uint64_t)threads;
	if (m->ncols && parts > m->nnz / m->ncols)
		parts = m->nnz / m->ncols;
	if (parts > MAX_PARTS)
		parts = MAX_PARTS;
	if (parts < 1 || threads == 1)
		parts = 1;
	x->parts = parts;
	for (uint64_t p = 0; p < parts; p++)
		x->border[p] = (uint32_t)rec_search64(m->ptr, 0, m->nrows, m->nnz / parts * p);
	x->border[parts] = m->nrows;
}

static int count_task(void *arg, size_t part, unsigned thread, struct rec_err *e)
{
	struct transpose *x = arg;
	const struct rec_csr *m = x->m;
	uint64_t *count = x->place + part * m->ncols;

	(void)thread;
	(void)e;
	for (uint64_t c = m->ptr[x->border[part]]; c < m->ptr[x->border[part + 1]]; c++)
		count[m->col[c]]++;
	return 0;
}

static void place_cells(struct transpose *x)
{
	uint64_t *ptr = x->t->own[0], at = 0;
	uint32_t ncols = x->m->ncols;

	for (uint32_t j = 0; j < ncols; j++) {
		ptr[j] = at;
		for (size_t p = 0; p < x->parts; p++) {
			uint64_t n = x->place[p * ncols + j];

			x->place[p * ncols + j] = at;
			at += n;
		}
	}
	ptr[ncols] = at;
}

static int scatter_task(void *arg, size_t part, unsigned thread, struct rec_err *e)
{
	struct transpose *x = arg;
	const struct rec_csr *m = x->m;
	uint64_t *place = x->place + part * m->ncols;
	uint32_t *row = x->t->own[1];
	float *val = x->t->own[2];
	double *time = x->t->own[3];

	(void)thread;
	(void)e;
	for (uint32_t i = x->border[part]; i < x->border[part + 1]; i++)
		for (uint64_t c = m->ptr[i]; c < m->ptr[i + 1]; c++) {
			uint64_t to = place[m->col[c]]++;

			row[to] = i;
			val[to] = m->val[c];
			if (time)
				time[to] = m->time[c];
		}
	return 0;
}

int rec_csr_transpose(struct rec_csr *t, const struct rec_csr *m, struct rec_pool *pool,
		      struct rec_err *e)
{
	struct transpose x = { .m = m, .t = t };
	int rc = -1;

	*t = (struct rec_csr){ 0 };
	if (rec_csr_new(t, m->ncols, m->nrows, m->nnz, m->time != NULL, e) != 0)
		return -1;
	if (m->nnz == 0)
		return 0;
	cut(&x, rec_pool_size(pool));
	x.place = rec_zalloc(x.parts * m->ncols, sizeof *x.place, e);
	if (x.place && rec_pool_run(pool, x.parts, count_task, &x, e) == 0) {
		place_cells(&x);
		rc = rec_pool_run(pool, x.parts, scatter_task, &x, e);
	}
	free(x.place);
	if (rc != 0)
		rec_csr_free(t);
	return rc;
}

uint64_t rec_csr_longest(const uint64_t *ptr, uint64_t nrows)
{
	uint64_t longest = 0;

	for (uint64_t i = 0; i < nrows; i++)
		if (ptr[i + 1] - ptr[i] > longest)
			longest = ptr[i + 1] - ptr[i];
	return longest;
}

uint64_t rec_csr_empty_rows(const struct rec_csr *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->nrows; i++)
		n += m->ptr[i] == m->ptr[i + 1];
	return n;
}

uint64_t rec_csr_find(const struct rec_csr *m, uint32_t i, uint32_t j)
{
	uint64_t at = rec_search32(m->col, m->ptr[i], m->ptr[i + 1], j);

	return at < m->ptr[i + 1] && m->col[at] == j ? at : UINT64_MAX;
}

uint32_t rec_csr_row_of(const uint64_t *ptr, uint32_t nrows, uint64_t c)
{
	return (uint32_t)rec_search64(ptr, 1, nrows, c + 1) - 1;
}

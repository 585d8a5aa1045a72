/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/parts.c - contiguous ranges of rows of a matrix as matrices of
 * their own: cells are copied in order, columns that hold none are left out, so
 * that a part is canonical as the whole is. Memory: the part, and five bytes a
 * column.
 */
#include "data/ranges.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int rec_split_transpose(struct rec_sparse *out, const struct rec_sparse *m, struct rec_pool *pool,
			struct rec_err *e)
{
	*out = (struct rec_sparse){ .has_value = m->has_value };
	if (rec_labels_copy(&out->row, &m->col, NULL, e) == 0 &&
	    rec_labels_copy(&out->col, &m->row, NULL, e) == 0 &&
	    rec_csr_transpose(&out->m, &m->m, pool, e) == 0)
		return 0;
	rec_sparse_free(out);
	return -1;
}

/*
 * The columns that hold a cell of the rows: their labels, and the number of
 * each among them.
 */
static int used_columns(struct rec_labels *out, uint32_t *number, const struct rec_sparse *m,
			uint32_t first, uint32_t last, struct rec_err *e)
{
	unsigned char *keep = rec_zalloc(m->col.n, 1, e);
	int rc;

	if (!keep)
		return -1;
	for (uint64_t c = m->m.ptr[first]; c < m->m.ptr[last]; c++)
		keep[m->m.col[c]] = 1;
	for (uint32_t j = 0, n = 0; j < m->col.n; j++)
		number[j] = keep[j] ? n++ : REC_NONE;
	rc = rec_labels_copy(out, &m->col, keep, e);
	free(keep);
	return rc;
}

/* A part in which no cell has a time is one without times. */
static bool any_time(const double *time, uint64_t n)
{
	for (uint64_t c = 0; time && c < n; c++)
		if (!isnan(time[c]))
			return true;
	return false;
}

static int copy_cells(struct rec_csr *out, const struct rec_csr *m, const uint32_t *number,
		      uint32_t ncols, uint32_t first, uint32_t last, struct rec_err *e)
{
	uint64_t from = m->ptr[first], n = m->ptr[last] - from, *ptr;
	bool times = m->time && any_time(m->time + from, n);
	uint32_t *col;

	if (rec_csr_new(out, last - first, ncols, n, times, e) != 0)
		return -1;
	ptr = out->own[0];
	col = out->own[1];
	for (uint32_t i = first; i <= last; i++)
		ptr[i - first] = m->ptr[i] - from;
	for (uint64_t c = 0; c < n; c++)
		col[c] = number[m->col[from + c]];
	if (n > 0)
		memcpy(out->own[2], m->val + from, n * sizeof *m->val);
	if (n > 0 && times)
		memcpy(out->own[3], m->time + from, n * sizeof *m->time);
	return 0;
}

int rec_split_rows(struct rec_sparse *out, const struct rec_sparse *m, uint32_t first,
		   uint32_t last, struct rec_err *e)
{
	uint32_t *number = rec_alloc(m->col.n, sizeof *number, e);
	int rc = -1;

	*out = (struct rec_sparse){ .has_value = m->has_value };
	if (number && m->row.n == 0)	/* its arrays may be NULL */
		rc = rec_csr_new(&out->m, 0, 0, 0, 0, e);
	else if (number && rec_labels_cut(&out->row, &m->row, first, last, e) == 0 &&
		 used_columns(&out->col, number, m, first, last, e) == 0)
		rc = copy_cells(&out->m, &m->m, number, out->col.n, first, last, e);
	free(number);
	if (rc != 0)
		rec_sparse_free(out);
	return rc;
}

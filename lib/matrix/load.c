/* SPDX-License-Identifier: MIT */
/*
 * load.c - an input, text or recmat, to a sparse matrix.
 *
 * Pieces of the input are parsed and their labels numbered by all threads (a
 * concurrent table, so each label is held once); then labels are sorted, and
 * cells by row and column. Peak memory is at most 40 bytes a row of input (24
 * without times, 16 where all values are equal) plus labels and a bucket a
 * thread. A canonical recmat file is mapped and used in place. The result
 * depends on the multiset of rows alone.
 */
#include "recpipe/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "matrix/digest.h"
#include "matrix/load_recmat.h"
#include "matrix/loader.h"
#include "recmat/recmat.h"
#include "rows/rows.h"
#include "rows/write.h"

enum { GROUP = 64 };

static inline void tally_row(struct rec_tally *t, const struct rec_row *r, float value, double time)
{
	if (r->has & REC_HAS_TIME)
		rec_tally_time(t, time);
	t->has_value |= (r->has & REC_HAS_VALUE) != 0;
	rec_tally_value(t, value);
}

/*
 * A score that its double does not tell from others; its text stands after the
 * label.
 */
static int add_beyond(struct rec_tally *t, const struct rec_row *r, uint32_t row, uint32_t col,
		      struct rec_err *e)
{
	char buf[REC_NUM_MAX];
	size_t n;
	const char *text = rec_row_field(r, 3, buf, &n);

	if (rec_grow(&t->beyond, &t->beyond_cap, t->nbeyond + 1, sizeof *t->beyond, e) != 0)
		return -1;
	t->beyond[t->nbeyond++] = (struct rec_beyond){ row, col, rec_num_hash(text, n) };
	return 0;
}

/* Up to GROUP rows. */
static int add_group(struct rec_loader *l, unsigned thread, const struct rec_row *rows, size_t n,
		     struct rec_err *e)
{
	struct rec_intern_key row[GROUP], col[GROUP];
	struct rec_digest_batch batch;
	struct rec_tally *t = &l->tally[thread];
	const bool sums = !l->how->no_sums;
	size_t ncol = 0;

	for (size_t i = 0; i < n; i++) {
		row[i].label = rows[i].row;
		row[i].len = rows[i].row_len;
		if (rows[i].has & REC_HAS_COL)
			col[ncol++] = (struct rec_intern_key){ .label = rows[i].col,
							       .len = rows[i].col_len };
	}
	if (rec_intern_keys(l->row, row, n, e) != 0 ||
	    rec_intern_keys(l->col, col, ncol, e) != 0)
		return -1;
	ncol = 0;
	batch.n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct rec_intern_key *r = &row[i], *c = &col[ncol];
		float value = rows[i].value + 0.0f;
		double time = rows[i].time + 0.0;

		if (!(rows[i].has & REC_HAS_COL))
			continue;
		ncol++;
		tally_row(t, &rows[i], value, time);
		if (sums)
			rec_digest_add(&t->digest, &batch, r->hash, c->hash, value, time);
		if (l->how->scores && (rows[i].has & REC_LOST_TIME) &&
		    add_beyond(t, &rows[i], r->id, c->id, e) != 0)
			return -1;
		if (rec_loader_add(l, thread, r->id, c->id, value, time, e) != 0)
			return -1;
	}
	if (sums)
		rec_digest_flush(&t->digest, &batch);
	else
		t->digest.cells += ncol;
	return 0;
}

static int visit(void *arg, unsigned thread, const struct rec_row *rows, size_t n, size_t *bad,
		 struct rec_err *e)
{
	(void)bad;
	for (size_t i = 0; i < n; i += GROUP)
		if (add_group(arg, thread, rows + i, n - i < GROUP ? n - i : GROUP, e) != 0)
			return -1;
	return 0;
}

static int load_text(struct rec_loader *l, struct rec_sparse *s, struct rec_in **in,
		     struct rec_err *e)
{
	unsigned flags = (l->how->label_only ? REC_ROWS_LABELS : 0) |
			 (l->how->anyhow ? REC_ROWS_ANYHOW : 0) |
			 (l->how->trust ? REC_ROWS_TRUST : 0) |
			 (l->how->scores ? REC_ROWS_SCORES : 0);
	struct rec_rows *rows;
	int rc;

	if (rec_rows_open(&rows, *in, flags, l->pool, e) != 0)
		return -1;
	*in = NULL;
	rc = rec_rows_each(rows, visit, l, e);
	s->looks = rc == 0 && l->how->label_only ? rec_rows_looks(rows) : NULL;
	s->lost = *rec_rows_lost(rows);
	rec_rows_close(rows);
	return rc;
}

static int loader_new(struct rec_loader *l, struct rec_err *e)
{
	unsigned threads = rec_pool_size(l->pool);

	l->tally = rec_zalloc(threads, sizeof *l->tally, e);
	if (!l->tally || rec_intern_new(&l->row, e) != 0 || rec_intern_new(&l->col, e) != 0)
		return -1;
	if (l->how->spill)
		return rec_stow_new(&l->stow, l->how->spill, threads, l->times, e);
	return rec_cells_new(&l->cells, threads, l->times, e);
}

static void loader_free(struct rec_loader *l)
{
	rec_intern_free(l->row);
	rec_intern_free(l->col);
	rec_cells_free(&l->cells);
	rec_stow_free(&l->stow);
	for (unsigned t = 0; l->tally && t < rec_pool_size(l->pool); t++)
		free(l->tally[t].beyond);
	free(l->tally);
}

static int finish_labels(struct rec_loader *l, struct rec_sparse *s, uint32_t **row_rank,
			 uint32_t **col_rank, struct rec_err *e)
{
	if (rec_intern_finish(l->row, &s->row, row_rank, l->pool, e) != 0)
		return -1;
	rec_intern_free(l->row);
	l->row = NULL;
	if (rec_intern_finish(l->col, &s->col, col_rank, l->pool, e) != 0)
		return -1;
	rec_intern_free(l->col);
	l->col = NULL;
	return 0;
}

static int by_cell(const void *x, const void *y)
{
	const struct rec_beyond *a = x, *b = y;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

static int gather_beyond(struct rec_loader *l, struct rec_sparse *s, const uint32_t *row_rank,
			 const uint32_t *col_rank, struct rec_err *e)
{
	size_t n = 0;

	for (unsigned t = 0; t < rec_pool_size(l->pool); t++) {
		n += l->tally[t].nbeyond;
		s->ranked_ties |= l->tally[t].ranked_ties;
	}
	s->beyond = rec_alloc(n, sizeof *s->beyond, e);
	if (!s->beyond)
		return -1;
	for (unsigned t = 0; t < rec_pool_size(l->pool); t++)
		for (size_t i = 0; i < l->tally[t].nbeyond; i++) {
			struct rec_beyond b = l->tally[t].beyond[i];

			s->beyond[s->nbeyond++] = (struct rec_beyond){ row_rank[b.row],
								       col_rank[b.col], b.hash };
		}
	if (n > 0)
		qsort(s->beyond, n, sizeof *s->beyond, by_cell);
	return 0;
}

static int cells_csr(struct rec_loader *l, struct rec_sparse *s,
		     const struct rec_cells_shape *shape, struct rec_conflict *conflict,
		     struct rec_err *e)
{
	if (l->stow.in_files)
		return rec_stow_csr(&s->m, &l->stow, shape, &s->repeats, conflict, l->pool, e);
	if (l->stow.spill && (rec_cells_new(&l->cells, rec_pool_size(l->pool), l->times, e) != 0 ||
			      rec_stow_cells(&l->cells, &l->stow, l->pool, e) != 0))
		return -1;
	return rec_cells_csr(&s->m, &l->cells, shape, &s->repeats, conflict, l->pool, e);
}

/* Cells and labels to the matrix. name: of the input, for messages. */
static int finish(struct rec_loader *l, struct rec_sparse *s, const char *name, struct rec_err *e)
{
	bool any_time = rec_tally_sum(s, l->tally, rec_pool_size(l->pool));
	uint32_t *row_rank = NULL, *col_rank = NULL;
	struct rec_conflict conflict = { 0 };
	int rc = finish_labels(l, s, &row_rank, &col_rank, e);

	if (rc == 0) {
		struct rec_cells_shape shape = { s->row.n,
						 row_rank,
						 col_rank,
						 s->row.n,
						 s->col.n,
						 l->how->repeats,
						 l->how->scores || (l->how->times && any_time) };

		rc = gather_beyond(l, s, row_rank, col_rank, e);
		if (rc == 0)
			rc = cells_csr(l, s, &shape, &conflict, e);
	}
	if (rc == 0 &&
	    (l->how->compare_times || (l->how->repeats == REC_REPEATS_LAST && s->repeats > 0)))
		rc = rec_lost_check_times(&s->lost, e);
	if (rc == 0 && conflict.kind != REC_CONFLICT_NONE)
		rc = rec_conflict_fail(&conflict, &s->row, &s->col, name, l->how->what, e);
	if (rc == 0)
		s->label_only_rows = l->how->label_only ? rec_csr_empty_rows(&s->m) : 0;
	free(row_rank);
	free(col_rank);
	return rc;
}

static int load_all(struct rec_loader *l, struct rec_sparse *s, struct rec_in **in,
		    struct rec_err *e)
{
	char *name = strdup(rec_in_name(*in));
	bool done = false;
	int rc = -1, is;

	if (!name)
		return rec_err_set(e, REC_ENOMEM, "out of memory");
	if (l->how->spill)
		rec_in_bound(*in, l->how->spill);
	is = rec_recmat_is(*in, e);
	if (is >= 0 && loader_new(l, e) == 0)
		rc = is ? rec_loader_recmat(l, s, in, &done, e) : load_text(l, s, in, e);
	if (rc == 0 && !done)
		rc = finish(l, s, name, e);
	free(name);
	return rc;
}

int rec_sparse_load(struct rec_sparse *s, struct rec_in *in, const struct rec_load *how,
		    struct rec_pool *pool, struct rec_err *e)
{
	struct rec_loader l = { .how = how,
				.times = how->times || how->scores ||
					 how->repeats == REC_REPEATS_LAST,
				.pool = pool };
	int rc;

	*s = (struct rec_sparse){ 0 };
	rc = load_all(&l, s, &in, e);
	loader_free(&l);
	if (in)
		rec_in_close(in);
	if (rc != 0)
		rec_sparse_free(s);
	return rc;
}

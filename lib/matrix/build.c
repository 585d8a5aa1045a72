/* SPDX-License-Identifier: MIT */
#include "recpipe/matrix.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "matrix/cells.h"
#include "matrix/digest.h"
#include "matrix/tally.h"

enum { CELLS_A_TASK = 1 << 14 };

/*
 * Labels without cells are dropped: flags of used ones to the rank of each, and
 * the number of used ones.
 */
struct used {
	unsigned char *keep;
	uint32_t *rank, n;
	uint64_t *hash;
};

static int used_new(struct used *u, const struct rec_labels *l, struct rec_err *e)
{
	u->keep = rec_zalloc(l->n, 1, e);
	u->rank = rec_alloc(l->n, sizeof *u->rank, e);
	u->hash = rec_alloc(l->n, sizeof *u->hash, e);
	return u->keep && u->rank && u->hash ? 0 : -1;
}

static void used_rank(struct used *u, const struct rec_labels *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		size_t n;
		const char *p = rec_label(l, i, &n);

		u->rank[i] = u->keep[i] ? u->n++ : REC_NONE;
		u->hash[i] = u->keep[i] ? rec_hash(p, n, 0) : 0;
	}
}

static void used_free(struct used *u)
{
	free(u->keep);
	free(u->rank);
	free(u->hash);
}

struct feed {
	const struct rec_cell_array *from;
	struct used row, col;
	struct rec_cells cells;
	struct rec_tally *tally;
};

static int feed_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct feed *f = arg;
	const struct rec_cell *cell = f->from->cell;
	struct rec_tally *t = &f->tally[thread];
	struct rec_digest_batch batch;

	batch.n = 0;
	for (const struct rec_cell *c = cell + first; c < cell + last; c++) {
		float value = c->value + 0.0f;
		double time = c->time + 0.0;

		rec_digest_add(&t->digest, &batch, f->row.hash[c->row], f->col.hash[c->col], value,
			       time);
		rec_tally_time(t, time);
		rec_tally_value(t, value);
		if (rec_cells_add(&f->cells, thread, c->row, c->col, value, time, e) != 0)
			return -1;
	}
	rec_digest_flush(&t->digest, &batch);
	t->has_value = true;
	return 0;
}

static int feed_cells(struct feed *f, bool times, struct rec_pool *pool, struct rec_err *e)
{
	const struct rec_cell_array *a = f->from;
	unsigned threads = rec_pool_size(pool);

	f->tally = rec_zalloc(threads, sizeof *f->tally, e);
	if (!f->tally || used_new(&f->row, a->row, e) != 0 || used_new(&f->col, a->col, e) != 0 ||
	    rec_cells_new(&f->cells, threads, times, e) != 0)
		return -1;
	for (uint64_t i = 0; i < a->n; i++) {
		f->row.keep[a->cell[i].row] = 1;
		f->col.keep[a->cell[i].col] = 1;
	}
	used_rank(&f->row, a->row);
	used_rank(&f->col, a->col);
	return rec_pool_slices(pool, a->n, CELLS_A_TASK, feed_task, f, e);
}

static int build(struct rec_sparse *s, struct feed *f, enum rec_repeats repeats, bool times,
		 struct rec_pool *pool, struct rec_err *e)
{
	const struct rec_labels *row = f->from->row, *col = f->from->col;
	struct rec_conflict conflict;
	struct rec_cells_shape shape = { .row_ids = row->n, .repeats = repeats };

	if (feed_cells(f, times || repeats == REC_REPEATS_LAST, pool, e) != 0)
		return -1;
	shape.times = rec_tally_sum(s, f->tally, rec_pool_size(pool)) && times;
	shape.row_rank = f->row.rank;
	shape.col_rank = f->col.rank;
	shape.nrows = f->row.n;
	shape.ncols = f->col.n;
	if (rec_labels_copy(&s->row, row, f->row.keep, e) != 0 ||
	    rec_labels_copy(&s->col, col, f->col.keep, e) != 0 ||
	    rec_cells_csr(&s->m, &f->cells, &shape, &s->repeats, &conflict, pool, e) != 0)
		return -1;
	return conflict.kind ? rec_conflict_fail(&conflict, &s->row, &s->col, NULL, NULL, e) : 0;
}

int rec_sparse_build(struct rec_sparse *s, const struct rec_cell_array *cells,
		     enum rec_repeats repeats, bool times, struct rec_pool *pool, struct rec_err *e)
{
	struct feed f = { .from = cells };
	int rc;

	*s = (struct rec_sparse){ 0 };
	rc = build(s, &f, repeats, times, pool, e);
	used_free(&f.row);
	used_free(&f.col);
	rec_cells_free(&f.cells);
	free(f.tally);
	if (rc != 0)
		rec_sparse_free(s);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* From cells to a canonical matrix: see cells.h. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "matrix/cells.h"
#include "matrix/cells_sort.h"

enum { ROWS_A_TASK = 4096 };

struct worker {
	uint64_t *count;		/* cells of each row of a bucket */
	struct rec_cell_room room;	/* for the largest bucket */
	uint64_t repeats;
	struct rec_conflict conflict;
};

struct build {
	const struct rec_cells *cells;
	const struct rec_cells_shape *shape;
	struct rec_cell_form form;
	uint64_t *ptr, *kept;	/* kept: number of cells of each row after combining */
	uint32_t *col;
	float *val;
	double *time;
	struct worker *worker;
};

static int count_task(void *arg, size_t b, unsigned thread, struct rec_err *e)
{
	struct build *x = arg;
	const struct rec_cells *c = x->cells;
	uint64_t *count = x->worker[thread].count, n = rec_cell_local_rows(x->shape->row_ids);

	(void)e;
	memset(count, 0, n * sizeof *count);
	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next) {
			const uint32_t *end = rec_cells_end(&c->list[t], (uint32_t)b, k);

			__builtin_prefetch(k->next);
			for (const uint32_t *w = k->word; w < end; w += k->width)
				count[rec_cell_local(w[0])]++;
		}
	for (uint64_t l = 0; l < n; l++)
		if (count[l])
			x->ptr[x->shape->row_rank[rec_cell_id((uint32_t)b, l)] + 1] = count[l];
	return 0;
}

static void note_conflict(struct rec_conflict *first, enum rec_conflict_kind kind, uint32_t row,
			  uint32_t col)
{
	if (first->kind == REC_CONFLICT_NONE || row < first->row ||
	    (row == first->row && col < first->col))
		*first = (struct rec_conflict){ kind, row, col };
}

/* Combine n cells of one pair, in order of (time, value), into one value. */
static enum rec_conflict_kind combine(const struct build *x, uint64_t at, uint64_t n, float *value)
{
	struct rec_combine c;

	rec_combine_first(&c, x->val[at], x->time ? x->time[at] : NAN);
	for (uint64_t i = 1; i < n; i++)
		rec_combine_next(&c, x->val[at + i]);
	return rec_combine_end(&c, x->shape->repeats, value);
}

/* Combine the repeats of a row in place. Returns the number of cells left. */
static uint64_t combine_row(const struct build *x, struct worker *w, uint32_t row, uint64_t n)
{
	uint64_t from = x->ptr[row], to = from, end = from + n, next;

	for (; from < end; from = next) {
		for (next = from + 1; next < end && x->col[next] == x->col[from];)
			next++;
		x->col[to] = x->col[from];
		if (next - from > 1) {
			float value = 0;
			enum rec_conflict_kind kind = combine(x, from, next - from, &value);

			if (kind != REC_CONFLICT_NONE)
				note_conflict(&w->conflict, kind, row, x->col[from]);
			x->val[to] = value;
		} else {
			x->val[to] = x->val[from];
		}
		if (x->time)
			x->time[to] = x->time[next - 1];
		to++;
	}
	return to - x->ptr[row];
}

static void put_row(const struct build *x, struct worker *w, uint32_t row, uint64_t begin,
		    uint64_t n)
{
	uint64_t at = x->ptr[row],
		 repeats = rec_cells_put(&x->form, &w->room, begin, n, x->col + at, x->val + at,
					 x->time ? x->time + at : NULL);

	w->repeats += repeats;
	x->kept[row] = repeats && x->shape->repeats != REC_REPEATS_KEEP ?
			       combine_row(x, w, row, n) :
			       n;
}

static int bucket_task(void *arg, size_t b, unsigned thread, struct rec_err *e)
{
	struct build *x = arg;
	struct worker *w = &x->worker[thread];
	uint64_t begin = 0, n = rec_cell_local_rows(x->shape->row_ids);

	(void)e;
	rec_cells_sort(&x->form, x->cells, x->shape->col_rank, (uint32_t)b, &w->room);
	for (uint64_t l = 0; l < n; l++) {
		uint64_t id = rec_cell_id((uint32_t)b, l), count;
		uint32_t r = id < x->shape->row_ids ? x->shape->row_rank[id] : REC_NONE;

		count = r == REC_NONE ? 0 : x->ptr[r + 1] - x->ptr[r];
		if (count > 0)
			put_row(x, w, r, begin, count);
		begin += count;
	}
	return 0;
}

/* Turn the counts at ptr[row + 1] into offsets. */
static void sum_rows(uint64_t *ptr, uint32_t nrows)
{
	for (uint32_t i = 0; i < nrows; i++)
		ptr[i + 1] += ptr[i];
}

static int count_rows(struct build *x, unsigned threads, struct rec_pool *pool, struct rec_err *e)
{
	x->worker = rec_zalloc(threads, sizeof *x->worker, e);
	if (!x->worker)
		return -1;
	for (unsigned t = 0; t < threads; t++)
		if (!(x->worker[t].count = rec_alloc(rec_cell_local_rows(x->shape->row_ids),
						     sizeof *x->worker->count, e)))
			return -1;
	return rec_pool_run(pool, REC_CELL_BUCKETS, count_task, x, e);
}

static int fill_rows(struct build *x, unsigned threads, struct rec_pool *pool, struct rec_err *e)
{
	uint64_t largest = 0;

	sum_rows(x->ptr, x->shape->nrows);
	for (uint32_t b = 0; b < REC_CELL_BUCKETS; b++) {
		uint64_t n = rec_cells_count(x->cells, b);

		if (n > largest)
			largest = n;
	}
	for (unsigned t = 0; t < threads; t++) {
		struct rec_cell_room *room = &x->worker[t].room;

		room->cell = rec_alloc(largest, x->form.size, e);
		room->spare = rec_alloc(largest, x->form.size, e);
		if (!room->cell || !room->spare)
			return -1;
	}
	return rec_pool_run(pool, REC_CELL_BUCKETS, bucket_task, x, e);
}

struct squeeze {
	const struct rec_csr *from;
	struct rec_csr *to;
};

static int squeeze_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
			struct rec_err *e)
{
	struct squeeze *s = arg;

	(void)thread;
	(void)e;
	for (uint64_t row = first; row < last; row++) {
		uint64_t at = s->to->ptr[row], n = s->to->ptr[row + 1] - at,
			 from = s->from->ptr[row];

		memcpy((uint32_t *)s->to->own[1] + at, s->from->col + from, n * sizeof(uint32_t));
		memcpy((float *)s->to->own[2] + at, s->from->val + from, n * sizeof(float));
		if (s->to->time)
			memcpy((double *)s->to->own[3] + at, s->from->time + from,
			       n * sizeof(double));
	}
	return 0;
}

/* Copy m without the gaps that combined repeats left between rows. */
static int squeeze(struct rec_csr *m, const uint64_t *kept, uint64_t nnz, struct rec_pool *pool,
		   struct rec_err *e)
{
	struct rec_csr to;
	struct squeeze s = { m, &to };
	uint64_t *ptr;

	if (rec_csr_new(&to, m->nrows, m->ncols, nnz, m->time != NULL, e) != 0)
		return -1;
	ptr = to.own[0];
	for (uint32_t i = 0; i < m->nrows; i++)
		ptr[i + 1] = ptr[i] + kept[i];
	if (rec_pool_slices(pool, m->nrows, ROWS_A_TASK, squeeze_task, &s, e) != 0) {
		rec_csr_free(&to);
		return -1;
	}
	rec_csr_free(m);
	*m = to;
	return 0;
}

static void free_workers(struct build *x, unsigned threads)
{
	for (unsigned t = 0; x->worker && t < threads; t++) {
		free(x->worker[t].count);
		free(x->worker[t].room.cell);
		free(x->worker[t].room.spare);
	}
	free(x->worker);
	x->worker = NULL;
}

static void sum_workers(const struct build *x, unsigned threads, uint64_t *repeats,
			struct rec_conflict *conflict)
{
	*repeats = 0;
	*conflict = (struct rec_conflict){ 0 };
	for (unsigned t = 0; t < threads; t++) {
		const struct rec_conflict *c = &x->worker[t].conflict;

		*repeats += x->worker[t].repeats;
		if (c->kind != REC_CONFLICT_NONE)
			note_conflict(conflict, c->kind, c->row, c->col);
	}
}

static void drop_times(struct rec_csr *m)
{
	free(m->own[3]);
	m->own[3] = NULL;
	m->time = NULL;
}

static int fill_csr(struct rec_csr *m, struct build *x, struct rec_cells *c, uint64_t *repeats,
		    struct rec_conflict *conflict, struct rec_pool *pool, struct rec_err *e)
{
	unsigned threads = rec_pool_size(pool);
	uint64_t n = 0;
	int rc;

	for (uint32_t b = 0; b < REC_CELL_BUCKETS; b++)
		n += rec_cells_count(c, b);
	x->form = rec_cell_form(c, x->shape);
	if (rec_csr_new(m, x->shape->nrows, x->shape->ncols, n, x->form.times, e) != 0)
		return -1;
	x->ptr = m->own[0];
	x->col = m->own[1];
	x->val = m->own[2];
	x->time = m->own[3];
	x->kept = rec_zalloc(m->nrows, sizeof *x->kept, e);
	rc = x->kept && count_rows(x, threads, pool, e) == 0 &&
			     fill_rows(x, threads, pool, e) == 0 ?
		     0 :
		     -1;
	if (rc == 0)
		sum_workers(x, threads, repeats, conflict);
	free_workers(x, threads);
	rec_cells_free(c);
	return rc;
}

int rec_cells_csr(struct rec_csr *m, struct rec_cells *c, const struct rec_cells_shape *shape,
		  uint64_t *repeats, struct rec_conflict *conflict, struct rec_pool *pool,
		  struct rec_err *e)
{
	struct build x = { .cells = c, .shape = shape };
	int rc = fill_csr(m, &x, c, repeats, conflict, pool, e);

	if (rc == 0 && conflict->kind == REC_CONFLICT_NONE) {
		if (!shape->times)
			drop_times(m);
		if (*repeats && shape->repeats != REC_REPEATS_KEEP)
			rc = squeeze(m, x.kept, m->nnz - *repeats, pool, e);
	}
	free(x.kept);
	if (rc != 0 || conflict->kind != REC_CONFLICT_NONE)
		rec_csr_free(m);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* From cells to a canonical matrix: see cells.h. */
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/mem.h"
#include "matrix/cells.h"
#include "matrix/sort.h"

enum { ROWS_A_TASK = 4096 };

/*
 * A cell with a time while its bucket is sorted. The keys compare as the
 * numbers that they stand for.
 */
struct timed {
	uint64_t key;	/* column rank, value */
	uint64_t when;	/* time; 0 if missing, so that a missing time comes first */
};

static inline int timed_less(const struct timed *a, const struct timed *b)
{
	if ((a->key ^ b->key) >> 32)
		return a->key < b->key;
	return a->when != b->when ? a->when < b->when : a->key < b->key;
}

REC_SORT(sort_timed, struct timed, timed_less);

/* The key of a missing time is 0, so it comes before all others. */
static inline uint64_t time_key(double time)
{
	return isnan(time) ? 0 : rec_key64(rec_bits64(time));
}

static inline double key_time(uint64_t key)
{
	return key == 0 ? NAN : rec_float64(rec_unkey64(key));
}

struct worker {
	uint64_t *start;	/* where each row of the bucket begins in cell, later its end */
	void *cell;		/* cells of the largest bucket */
	void *scratch;		/* cells of the longest row, for sorting */
	uint64_t repeats;
	struct rec_conflict conflict;
};

struct build {
	const struct rec_cells *cells;
	const struct rec_cells_shape *shape;
	uint64_t *ptr, *kept;	/* kept: number of cells of each row after combining */
	uint32_t *col;
	float *val;
	double *time;
	struct worker *worker;
};

/* The l-th row id of bucket b. */
static inline uint64_t id_of(uint32_t b, uint64_t l)
{
	return (l / REC_CELL_LINE * REC_CELL_BUCKETS + b) * REC_CELL_LINE + l % REC_CELL_LINE;
}

static inline uint64_t local_of(uint32_t id)
{
	return (uint64_t)id / (REC_CELL_LINE * REC_CELL_BUCKETS) * REC_CELL_LINE +
	       id % REC_CELL_LINE;
}

static uint64_t local_rows(uint32_t ids)
{
	return ((uint64_t)ids / (REC_CELL_LINE * REC_CELL_BUCKETS) + 1) * REC_CELL_LINE;
}

/*
 * The end of the words in use of a chunk. Only the newest chunk of a list may
 * be partly full.
 */
static const uint32_t *chunk_end(const struct rec_cell_lists *l, uint32_t b,
				 const struct rec_cell_chunk *k)
{
	return k == l->chunk[b] ? l->at[b] : k->word + REC_CELL_CHUNK;
}

static int count_task(void *arg, size_t b, unsigned thread, struct rec_err *e)
{
	struct build *x = arg;
	const struct rec_cells *c = x->cells;
	uint64_t *count = x->worker[thread].start, n = local_rows(x->shape->row_ids);
	int stride = c->times ? 5 : 3;

	(void)e;
	memset(count, 0, n * sizeof *count);
	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next)
			for (const uint32_t *w = k->word,
					    *end = chunk_end(&c->list[t], (uint32_t)b, k);
			     w < end; w += stride)
				count[local_of(w[0])]++;
	for (uint64_t l = 0; l < n; l++)
		if (count[l])
			x->ptr[x->shape->row_rank[id_of((uint32_t)b, l)] + 1] = count[l];
	return 0;
}

/* Compute where each row of bucket b begins among the cells of the bucket. */
static void bucket_starts(const struct build *x, uint32_t b, uint64_t *start)
{
	uint64_t at = 0, n = local_rows(x->shape->row_ids);

	for (uint64_t l = 0; l < n; l++) {
		uint64_t id = id_of(b, l);
		uint32_t r = id < x->shape->row_ids ? x->shape->row_rank[id] : REC_NONE;

		start[l] = at;
		if (r != REC_NONE)
			at += x->ptr[r + 1] - x->ptr[r];
	}
}

static void scatter_plain(const struct build *x, uint32_t b, uint64_t *start, uint64_t *cell)
{
	const struct rec_cells *c = x->cells;
	const uint32_t *rank = x->shape->col_rank;

	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next)
			for (const uint32_t *w = k->word, *end = chunk_end(&c->list[t], b, k);
			     w < end; w += 3)
				cell[start[local_of(w[0])]++] = (uint64_t)rank[w[1]] << 32 |
								rec_key32(w[2]);
}

static void scatter_timed(const struct build *x, uint32_t b, uint64_t *start, struct timed *cell)
{
	const struct rec_cells *c = x->cells;
	const uint32_t *rank = x->shape->col_rank;

	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next)
			for (const uint32_t *w = k->word, *end = chunk_end(&c->list[t], b, k);
			     w < end; w += 5) {
				double time;

				memcpy(&time, w + 3, sizeof time);
				cell[start[local_of(w[0])]++] = (struct timed){
					(uint64_t)rank[w[1]] << 32 | rec_key32(w[2]), time_key(time)
				};
			}
}

/*
 * Sort n cells of a row and write them to the matrix, from place `at` on.
 * Returns the number of cells that repeat the one before.
 */
static uint64_t put_plain(const struct build *x, uint64_t *cell, uint64_t *scratch, uint64_t n,
			  uint64_t at)
{
	uint64_t repeats = 0;

	rec_sort64(cell, scratch, n);
	for (uint64_t i = 0; i < n; i++) {
		x->col[at + i] = (uint32_t)(cell[i] >> 32);
		x->val[at + i] = rec_float32(rec_unkey32((uint32_t)cell[i]));
		repeats += i > 0 && x->col[at + i] == x->col[at + i - 1];
	}
	return repeats;
}

static uint64_t put_timed(const struct build *x, struct timed *cell, struct timed *scratch,
			  uint64_t n, uint64_t at)
{
	uint64_t repeats = 0;

	sort_timed(cell, scratch, n);
	for (uint64_t i = 0; i < n; i++) {
		x->col[at + i] = (uint32_t)(cell[i].key >> 32);
		x->val[at + i] = rec_float32(rec_unkey32((uint32_t)cell[i].key));
		x->time[at + i] = key_time(cell[i].when);
		repeats += i > 0 && x->col[at + i] == x->col[at + i - 1];
	}
	return repeats;
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
	uint64_t at = x->ptr[row], repeats;

	if (x->cells->times)
		repeats = put_timed(x, (struct timed *)w->cell + begin, w->scratch, n, at);
	else
		repeats = put_plain(x, (uint64_t *)w->cell + begin, w->scratch, n, at);
	w->repeats += repeats;
	x->kept[row] = repeats && x->shape->repeats != REC_REPEATS_KEEP ?
			       combine_row(x, w, row, n) :
			       n;
}

static int bucket_task(void *arg, size_t b, unsigned thread, struct rec_err *e)
{
	struct build *x = arg;
	struct worker *w = &x->worker[thread];
	uint64_t begin = 0, n = local_rows(x->shape->row_ids);

	(void)e;
	bucket_starts(x, (uint32_t)b, w->start);
	if (x->cells->times)
		scatter_timed(x, (uint32_t)b, w->start, w->cell);
	else
		scatter_plain(x, (uint32_t)b, w->start, w->cell);
	for (uint64_t l = 0; l < n; l++) {
		if (w->start[l] > begin)
			put_row(x, w, x->shape->row_rank[id_of((uint32_t)b, l)], begin,
				w->start[l] - begin);
		begin = w->start[l];
	}
	return 0;
}

static uint64_t bucket_cells(const struct rec_cells *c, uint32_t b)
{
	uint64_t n = 0, stride = c->times ? 5 : 3;

	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next)
			n += (uint64_t)(chunk_end(&c->list[t], b, k) - k->word) / stride;
	return n;
}

/*
 * Turn the counts at ptr[row + 1] into offsets. Returns the length of the
 * longest row.
 */
static uint64_t sum_rows(uint64_t *ptr, uint32_t nrows)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < nrows; i++) {
		if (ptr[i + 1] > longest)
			longest = ptr[i + 1];
		ptr[i + 1] += ptr[i];
	}
	return longest;
}

static int count_rows(struct build *x, unsigned threads, struct rec_pool *pool, struct rec_err *e)
{
	x->worker = rec_zalloc(threads, sizeof *x->worker, e);
	if (!x->worker)
		return -1;
	for (unsigned t = 0; t < threads; t++)
		if (!(x->worker[t].start = rec_alloc(local_rows(x->shape->row_ids),
						     sizeof *x->worker->start, e)))
			return -1;
	return rec_pool_run(pool, REC_CELL_BUCKETS, count_task, x, e);
}

static int fill_rows(struct build *x, unsigned threads, struct rec_pool *pool, struct rec_err *e)
{
	size_t size = x->cells->times ? sizeof(struct timed) : sizeof(uint64_t);
	uint64_t longest = sum_rows(x->ptr, x->shape->nrows), largest = 0;

	for (uint32_t b = 0; b < REC_CELL_BUCKETS; b++) {
		uint64_t n = bucket_cells(x->cells, b);

		if (n > largest)
			largest = n;
	}
	for (unsigned t = 0; t < threads; t++) {
		x->worker[t].cell = rec_alloc(largest, size, e);
		x->worker[t].scratch = rec_alloc(longest, size, e);
		if (!x->worker[t].cell || !x->worker[t].scratch)
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
		free(x->worker[t].start);
		free(x->worker[t].cell);
		free(x->worker[t].scratch);
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
		n += bucket_cells(c, b);
	if (rec_csr_new(m, x->shape->nrows, x->shape->ncols, n, c->times, e) != 0)
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

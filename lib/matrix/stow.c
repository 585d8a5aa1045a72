/* SPDX-License-Identifier: MIT */
/* Stored cells and how they become a matrix: see stow.h. */
#include "matrix/stow.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "matrix/ranges.h"

enum {
	FIRST_BLOCK = 64 << 10, MEMORY_BLOCK = 1 << 20, FILE_LEAST = 256 << 10, FILE_MOST = 4 << 20,
	/*
	 * at most the bytes that cells.h needs for a cell with a time, half of
	 * that without; a single long row may need more
	 */
	CELL_MEMORY = 64,
	CELLS_A_TASK = 1 << 14,
};

struct rec_stow_block {
	struct rec_stow_block *next;
	struct rec_far *far;	/* NULL: the block is in memory */
	uint32_t *word, *end;
};

int rec_stow_new(struct rec_stow *s, struct rec_spill *spill, unsigned nthreads, bool times,
		 struct rec_err *e)
{
	*s = (struct rec_stow){ .spill = spill, .times = times, .nthreads = nthreads };
	s->list = rec_zalloc(nthreads, sizeof *s->list, e);
	return s->list ? 0 : -1;
}

static void free_block(struct rec_stow_block *b)
{
	if (b->far)
		rec_far_free(b->far);
	else
		free(b->word);
	free(b);
}

void rec_stow_free(struct rec_stow *s)
{
	for (unsigned t = 0; s->list && t < s->nthreads; t++)
		for (struct rec_stow_block *b = s->list[t].block, *next; b; b = next) {
			next = b->next;
			free_block(b);
		}
	free(s->list);
	*s = (struct rec_stow){ 0 };
}

/*
 * Place a block in memory while the limit allows, else in a file. A block holds
 * a multiple of 15 words, so that it ends with a whole cell: a cell has 3 or 5
 * words.
 */
static int place_block(struct rec_stow *s, struct rec_stow_block *b, size_t bytes,
		       struct rec_err *e)
{
	if (atomic_fetch_add(&s->held, bytes) + bytes <= s->spill->limit) {
		b->word = rec_alloc(bytes, 1, e);
		if (!b->word)
			return -1;
		b->end = b->word + bytes / sizeof *b->word / 15 * 15;
		return 0;
	}
	atomic_fetch_sub(&s->held, bytes);
	atomic_store(&s->in_files, true);
	bytes = (size_t)(s->spill->limit / s->nthreads / 2);
	bytes = bytes < FILE_LEAST ? FILE_LEAST : bytes < FILE_MOST ? bytes : FILE_MOST;
	if (rec_far_new(&b->far, s->spill, bytes, e) != 0)
		return -1;
	b->word = (uint32_t *)(void *)b->far->p;
	b->end = b->word + bytes / sizeof *b->word / 15 * 15;
	return 0;
}

int rec_stow_block(struct rec_stow *s, unsigned thread, struct rec_err *e)
{
	struct rec_stow_lists *l = &s->list[thread];
	struct rec_stow_block *b = rec_zalloc(1, sizeof *b, e);
	size_t bytes = l->block ? MEMORY_BLOCK : FIRST_BLOCK;

	if (!b || place_block(s, b, bytes, e) != 0) {
		free(b);
		return -1;
	}
	if (l->block && l->block->far)
		rec_far_drop(l->block->far);
	b->next = l->block;
	l->block = b;
	l->at = b->word;
	l->end = b->end;
	return 0;
}

/* The end of the words in use of block b. */
static const uint32_t *block_end(const struct rec_stow_lists *l, const struct rec_stow_block *b)
{
	return b == l->block ? l->at : b->end;
}

static double time_of(const uint32_t *word)
{
	double time;

	memcpy(&time, word + 3, sizeof time);
	return time;
}

static float value_of(const uint32_t *word)
{
	float value;

	memcpy(&value, word + 2, sizeof value);
	return value;
}

struct feed {
	struct rec_stow *s;
	struct rec_cells *cells;
};

static int feed_list(void *arg, size_t list, unsigned thread, struct rec_err *e)
{
	const struct feed *f = arg;
	struct rec_stow_lists *l = &f->s->list[list];
	int stride = f->s->times ? 5 : 3;

	for (struct rec_stow_block *b = l->block; b; b = l->block) {
		for (const uint32_t *w = b->word, *end = block_end(l, b); w < end; w += stride)
			if (rec_cells_add(f->cells, thread, w[0], w[1], value_of(w),
					  stride == 5 ? time_of(w) : NAN, e) != 0)
				return -1;
		l->block = b->next;
		if (b->next)
			l->at = b->next->end;
		free_block(b);
	}
	return 0;
}

int rec_stow_cells(struct rec_cells *c, struct rec_stow *s, struct rec_pool *pool,
		   struct rec_err *e)
{
	struct feed f = { s, c };

	return rec_pool_run(pool, s->nthreads, feed_list, &f, e);
}

/* -- cells to a matrix -- */

struct build {
	struct rec_stow *s;
	const struct rec_cells_shape *shape;
	struct rec_csr *m;
	uint64_t *ptr;		/* row offsets before repeats are combined */
	struct rec_ranges ranges;
	struct rec_far *sorted;	/* cells with ranks for ids, by range */
	uint64_t cells;		/* cells already in m */
	uint64_t *repeats;
	struct rec_conflict *conflict;
};

static void count_cells(struct build *x)
{
	int stride = x->s->times ? 5 : 3;

	for (unsigned t = 0; t < x->s->nthreads; t++)
		for (const struct rec_stow_block *b = x->s->list[t].block; b; b = b->next) {
			for (const uint32_t *w = b->word, *end = block_end(&x->s->list[t], b);
			     w < end; w += stride)
				x->ptr[x->shape->row_rank[w[0]] + 1]++;
			if (b->far)
				rec_far_drop(b->far);
		}
	for (uint32_t i = 0; i < x->shape->nrows; i++)
		x->ptr[i + 1] += x->ptr[i];
}

static void sort_block(struct build *x, const uint32_t *w, const uint32_t *end)
{
	size_t stride = x->s->times ? 5 : 3;
	uint32_t *to = (uint32_t *)(void *)x->sorted->p;

	for (; w < end; w += stride) {
		uint32_t row = x->shape->row_rank[w[0]],
			 *c = to + x->ranges.at[rec_ranges_find(&x->ranges, row)]++ * stride;

		memcpy(c, w, stride * sizeof *w);
		c[0] = row;
		c[1] = x->shape->col_rank[w[1]];
		rec_far_used(x->sorted, stride * sizeof *w);
	}
}

static int sort_cells(struct build *x, struct rec_err *e)
{
	size_t stride = x->s->times ? 5 : 3;

	if (rec_far_new(&x->sorted, x->s->spill,
			(size_t)x->ptr[x->shape->nrows] * stride * sizeof(uint32_t), e) != 0)
		return -1;
	for (unsigned t = 0; t < x->s->nthreads; t++) {
		struct rec_stow_lists *l = &x->s->list[t];

		for (struct rec_stow_block *b = l->block; b; b = l->block) {
			sort_block(x, b->word, block_end(l, b));
			l->block = b->next;
			if (b->next)
				l->at = b->next->end;
			free_block(b);
		}
	}
	return 0;
}

struct range_feed {
	const uint32_t *word;
	uint64_t n;
	uint32_t first;
	bool times;
	struct rec_cells *cells;
};

static int feed_range(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	const struct range_feed *f = arg;
	size_t stride = f->times ? 5 : 3;

	for (const uint32_t *w = f->word + first * stride, *end = f->word + last * stride; w < end;
	     w += stride)
		if (rec_cells_add(f->cells, thread, w[0] - f->first, w[1], value_of(w),
				  f->times ? time_of(w) : NAN, e) != 0)
			return -1;
	return 0;
}

static void put_range(struct build *x, const struct rec_csr *part, uint32_t first)
{
	uint64_t *ptr = x->m->own[0];
	char *p = x->m->far->p;
	/* the arrays have space for all cells, repeats included */
	uint64_t all = x->ptr[x->shape->nrows], at = x->cells;
	size_t n = (size_t)part->nnz;

	for (uint32_t i = 0; i < part->nrows; i++)
		ptr[first + i + 1] = at + part->ptr[i + 1];
	memcpy(p + at * 4, part->col, n * 4);
	memcpy(p + (all + at) * 4, part->val, n * 4);
	if (part->time)
		memcpy(p + (all * 8 + 63) / 64 * 64 + at * 8, part->time, n * 8);
	x->cells += part->nnz;
	rec_far_used(x->m->far, n * (part->time ? 16 : 8));
}

static int build_range(struct build *x, uint32_t r, const uint32_t *row_rank,
		       const uint32_t *col_rank, struct rec_pool *pool, struct rec_err *e)
{
	uint32_t first = x->ranges.first[r], rows = x->ranges.first[r + 1] - first;
	uint64_t from = x->ptr[first], repeats;
	size_t stride = x->s->times ? 5 : 3;
	struct rec_cells_shape shape = { rows,		 row_rank,	  col_rank,
					 rows,		 x->shape->ncols, x->shape->repeats,
					 x->shape->times };
	struct rec_cells cells;
	struct rec_csr part = { 0 };
	struct range_feed f = { (uint32_t *)(void *)x->sorted->p + from * stride,
				x->ptr[first + rows] - from, first, x->s->times, &cells };
	int rc = rec_cells_new(&cells, rec_pool_size(pool), x->s->times, e);

	if (rc == 0)
		rc = rec_pool_slices(pool, f.n, CELLS_A_TASK, feed_range, &f, e);
	rec_far_used(x->sorted, f.n * stride * 4);
	if (rc == 0)
		rc = rec_cells_csr(&part, &cells, &shape, &repeats, x->conflict, pool, e);
	rec_cells_free(&cells);
	if (rc == 0 && x->conflict->kind != REC_CONFLICT_NONE)
		x->conflict->row += first;
	if (rc == 0 && x->conflict->kind == REC_CONFLICT_NONE) {
		*x->repeats += repeats;
		put_range(x, &part, first);
	}
	rec_csr_free(&part);
	return rc;
}

/* The ranks of ids 0 .. n-1: in a range the ids are ranks already. */
static uint32_t *count_up(uint32_t n, struct rec_err *e)
{
	uint32_t *x = rec_alloc(n, sizeof *x, e);

	for (uint32_t i = 0; x && i < n; i++)
		x[i] = i;
	return x;
}

static int build_ranges(struct build *x, struct rec_pool *pool, struct rec_err *e)
{
	uint32_t most = x->shape->ncols, *rank;
	int rc = 0;

	for (uint32_t r = 0; r < x->ranges.n; r++)
		if (x->ranges.first[r + 1] - x->ranges.first[r] > most)
			most = x->ranges.first[r + 1] - x->ranges.first[r];
	rank = count_up(most, e);
	if (!rank)
		return -1;
	for (uint32_t r = 0; rc == 0 && r < x->ranges.n && x->conflict->kind == REC_CONFLICT_NONE;
	     r++)
		rc = build_range(x, r, rank, rank, pool, e);
	free(rank);
	return rc;
}

static int new_matrix(struct build *x, struct rec_err *e)
{
	struct rec_csr *m = x->m;
	uint64_t n = x->ptr[x->shape->nrows];
	char *p;

	*m = (struct rec_csr){ .nrows = x->shape->nrows, .ncols = x->shape->ncols };
	m->own[0] = rec_zalloc((size_t)m->nrows + 1, sizeof *m->ptr, e);
	m->ptr = m->own[0];
	if (!m->ptr || rec_far_new(&m->far, x->s->spill,
				   (size_t)(n * 8 + (x->shape->times ? n * 8 + 64 : 0)), e) != 0)
		return -1;
	m->own_far = m->far;
	p = m->far->p;
	m->col = (uint32_t *)(void *)p;
	m->val = (float *)(void *)(p + n * 4);
	m->time = x->shape->times ? (double *)(void *)(p + (n * 8 + 63) / 64 * 64) : NULL;
	return 0;
}

static int build(struct build *x, struct rec_pool *pool, struct rec_err *e)
{
	x->ptr = rec_zalloc((size_t)x->shape->nrows + 1, sizeof *x->ptr, e);
	x->ranges.limit = x->s->spill->limit / (x->s->times ? CELL_MEMORY : CELL_MEMORY / 2) + 1;
	if (!x->ptr)
		return -1;
	count_cells(x);
	if (rec_ranges_cut(&x->ranges, x->ptr, x->shape->nrows, e) != 0 || sort_cells(x, e) != 0)
		return -1;
	rec_far_drop(x->sorted);
	if (new_matrix(x, e) != 0 || build_ranges(x, pool, e) != 0)
		return -1;
	x->m->nnz = x->cells;
	return 0;
}

int rec_stow_csr(struct rec_csr *m, struct rec_stow *s, const struct rec_cells_shape *shape,
		 uint64_t *repeats, struct rec_conflict *conflict, struct rec_pool *pool,
		 struct rec_err *e)
{
	struct build x = {
		.s = s, .shape = shape, .m = m, .repeats = repeats, .conflict = conflict
	};
	int rc;

	*m = (struct rec_csr){ 0 };
	*repeats = 0;
	*conflict = (struct rec_conflict){ 0 };
	rc = build(&x, pool, e);
	rec_far_free(x.sorted);
	free(x.ptr);
	rec_ranges_free(&x.ranges);
	if (rc != 0 || conflict->kind != REC_CONFLICT_NONE)
		rec_csr_free(m);
	return rc;
}

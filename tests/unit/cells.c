/* SPDX-License-Identifier: MIT */
/*
 * cells: matrices made of cells against cells sorted by qsort and combined one
 * by one, for every form in which cells are held: one value or several, with
 * times or without, keys of 32 bits and more, few cells and many. And digests
 * of batches of cells.
 */
#include <math.h>

#include "base/mem.h"
#include "matrix/cells.h"
#include "matrix/digest.h"
#include "matrix_check.h"

static struct rec_err err;
static struct rec_pool *pool;

enum { LISTS = 3 };

struct cell {
	uint32_t row, col;	/* ranks */
	float value;
	double time;
};

/* What the cells of a test hold. */
struct kind {
	int values;		/* different ones in a list */
	bool shared;		/* all lists begin with the same value */
	int times;		/* of 8 cells so many have one; they come late */
	bool wide;		/* column ranks up to 2^32 */
};

static int by_cell(const void *x, const void *y)
{
	const struct cell *a = x, *b = y;
	double s = isnan(a->time) ? -INFINITY : a->time, t = isnan(b->time) ? -INFINITY : b->time;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	if (s != t)
		return s < t ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

/* A cell for both: ids to the lists, ranks to the array. */
static void add(struct rec_cells *cells, struct cell *to, uint64_t i, uint64_t n,
		const struct rec_cells_shape *shape, const struct kind *k)
{
	unsigned list = (unsigned)draw(LISTS);
	uint32_t row = (uint32_t)(draw(3) ? draw(shape->row_ids) : 0),
		 col = (uint32_t)draw(draw(2) ? 7 : 500);
	float value = (float)draw((uint64_t)k->values) + (k->shared ? 1 : (float)list) - 1;
	double time = i > n / 2 && draw(8) < (uint64_t)k->times ? (double)draw(5) - 2 : NAN;

	MUST(rec_cells_add(cells, list, row, col, value, time, &err), &err);
	*to = (struct cell){ shape->row_rank[row], shape->col_rank[col], value,
			     cells->times ? time : NAN };
}

static bool same_time(const struct rec_csr *m, uint64_t at, double time)
{
	return !m->time || m->time[at] == time || (isnan(m->time[at]) && isnan(time));
}

/* The rows that qsort gives, repeats kept or added up, against m. */
static bool same(const struct rec_csr *m, const struct cell *c, uint64_t n, bool sum)
{
	uint64_t at = 0, next;
	bool ok = true;

	for (uint64_t i = 0; i < n; i = next) {
		double value = c[i].value;

		for (next = i + 1; sum && next < n && c[next].row == c[i].row &&
				   c[next].col == c[i].col; next++)
			value += c[next].value;
		ok = ok && at < m->nnz && m->ptr[c[i].row] <= at && at < m->ptr[c[i].row + 1] &&
		     m->col[at] == c[i].col && m->val[at] == (float)value + 0.0f &&
		     same_time(m, at, c[next - 1].time);
		at++;
	}
	return ok && at == m->nnz;
}

static uint32_t *ranks(uint32_t n, uint32_t step)
{
	uint32_t *x = malloc(n * sizeof *x);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)draw(i + 1);

		x[i] = x[j];
		x[j] = i * step;
	}
	return x;
}

static void check(uint64_t n, uint32_t rows, const struct kind *k, bool sum)
{
	uint32_t step = k->wide ? 8589934 : 1;
	struct rec_cells_shape shape = { .row_ids = rows,
					 .row_rank = ranks(rows, 1),
					 .col_rank = ranks(500, step),
					 .nrows = rows,
					 .ncols = 500 * step,
					 .repeats = sum ? REC_REPEATS_SUM : REC_REPEATS_KEEP,
					 .times = k->times > 0 };
	struct cell *want = malloc((n + 1) * sizeof *want);
	struct rec_conflict conflict;
	struct rec_cells cells;
	struct rec_csr m;
	uint64_t repeats;

	MUST(rec_cells_new(&cells, LISTS, k->times > 0, &err), &err);
	for (uint64_t i = 0; i < n; i++)
		add(&cells, &want[i], i, n, &shape, k);
	MUST(rec_cells_csr(&m, &cells, &shape, &repeats, &conflict, pool, &err), &err);
	qsort(want, n, sizeof *want, by_cell);
	CHECK(conflict.kind == REC_CONFLICT_NONE && (m.time != NULL) == (k->times > 0));
	CHECK(same(&m, want, n, sum), "%lu cells, %u rows, %d values, %d times, wide %d, sum %d",
	      (unsigned long)n, rows, k->values, k->times, k->wide, sum);
	CHECK(n < 10000 || repeats > 0);
	rec_csr_free(&m);
	free(want);
	free((void *)(uintptr_t)shape.row_rank);
	free((void *)(uintptr_t)shape.col_rank);
}

/*
 * Cells of a batch go eight at a time, the last ones alone: one by one they
 * must add up to the same.
 */
static void check_digest(size_t n)
{
	static const float values[] = { 1, 0, -0.0f, -3.5f, 1e-42f, 3e38f };
	static const double times[] = { 0, -0.0, 1.7e9, -2.5, 1e300 };
	struct rec_digest together = { 0 }, apart = { 0 };
	struct rec_digest_batch all, one;

	all.n = one.n = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t row = rec_mix(draw(50)), col = rec_mix(draw(50));
		float value = values[draw(6)];
		double time = draw(2) ? times[draw(5)] : draw(2) ? (double)NAN : -(double)NAN;

		rec_digest_add(&together, &all, row, col, value, time);
		rec_digest_add(&apart, &one, row, col, value + 0.0f,
			       isnan(time) ? NAN : time + 0.0);
		rec_digest_flush(&apart, &one);
	}
	rec_digest_flush(&together, &all);
	CHECK(together.cells == n && apart.cells == n);
	CHECK(together.sum[0] == apart.sum[0] && together.sum[1] == apart.sum[1], "%zu cells", n);
}

int main(void)
{
	static const uint64_t number[] = { 0, 1, 100, 6000, 80000 };
	static const uint32_t rows[] = { 1, 600, 70000 };

	MUST(rec_pool_new(&pool, 2, &err), &err);
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
			for (int what = 0; what < 32; what++) {
				struct kind k = { what & 1 ? 4 : 1, (what & 2) != 0,
						  what & 4 ? 3 : 0, (what & 8) != 0 };

				check(number[i], rows[r], &k, (what & 16) != 0);
			}
	for (size_t n = 0; n < 200; n++)
		check_digest(n);
	rec_pool_free(pool);
	return finished("cells");
}

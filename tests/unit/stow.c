/* SPDX-License-Identifier: MIT */
/*
 * stow: matrices made through temporary files against those made in memory, for
 * rooms from almost nothing to enough; files that can't be made.
 */
#include <math.h>

#include "base/mem.h"
#include "matrix/csr_far.h"
#include "matrix/stow.h"
#include "matrix_check.h"

static struct rec_err err;
static struct rec_pool *pool;	/* 4 threads */

/* Ids to ranks: some permutation. */
static uint32_t *shuffled(uint32_t n)
{
	uint32_t *x = malloc((n + 1) * sizeof *x);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)draw(i + 1);

		x[i] = x[j];
		x[j] = i;
	}
	return x;
}

struct add {
	struct rec_cells *cells;
	struct rec_stow *stow;
	uint64_t seed, cells_n;
	uint32_t rows, cols;
};

enum { LISTS = 4, EACH = 500 };

/*
 * The same cells to both, from all threads; row 0 is long. Which list gets how
 * many must not hang on how busy the threads are, for that decides what goes
 * into files: so there is a task a list, and the first one has half of all
 * cells.
 */
static int add_cells(void *arg, size_t list, unsigned thread, struct rec_err *e)
{
	const struct add *a = arg;
	uint64_t half = a->cells_n / 2, share = (a->cells_n - half) / (LISTS - 1),
		 from = list ? half + (list - 1) * share : 0;
	uint64_t to = list ? (list == LISTS - 1 ? a->cells_n : from + share) : half;

	(void)thread;
	for (uint64_t i = from; i < to; i++) {
		uint64_t x = rec_mix(a->seed + i), y = rec_mix(x);
		uint32_t row = x % 4 ? (uint32_t)(x >> 32) % a->rows : 0,
			 col = (uint32_t)y % a->cols;
		float value = (float)(y >> 60) - 3;
		double time = x % 5 ? (double)(y >> 40 & 63) : NAN;

		if (rec_cells_add(a->cells, (unsigned)list, row, col, value, time, e) != 0 ||
		    rec_stow_add(a->stow, (unsigned)list, row, col, value, time, e) != 0)
			return -1;
	}
	return 0;
}

static void check_build(uint32_t rows, uint32_t cols, uint64_t tasks, enum rec_repeats repeats,
			bool times, uint64_t room)
{
	struct rec_spill spill = { .dir = "/tmp", .limit = room };
	uint32_t *row_rank = shuffled(rows), *col_rank = shuffled(cols);
	struct rec_cells_shape shape = { rows, row_rank, col_rank, rows, cols, repeats, times };
	struct rec_cells cells;
	struct rec_stow stow;
	struct add a = { &cells, &stow, draw(1u << 30), tasks * EACH, rows, cols };
	struct rec_conflict want_conflict, conflict;
	struct rec_csr want, got = { 0 }, t, u;
	uint64_t want_repeats, got_repeats;

	MUST(rec_cells_new(&cells, LISTS, times, &err), &err);
	MUST(rec_stow_new(&stow, &spill, LISTS, times, &err), &err);
	MUST(rec_pool_run(pool, LISTS, add_cells, &a, &err), &err);
	MUST(rec_cells_csr(&want, &cells, &shape, &want_repeats, &want_conflict, pool, &err), &err);
	/* the first list alone needs a second block, and room is for none */
	CHECK(stow.in_files);
	MUST(rec_stow_csr(&got, &stow, &shape, &got_repeats, &conflict, pool, &err), &err);
	CHECK(conflict.kind == want_conflict.kind);
	if (conflict.kind == REC_CONFLICT_NONE) {
		CHECK(same_csr(&want, &got) && got_repeats == want_repeats);
		free(want.own[3]);
		want.own[3] = NULL;
		want.time = NULL;
		MUST(rec_csr_transpose(&t, &want, pool, &err), &err);
		MUST(rec_csr_transpose_far(&u, &got, &spill, spill.limit, pool, &err), &err);
		CHECK(same_csr(&t, &u));
		rec_csr_free(&t);
		rec_csr_free(&u);
	} else {
		CHECK(conflict.row == want_conflict.row && conflict.col == want_conflict.col &&
		      got.nnz == 0);
	}
	rec_csr_free(&want);
	rec_csr_free(&got);
	rec_stow_free(&stow);
	CHECK(spill.bytes == 0 && spill.most > 0);
	free(row_rank);
	free(col_rank);
}

/* Cells that fit go on in memory. */
static void check_cells(void)
{
	struct rec_spill spill = { .dir = "/nonexistent", .limit = 64 << 20 };
	uint32_t *rank = shuffled(300);
	struct rec_cells_shape shape = { 300, rank, rank, 300, 300, REC_REPEATS_SUM, false };
	struct rec_cells cells, other;
	struct rec_stow stow;
	struct add a = { &cells, &stow, 5, 40 * EACH, 300, 300 };
	struct rec_conflict conflict;
	struct rec_csr want, got;
	uint64_t repeats;

	MUST(rec_cells_new(&cells, LISTS, false, &err), &err);
	MUST(rec_cells_new(&other, LISTS, false, &err), &err);
	MUST(rec_stow_new(&stow, &spill, LISTS, false, &err), &err);
	MUST(rec_pool_run(pool, LISTS, add_cells, &a, &err), &err);
	CHECK(!stow.in_files);
	MUST(rec_stow_cells(&other, &stow, pool, &err), &err);
	MUST(rec_cells_csr(&want, &cells, &shape, &repeats, &conflict, pool, &err), &err);
	MUST(rec_cells_csr(&got, &other, &shape, &repeats, &conflict, pool, &err), &err);
	CHECK(same_csr(&want, &got));
	rec_csr_free(&want);
	rec_csr_free(&got);
	rec_stow_free(&stow);
	free(rank);
}

static void check_far(void)
{
	struct rec_spill spill = { .dir = "/nonexistent", .limit = 4096 },
			 here = { .dir = "/tmp", .limit = 4096 };
	struct rec_far *f;
	struct rec_err e = { 0 };
	int zeros = 1, kept = 1;

	CHECK(rec_far_new(&f, &spill, 100, &e) == -1 && e.code == REC_EDATA &&
	      strstr(e.msg, "/nonexistent (TMPDIR)") && !f);
	e = (struct rec_err){ 0 };
	CHECK(rec_far_new(&f, &here, (size_t)1 << 60, &e) == -1 && e.code == REC_EIO && !f);
	MUST(rec_far_new(&f, &here, 1000000, &err), &err);
	for (size_t i = 0; i < f->n; i++) {
		zeros &= f->p[i] == 0;
		f->p[i] = (char)(i % 113);
		rec_far_used(f, 1);
	}
	for (size_t i = 0; i < f->n; i += 1000) {
		rec_far_walk(f, f->p + i, 1000);
		kept &= f->p[i] == (char)(i % 113);
	}
	CHECK(zeros && kept && here.bytes == 1000000);
	rec_far_free(f);
	rec_far_free(NULL);
	CHECK(here.bytes == 0 && here.most == 1000000);
}

int main(void)
{
	MUST(rec_pool_new(&pool, 4, &err), &err);
	check_far();
	check_cells();
	for (int rule = REC_REPEATS_SUM; rule <= REC_REPEATS_KEEP; rule++)
		for (int times = rule == REC_REPEATS_LAST; times < 2; times++)
			for (uint64_t room = 16 << 10; room <= 1 << 20; room *= 64) {
				check_build(700, 90, 60, (enum rec_repeats)rule, times, room);
				check_build(40, 3000, 30, (enum rec_repeats)rule, times, room);
			}
	check_build(1, 1, 3, REC_REPEATS_SUM, false, 4096);
	check_build(100000, 100000, 8, REC_REPEATS_FAIL, true, 4096);
	rec_pool_free(pool);
	return finished("stow");
}

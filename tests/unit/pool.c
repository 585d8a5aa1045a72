/* SPDX-License-Identifier: MIT */
/*
 * pool.c - every task runs once; of several failures the lowest is reported; a
 * pool can be used again.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "check.h"

static atomic_uint ran[10000];
static int count(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	(void)e;
	CHECK(thread < *(unsigned *)arg, "thread number in range");
	ran[task]++;
	return 0;
}

static int fail_some(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	(void)thread;
	return task >= *(size_t *)arg && task % 7 == 0 ?
		       rec_err_set(e, REC_EDATA, "task %zu", task) :
		       0;
}

static int count_slice(void *arg, uint64_t first, uint64_t last, unsigned thread,
		       struct rec_err *e)
{
	(void)thread;
	CHECK(last > first && last - first <= *(uint64_t *)arg, "a slice is not empty");
	for (uint64_t i = first; i < last; i++)
		ran[i]++;
	return first % 1000 == 999 ? rec_err_set(e, REC_EDATA, "never") : 0;
}

static void test_slices(struct rec_pool *p)
{
	for (uint64_t n = 0; n <= 300; n += n < 10 ? 1 : 97)
		for (uint64_t step = 1; step <= 256; step *= 4) {
			struct rec_err e = { 0 };
			uint64_t wrong = 0;

			for (uint64_t i = 0; i <= n; i++)
				ran[i] = 0;
			CHECK(rec_pool_slices(p, n, step, count_slice, &step, &e) == 0, "slices");
			for (uint64_t i = 0; i < n; i++)
				wrong += ran[i] != 1;
			CHECK(wrong == 0 && ran[n] == 0, "each thing once");
			CHECK(rec_slices(n, step) == (n + step - 1) / step, "slices of %d", (int)n);
		}
}

int main(void)
{
	for (unsigned n = 1; n <= 8; n *= 2) {
		struct rec_err e = { 0 };
		struct rec_pool *p;

		CHECK(rec_pool_new(&p, n, &e) == 0 && rec_pool_size(p) == n, "new");
		for (size_t tasks = 0; tasks <= 10000; tasks = tasks * 10 + 1) {
			for (size_t i = 0; i < tasks; i++)
				ran[i] = 0;
			CHECK(rec_pool_run(p, tasks, count, &n, &e) == 0, "run");
			for (size_t i = 0; i < tasks; i++)
				CHECK(ran[i] == 1, "each task once");
		}
		for (size_t from = 0; from < 500; from += 50) {
			char want[32];

			e = (struct rec_err){ 0 };
			snprintf(want, sizeof want, "task %zu", (from + 6) / 7 * 7);
			CHECK(rec_pool_run(p, 1000, fail_some, &from, &e) == -1,
			      "a failing run fails");
			CHECK(e.code == REC_EDATA && !__builtin_strcmp(e.msg, want),
			      "the lowest failure is reported");
		}
		test_slices(p);
		rec_pool_free(p);
	}
	return finished("pool");
}

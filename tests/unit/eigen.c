/* SPDX-License-Identifier: MIT */
/*
 * eigen - what rec_eigen gives is orthonormal and multiplies out to the matrix,
 * and neither threads nor instruction sets change a bit of it.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/eigen.h"
#include "base/random.h"
#include "check.h"
#include "kernel/kernel.h"

enum { MOST = 136, NAMES = 9 };

static double a[MOST * MOST], lost[MOST * MOST], vector[MOST * MOST], first[MOST * MOST];
static double value[MOST], first_value[MOST];

/* Kinds of matrices that a Gramian may be, or nearly be. */
static const char *const kinds[NAMES] = { "sums of outer products", "one outer product", "zero",
					  "diagonal, with repeats", "huge", "tiny",
					  "padded with zeros", "steps of 10^12",
					  "tiny, of rank 2" };

static double element(int kind, uint32_t n, uint32_t i, uint32_t j)
{
	uint32_t low = i < j ? i : j, high = i < j ? j : i;
	double draw = rec_normal(rec_random(low, high)), sum = 0;

	switch (kind) {
	case 1: return (1 + (double)i) * (1 + (double)j);
	case 2: return 0;
	case 3: return i == j ? i / 5 : 0;
	case 4: return 1e140 * draw;
	case 5: return 1e-140 * draw;
	case 6: return high >= n - 5 ? 0 : draw + (i == j ? 3 : 0);
	case 8: return 1e-50 * (sin(i) * sin(j) + cos(2.0 * i) * cos(2.0 * j));
	case 7: return i == j ? pow(10, -12.0 * i / n) : 1e-9 * draw;
	default:
		for (uint32_t r = 0; r < 40; r++)
			sum += rec_normal(rec_random(r, i)) * rec_normal(rec_random(r, j));
		return sum;
	}
}

static void check_result(int kind, uint32_t n)
{
	double most = 0, off = 0, skew = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++) {
			double sum = -a[i * n + j], product = -(double)(i == j);

			for (uint32_t k = 0; k < n; k++) {
				sum += value[k] * vector[k * n + i] * vector[k * n + j];
				product += vector[i * n + k] * vector[j * n + k];
			}
			most = fmax(most, fabs(a[i * n + j]));
			off = fmax(off, fabs(sum));
			skew = fmax(skew, fabs(product));
		}
	CHECK(off <= 1e-13 * n * most, "%s, n %u: off by %g of %g", kinds[kind], n, off, most);
	CHECK(skew < 1e-13, "%s, n %u: not orthonormal by %g", kinds[kind], n, skew);
}

/* Padding is turned into itself: the last rows and columns. */
static void check_padding(uint32_t n)
{
	bool same = true;

	for (uint32_t i = n - 5; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			same = same && fabs(vector[i * n + j]) == (i == j) &&
			       fabs(vector[j * n + i]) == (i == j);
	CHECK(same, "n %u: padding is mixed with the rest", n);
}

static void test(int kind, uint32_t n, const struct rec_run *run, bool is_first)
{
	struct rec_err e = { 0 };

	for (uint32_t i = 0; i < n * n; i++)
		a[i] = element(kind, n, i / n, i % n);
	memcpy(lost, a, sizeof a);
	CHECK(rec_eigen(value, vector, lost, n, run, &e) == 0, "%s: %s", kinds[kind], e.msg);
	if (is_first) {
		check_result(kind, n);
		if (kind == 6)
			check_padding(n);
		memcpy(first, vector, sizeof first);
		memcpy(first_value, value, sizeof value);
	}
	CHECK(memcmp(first, vector, (size_t)n * n * sizeof *first) == 0 &&
		      memcmp(first_value, value, n * sizeof *value) == 0,
	      "%s, n %u, %s: other bits", kinds[kind], n, run->kernel->isa);
}

static void test_not_a_number(void)
{
	struct rec_run run = { 0 };
	struct rec_err e = { 0 };

	MUST(rec_kernel_pick(&run.kernel, NULL, &e), &e);
	MUST(rec_pool_new(&run.pool, 1, &e), &e);
	memset(lost, 0, sizeof lost);
	lost[1] = lost[8] = NAN;
	CHECK(rec_eigen(value, vector, lost, 8, &run, &e) != 0 &&
		      strcmp(e.msg, "no finite solution (values too large?)") == 0,
	      "not a number: '%s'", e.msg);
	rec_pool_free(run.pool);
}

int main(void)
{
	struct rec_err e = { 0 };

	for (int kind = 0; kind < NAMES; kind++)
		for (uint32_t n = 8; n <= MOST; n = n < 32 ? n + 8 : n + 48) {
			bool is_first = true;

			for (const char *const *name = rec_kernel_names(); *name; name++)
				for (unsigned threads = 1; threads <= 3; threads++) {
					struct rec_run run = { 0 };

					MUST(rec_kernel_pick(&run.kernel, *name, &e), &e);
					MUST(rec_pool_new(&run.pool, threads, &e), &e);
					test(kind, n, &run, is_first);
					is_first = false;
					rec_pool_free(run.pool);
				}
		}
	test_not_a_number();
	return finished("eigen");
}

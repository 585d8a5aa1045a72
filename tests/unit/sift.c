/* SPDX-License-Identifier: MIT */
/*
 * sift.c - items are sifted out only if their score is below the bound; whole
 * numbers are added up exactly; most items of a usual model are sifted out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check.h"
#include "kernel/kernel.h"
#include "topn/sift.h"

enum { ITEMS = 1200, ROWS = 7, MOST_K = 300 };

static float *table, *row_vector, score[ROWS][ITEMS];
static uint32_t place[ITEMS];
static int32_t code[ROWS * 512], beside[ROWS * 512];
static uint16_t mask[ROWS * REC_SIFT_PANELS];

/* What a vector looks like. */
enum shape { NORMAL, EQUAL, ONE_LARGE, TINY, LARGE, MIXED, SHAPES };

static float element(enum shape shape, uint64_t key, uint64_t i, uint32_t f)
{
	double x = rec_normal(rec_random(key, i));

	switch (shape) {
	case NORMAL:
		return (float)x;
	case EQUAL:
		return 0.25f;
	case ONE_LARGE:
		return (float)(f == 3 ? 40 * x : x / 50);
	case TINY:
		return (float)(x * 1e-30);
	case LARGE:
		return (float)(x * 1e12);
	default:
		return (float)(x * exp2((double)(rec_random(key + 1, i) % 40) - 20));
	}
}

static void fill(float *x, uint32_t n, uint32_t k, enum shape shape, uint64_t key)
{
	for (uint64_t i = 0; i < (uint64_t)n * k; i++)
		x[i] = element(shape, key, i, (uint32_t)(i % k));
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x < y) - (x > y);
}

/* The share of items that stay; each that must is there. */
static double sifted(const struct rec_sift *s, const struct rec_sift_row *r, uint32_t u,
		     float bound)
{
	uint32_t stay = 0;

	for (uint32_t b = 0; b < rec_sift_blocks(s); b++) {
		int32_t least = rec_sift_least(s, r, b, bound);
		uint32_t first = b * REC_SIFT_BLOCK;

		if (least != INT32_MAX)
			rec_sift_block(s, mask, code + (size_t)u * s->length, &least, 1, b);
		for (uint32_t i = first; i < ITEMS && i < first + REC_SIFT_BLOCK; i++) {
			int in = least != INT32_MAX &&
				 (mask[(i - first) / REC_LANES] >> i % REC_LANES & 1);

			stay += in != 0;
			CHECK(in || score[u][i] < bound,
			      "%s, k = %u: item %u of score %g is sifted out at %g",
			      s->kernel->isa, s->table->k, i, (double)score[u][i], (double)bound);
		}
	}
	return (double)stay / ITEMS;
}

/* The product in whole numbers, from the bytes that the kernel reads. */
static int64_t product(const struct rec_sift *s, uint32_t u, uint32_t i)
{
	const int32_t *c = code + (size_t)u * s->length;
	const unsigned char *x = s->item + (size_t)(i / REC_LANES) * s->groups * 4 * REC_LANES;
	int64_t sum = 0;

	for (uint32_t g = 0; g < s->groups; g++) {
		uint32_t q = (uint32_t)c[g + g / REC_SIFT_CHUNK + 1];

		for (uint32_t e = 0; e < 4; e++)
			sum += (int64_t)(int8_t)(q >> 8 * e & 0xff) *
			       (x[(g * REC_LANES + i % REC_LANES) * 4 + e] - 128);
	}
	return sum;
}

/* All rows side by side, each with a limit that some products equal. */
static void test_sums(const struct rec_sift *s)
{
	int32_t least[ROWS];
	uint32_t n = s->n < REC_SIFT_BLOCK ? s->n : REC_SIFT_BLOCK;

	for (uint32_t u = 0; u < ROWS; u++) {
		least[u] = (int32_t)product(s, u, u);
		for (uint32_t g = 0; g < s->length; g++)
			beside[g * ROWS + u] = code[(size_t)u * s->length + g];
	}
	rec_sift_block(s, mask, beside, least, ROWS, 0);
	for (uint32_t u = 0; u < ROWS; u++)
		for (uint32_t i = 0; i < n; i++)
			CHECK((product(s, u, i) > least[u]) ==
				      (mask[u * REC_SIFT_PANELS + i / REC_LANES] >> i % REC_LANES &
				       1),
			      "%s, k = %u: product of row %u and item %u", s->kernel->isa,
			      s->table->k, u, i);
}

static double test_shapes(const struct rec_run *run, uint32_t k, enum shape items, enum shape rows,
			  float mean)
{
	struct rec_factor_table t = { .val = table, .n = ITEMS, .k = k, .ld = k, .mean = mean };
	struct rec_sift_row r[ROWS];
	struct rec_sift s;
	struct rec_err e = { 0 };
	double stay = 0;

	fill(table, ITEMS, k, items, k + 11 * (uint64_t)items);
	fill(row_vector, ROWS, k, rows, 99 + k + 7 * (uint64_t)rows);
	CHECK(rec_sift_new(&s, &t, place, ITEMS, run, &e) == 0 && s.item, "rec_sift_new: %s",
	      e.msg);
	for (uint32_t u = 0; u < ROWS; u++) {
		float sorted[ITEMS];

		rec_sift_row(&s, &r[u], code + (size_t)u * s.length, row_vector + (size_t)u * k);
		CHECK(r[u].sound, "%s, k = %u: row %u", run->kernel->isa, k, u);
		for (uint32_t i = 0; i < ITEMS; i++)
			score[u][i] = run->kernel->score(row_vector + (size_t)u * k,
							 table + (size_t)place[i] * k, k) +
				      mean;
		memcpy(sorted, score[u], sizeof sorted);
		qsort(sorted, ITEMS, sizeof *sorted, by_size);
		stay += sifted(&s, &r[u], u, sorted[11]);
		sifted(&s, &r[u], u, sorted[ITEMS / 2]);
		sifted(&s, &r[u], u, sorted[ITEMS - 1]);
		sifted(&s, &r[u], u, -INFINITY);
	}
	test_sums(&s);
	rec_sift_free(&s);
	return stay / ROWS;
}

/* Numbers that can't be sifted for: then there is no sieve, or no sound row. */
static void test_unfit(const struct rec_run *run)
{
	static const float bad[] = { NAN, INFINITY, -INFINITY, 3e38f };
	struct rec_factor_table t = { .val = table, .n = ITEMS, .k = 20, .ld = 20 };
	struct rec_sift_row r;
	struct rec_sift s;
	struct rec_err e = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		fill(table, ITEMS, 20, NORMAL, 5);
		table[600 * 20 + 7] = bad[i];
		CHECK(rec_sift_new(&s, &t, place, ITEMS, run, &e) == 0 && !s.item,
		      "%s: a table with %g is sifted", run->kernel->isa, (double)bad[i]);
		fill(table, ITEMS, 20, NORMAL, 5);
		CHECK(rec_sift_new(&s, &t, place, ITEMS, run, &e) == 0 && s.item, "rec_sift_new");
		fill(row_vector, 1, 20, NORMAL, 6);
		row_vector[19] = bad[i];
		rec_sift_row(&s, &r, code, row_vector);
		CHECK(!r.sound, "%s: a row with %g is sound", run->kernel->isa, (double)bad[i]);
		rec_sift_free(&s);
	}
}

static void test_set(const struct rec_run *run)
{
	static const uint32_t ks[] = { 1, 3, 4, 16, 17, 63, 64, 65, 100, 128, 200, MOST_K };

	for (size_t i = 0; i < sizeof ks / sizeof *ks; i++)
		for (enum shape a = 0; a < SHAPES; a++)
			for (enum shape b = 0; b < SHAPES; b++) {
				double stay = test_shapes(run, ks[i], a, b, a == MIXED ? 3.5f : 0);

				CHECK(a != NORMAL || b != NORMAL || ks[i] < 16 || stay < 0.1,
				      "%s, k = %u: %g of the items stay for the best 12",
				      run->kernel->isa, ks[i], stay);
			}
	test_unfit(run);
}

int main(void)
{
	struct rec_pool *pool;
	struct rec_err e = { 0 };
	uint32_t sets = 0;

	table = malloc((size_t)ITEMS * MOST_K * sizeof *table);
	row_vector = malloc((size_t)ROWS * MOST_K * sizeof *row_vector);
	for (uint32_t i = 0; i < ITEMS; i++)
		place[i] = i * 7 % ITEMS;	/* 7 and 1200 have no common divisor */
	if (rec_pool_new(&pool, 2, &e) != 0 || !table || !row_vector)
		return 1;
	for (const char *const *name = rec_kernel_names(); *name; name++) {
		struct rec_run run = { .pool = pool };

		CHECK(rec_kernel_pick(&run.kernel, *name, &e) == 0, "%s", e.msg);
		if (!run.kernel->sift)
			continue;
		test_set(&run);
		sets++;
	}
	printf("%u instruction sets sift\n", sets);
	rec_pool_free(pool);
	free(table);
	free(row_vector);
	return finished("sift");
}

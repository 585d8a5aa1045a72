/* SPDX-License-Identifier: MIT */
/*
 * outliers.c - the median by counting: the upper 16 bits of the sizes first,
 * then the lower 15 of those that share the median's upper ones. Bits of floats
 * above 0 are in the order of the floats.
 */
#include "model/outliers.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/mem.h"
#include "matrix/csr_row.h"

enum { FAR = 100, LOW = 15, UPPER = 1 << 16, LOWER = 1 << LOW };

static float size_of(float v)
{
	return v < 0 ? -v : v;
}

/*
 * Count the sizes other than 0: by their upper bits, or by the lower ones of
 * those whose upper bits are `upper`.
 */
static void tally(uint64_t *count, const struct rec_csr *m, bool lower, uint32_t upper)
{
	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(m, r);

		for (uint64_t i = 0; i < row.n; i++) {
			uint32_t bits = rec_bits32(size_of(row.val[i]));

			if (bits == 0 || (lower && bits >> LOW != upper))
				continue;
			count[lower ? bits & (LOWER - 1) : bits >> LOW]++;
		}
	}
}

/*
 * The bin of number *at among the counts, which becomes its number within that
 * bin.
 */
static uint32_t bin_of(const uint64_t *count, uint64_t *at)
{
	uint32_t b = 0;

	for (; count[b] <= *at; b++)
		*at -= count[b];
	return b;
}

/* The smaller of two in the middle; 0 where every value is 0. */
static double median_of(uint64_t *upper, uint64_t *lower, const struct rec_csr *m)
{
	uint64_t n = 0, at;
	uint32_t u;

	tally(upper, m, false, 0);
	for (uint32_t b = 0; b < UPPER; b++)
		n += upper[b];
	if (n == 0)
		return 0;
	at = (n - 1) / 2;
	u = bin_of(upper, &at);
	tally(lower, m, true, u);
	return (double)rec_float32(u << LOW | bin_of(lower, &at));
}

static void sum_up(struct rec_outliers *o, const struct rec_csr *m, double most)
{
	double outside = 0;

	for (uint32_t r = 0; r < m->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(m, r);

		for (uint64_t i = 0; i < row.n; i++) {
			double x = (double)size_of(row.val[i]);

			*(x > most ? &outside : &o->rest) += x;
			o->n += x > most;
		}
	}
	if (!(outside > o->rest))
		*o = (struct rec_outliers){ 0 };
	else
		o->share = outside / (outside + o->rest);
}

int rec_outliers_find(struct rec_outliers *o, const struct rec_csr *m, struct rec_err *e)
{
	uint64_t *upper = rec_zalloc(UPPER, sizeof *upper, e);
	uint64_t *lower = rec_zalloc(LOWER, sizeof *lower, e);

	*o = (struct rec_outliers){ 0 };
	if (upper && lower)
		sum_up(o, m, FAR * median_of(upper, lower, m));
	free(upper);
	free(lower);
	return upper && lower ? 0 : -1;
}

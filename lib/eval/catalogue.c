/* SPDX-License-Identifier: MIT */
/* catalogue.c - coverage and Gini index. */
#include "eval/catalogue.h"

#include <stdlib.h>

#include "base/mem.h"

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * x holds the counts above 0, n of them; items - n further items have count 0
 * and come first.
 */
static double gini_of(uint64_t *x, size_t n, uint64_t items)
{
	uint64_t total = 0;
	__int128 sum = 0;

	if (n == 0)
		return 0;
	qsort(x, n, sizeof *x, ascending);
	for (size_t i = 0; i < n; i++) {
		uint64_t place = items - n + i + 1;

		sum += (__int128)x[i] * ((__int128)2 * place - items - 1);
		total += x[i];
	}
	return (double)sum / ((double)items * (double)total);
}

int rec_catalogue_count(struct rec_catalogue *c, const struct rec_results *r,
			const unsigned char *selected, uint32_t k, struct rec_err *e)
{
	uint64_t *count = rec_zalloc(r->item.n, sizeof *count, e);
	size_t n = 0;

	*c = (struct rec_catalogue){ 0 };
	if (!count)
		return -1;
	for (uint32_t u = 0; r->listed_ptr && u < r->user.n; u++) {
		uint64_t from = r->listed_ptr[u], to = r->listed_ptr[u + 1];

		if (!selected[u] || from == to)
			continue;
		c->lists++;
		for (uint64_t i = from; i < to && i - from < k; i++) {
			if (r->listed[i] == REC_NONE)
				c->unknown++;
			else
				count[r->listed[i]]++;
		}
	}
	for (uint32_t i = 0; i < r->item.n; i++)
		if (count[i] > 0)
			count[n++] = count[i];
	c->listed = n;
	c->coverage = r->nitems ? (double)n / (double)r->nitems : 0;
	c->gini = gini_of(count, n, r->nitems);
	free(count);
	return 0;
}

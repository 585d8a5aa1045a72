/* SPDX-License-Identifier: MIT */
/* sim/bar.c - sums against a bar. */
#include "sim/bar.h"

#include <math.h>

/*
 * No branch: whether a pair passes cannot be predicted. Each item is written
 * after the end of the list, and the list grows if it passes.
 */
static uint32_t counts(const struct rec_line *l, const struct rec_bar *b, uint32_t *to)
{
	const uint32_t *met = l->sums->met, *count = l->sums->count;
	uint32_t n = l->sums->n, passed = 0;

	for (uint32_t k = 0; k < n; k++) {
		double y = l->other[met[k]];

		to[passed] = met[k];
		y = y < b->most ? y : b->most;
		passed += !(count[met[k]] < b->own + b->each * y);
	}
	return passed;
}

static uint32_t sums(const struct rec_line *l, const struct rec_bar *b, uint32_t *to)
{
	const uint32_t *met = l->sums->met;
	const double *xy = l->sums->xy;
	uint32_t n = l->sums->n, passed = 0;

	for (uint32_t k = 0; k < n; k++) {
		double y = l->other[met[k]];

		to[passed] = met[k];
		y = y < b->most ? y : b->most;
		passed += !(fabs(xy[met[k]]) < b->own + b->each * y);
	}
	return passed;
}

uint32_t rec_bar_sieve(const struct rec_line *l, const struct rec_bar *b, uint32_t *to)
{
	return l->sums->xy ? sums(l, b, to) : counts(l, b, to);
}

/* SPDX-License-Identifier: MIT */
/* score/query.c - rows put together from their cells. */
#include "score/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/combine.h"

void rec_gather_free(struct rec_gather *g)
{
	free(g->cell);
	free(g->item);
	free(g->value);
	*g = (struct rec_gather){ 0 };
}

int rec_gather_add(struct rec_gather *g, uint32_t item, float value, double time, struct rec_err *e)
{
	if (rec_grow(&g->cell, &g->cap, g->n + 1, sizeof *g->cell, e) != 0)
		return -1;
	g->cell[g->n++] = (struct rec_gather_cell){ item, value, time };
	return 0;
}

/* By item, then time (missing first), then value. */
static int compare(const void *pa, const void *pb)
{
	const struct rec_gather_cell *a = pa, *b = pb;

	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	if (isnan(a->time) != isnan(b->time))
		return isnan(a->time) ? -1 : 1;
	if (!isnan(a->time) && a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

/* The cells of one item, sorted as above, as one value. */
static int combine(const struct rec_gather_cell *cell, size_t n, enum rec_repeats repeats,
		   float *value, struct rec_err *e)
{
	struct rec_combine c;

	*value = cell[0].value;
	if (n == 1)
		return 0;
	rec_combine_first(&c, cell[0].value, cell[0].time);
	for (size_t i = 1; i < n; i++)
		rec_combine_next(&c, cell[i].value);
	switch (rec_combine_end(&c, repeats, value)) {
	case REC_CONFLICT_NONE: return 0;
	case REC_CONFLICT_NO_TIME:
		return rec_err_set(
			e, REC_EDATA,
			"a pair is repeated and has no time that says which one is the last");
	case REC_CONFLICT_TWICE: return rec_err_set(e, REC_EDATA, "a pair is repeated");
	default:
		return rec_err_set(e, REC_EDATA,
				   "the values of a repeated pair add up beyond float32");
	}
}

int rec_gather_end(struct rec_gather *g, enum rec_repeats repeats, struct rec_err *e)
{
	size_t last;

	g->nitems = 0;
	if (rec_grow(&g->item, &g->item_cap, g->n + 1, sizeof *g->item, e) != 0 ||
	    rec_grow(&g->value, &g->value_cap, g->n + 1, sizeof *g->value, e) != 0)
		return -1;
	if (g->n > 1)
		qsort(g->cell, g->n, sizeof *g->cell, compare);
	for (size_t first = 0; first < g->n; first = last) {
		const struct rec_gather_cell *c = g->cell + first;

		for (last = first + 1; last < g->n && g->cell[last].item == c->item;)
			last++;
		if (combine(c, last - first, repeats, &g->value[g->nitems], e) != 0)
			return -1;
		g->item[g->nitems++] = c->item;
	}
	g->n = 0;
	return 0;
}

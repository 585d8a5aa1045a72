/* SPDX-License-Identifier: MIT */
/* sim/turn.c - count, place, carry. */
#include "sim/turn.h"

#include <stdlib.h>

#include "base/mem.h"

/*
 * CELLS: a part has as many, so that it is worth handing out. The counters of
 * all parts take no more memory than the cells.
 */
enum { CELLS = 1 << 16, MOST = 32 };

struct turn {
	struct rec_csr *s;
	const uint64_t *cells;
	struct rec_turn_slice *slice;
	size_t border[MOST + 1];	/* first slice of each part */
	size_t parts;
	uint64_t *place;		/* parts x items: counts, then next places */
};

static void divide(struct turn *t, size_t slices, unsigned threads)
{
	const struct rec_csr *s = t->s;
	uint64_t parts = s->nnz / CELLS, sum = 0;
	size_t k = 0;

	parts = parts < 2 * (uint64_t)threads ? parts : 2 * (uint64_t)threads;
	parts = parts < s->nnz / s->nrows ? parts : s->nnz / s->nrows;
	parts = parts < MOST ? parts : MOST;
	t->parts = threads > 1 && parts > 1 ? parts : 1;
	for (size_t p = 0; p < t->parts; p++) {
		t->border[p] = k;
		for (; k < slices && sum < s->nnz / t->parts * (p + 1); k++)
			sum += t->slice[k].n;
	}
	t->border[t->parts] = slices;
}

static int count_part(void *arg, size_t part, unsigned thread, struct rec_err *e)
{
	struct turn *t = arg;
	uint64_t *count = t->place + part * t->s->nrows;

	(void)thread;
	(void)e;
	for (size_t k = t->border[part]; k < t->border[part + 1]; k++)
		for (size_t c = 0; c < t->slice[k].n; c++)
			count[t->slice[k].item[c]]++;
	return 0;
}

static void give_places(struct turn *t)
{
	uint64_t *ptr = t->s->own[0], at = 0;
	uint32_t items = t->s->nrows;

	for (uint32_t i = 0; i < items; i++) {
		for (size_t p = 0; p < t->parts; p++) {
			uint64_t n = t->place[p * items + i];

			t->place[p * items + i] = at;
			at += n;
		}
		ptr[i + 1] = at;
	}
}

static int carry_part(void *arg, size_t part, unsigned thread, struct rec_err *e)
{
	struct turn *t = arg;
	uint64_t *place = t->place + part * t->s->nrows;
	uint32_t *col = t->s->own[1];
	float *val = t->s->own[2];

	(void)thread;
	(void)e;
	for (size_t k = t->border[part]; k < t->border[part + 1]; k++) {
		struct rec_turn_slice *b = &t->slice[k];
		size_t c = 0;

		for (uint32_t j = b->first; j < b->end; j++)
			for (size_t end = c + t->cells[j + 1]; c < end; c++) {
				uint64_t to = place[b->item[c]]++;

				col[to] = j;
				val[to] = b->weight[c];
			}
		free(b->item);
		free(b->weight);
		*b = (struct rec_turn_slice){ 0 };
	}
	return 0;
}

int rec_turn(struct rec_csr *s, uint32_t items, const uint64_t *cells,
	     struct rec_turn_slice *slice, size_t slices, struct rec_pool *pool, struct rec_err *e)
{
	struct turn t = { .s = s, .cells = cells, .slice = slice };
	uint64_t nnz = 0;
	int rc = -1;

	for (size_t k = 0; k < slices; k++)
		nnz += slice[k].n;
	if (rec_csr_new(s, items, items, nnz, 0, e) != 0)
		return -1;
	if (nnz == 0)
		return 0;
	divide(&t, slices, rec_pool_size(pool));
	t.place = rec_zalloc(t.parts * items, sizeof *t.place, e);
	if (t.place && rec_pool_run(pool, t.parts, count_part, &t, e) == 0) {
		give_places(&t);
		rc = rec_pool_run(pool, t.parts, carry_part, &t, e);
	}
	free(t.place);
	if (rc != 0)
		rec_csr_free(s);
	return rc;
}

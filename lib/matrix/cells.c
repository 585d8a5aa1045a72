/* SPDX-License-Identifier: MIT */
#include "matrix/cells.h"

#include <stdlib.h>

#include "base/mem.h"

enum { FIRST_SLAB = 4, LAST_SLAB = 256 };

struct rec_cell_slab {
	struct rec_cell_slab *next;
	uint32_t used, size;
	struct rec_cell_chunk chunk[];
};

int rec_cells_new(struct rec_cells *c, unsigned nthreads, bool times, struct rec_err *e)
{
	*c = (struct rec_cells){ .times = times, .nthreads = nthreads };
	c->list = rec_zalloc(nthreads, sizeof *c->list, e);
	return c->list ? 0 : -1;
}

void rec_cells_free(struct rec_cells *c)
{
	for (unsigned t = 0; c->list && t < c->nthreads; t++)
		for (struct rec_cell_slab *s = c->list[t].slab, *next; s; s = next) {
			next = s->next;
			free(s);
		}
	free(c->list);
	*c = (struct rec_cells){ 0 };
}

int rec_cells_chunk(struct rec_cell_lists *l, uint32_t b, struct rec_err *e)
{
	struct rec_cell_slab *s = l->slab;
	struct rec_cell_chunk *chunk;

	if (!s || s->used == s->size) {
		uint32_t size = !s ? FIRST_SLAB : s->size < LAST_SLAB ? 2 * s->size : LAST_SLAB;

		s = rec_alloc(1, sizeof *s + size * sizeof *s->chunk, e);
		if (!s)
			return -1;
		s->next = l->slab;
		s->used = 0;
		s->size = size;
		l->slab = s;
	}
	if (l->chunk[b]) {
		l->chunk[b]->used = (uint16_t)(l->at[b] - l->chunk[b]->word);
		l->closed[b] += l->chunk[b]->used / l->chunk[b]->width;
	}
	chunk = &s->chunk[s->used++];
	chunk->next = l->chunk[b];
	chunk->width = (uint16_t)l->width;
	chunk->value = l->value;
	l->chunk[b] = chunk;
	l->at[b] = chunk->word;
	l->end[b] = chunk->word + REC_CELL_CHUNK;
	return 0;
}

/* The first cell that comes decides the value that cells of 2 words have. */
void rec_cells_widen(struct rec_cell_lists *l, unsigned width, float value)
{
	if (l->width == 0)
		l->value = value;
	l->width = l->width == 0 && width < 5 ? 2 : width;
	memcpy(l->end, l->at, sizeof l->end);
}

uint64_t rec_cells_count(const struct rec_cells *c, uint32_t b)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < c->nthreads; t++) {
		const struct rec_cell_lists *l = &c->list[t];
		const struct rec_cell_chunk *k = l->chunk[b];

		if (k)
			n += l->closed[b] + (uint64_t)(l->at[b] - k->word) / k->width;
	}
	return n;
}

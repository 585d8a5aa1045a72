/* SPDX-License-Identifier: MIT */
/*
 * topn/tiles.c - rows of a batch against tiles of packed items: a group of rows
 * is scored against a tile that stays in the second-level cache, then the
 * scores above each row's bound are picked while they are in the first.
 *
 * Items to leave out get -inf before the selection: each row walks once along
 * its sorted list of them while the tiles go by, so a row costs nothing per
 * item for what it has seen. Tiles ascend by label, hence "above the bound" is
 * the tie rule.
 */
#include "topn/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * TILE_BYTES: packed items of a tile. Each group of rows reads them again, so
 * they should stay in the second-level cache, beside the scores of a group. At
 * rank 64 a tile has 384 items, and those scores take 36 KiB, about a
 * first-level cache. TILE_MOST bounds the scores at small ranks;
 * TILE_LEAST is one step of `above`, below.
 *
 * GROUP: rows that are scored at once, a multiple of the heights of all
 * register tiles of scores (V16_SCORE of kernel/v16.h: 4, 6, 12).
 *
 * FIRST_PIECE: what the kernel `above` compares in one step, four vectors of
 * 16.
 */
enum { TILE_BYTES = 96 * 1024, TILE_MOST = 1024, TILE_LEAST = 64, GROUP = 24, FIRST_PIECE = 64 };

/* Positions are the candidates that are allowed and have scores, ascending. */
static int choose_items(struct rec_tiles *t, uint32_t nitems, const unsigned char *allowed,
			struct rec_err *e)
{
	const struct rec_scorer_part *p = t->part;
	const unsigned char *usable = t->table->usable;

	t->n = p->ncand;
	if (!p->candidate_to_item && !usable && !allowed)
		return 0;
	t->position_to_item = rec_alloc((size_t)p->ncand + 1, sizeof *t->position_to_item, e);
	t->item_to_position = rec_alloc((size_t)nitems + 1, sizeof *t->item_to_position, e);
	if (!t->position_to_item || !t->item_to_position)
		return -1;
	memset(t->item_to_position, 0xff, ((size_t)nitems + 1) * sizeof *t->item_to_position);
	t->n = 0;
	for (uint32_t c = 0; c < p->ncand; c++) {
		uint32_t item = rec_mapped(p->candidate_to_item, c);

		if ((usable && !usable[c]) || (allowed && !allowed[item]))
			continue;
		t->item_to_position[item] = t->n;
		t->position_to_item[t->n++] = item;
	}
	return 0;
}

static uint32_t candidate_at(const struct rec_tiles *t, uint32_t position)
{
	return rec_mapped(t->part->item_to_candidate, rec_mapped(t->position_to_item, position));
}

static uint32_t ntiles(const struct rec_tiles *t)
{
	return (uint32_t)(((uint64_t)t->n + t->tile - 1) / t->tile);
}

static int pack_tile(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct rec_tiles *t = arg;
	const struct rec_factor_table *m = t->table;
	uint32_t n = (uint32_t)(last - first);
	float *out = t->packed + first * m->k, *rows;

	(void)thread;
	if (!t->position_to_item) {
		t->run->kernel->pack(out, m->val, m->ld, m->n, (uint32_t)first, t->tile / REC_LANES,
				     m->k);
		return 0;
	}
	rows = rec_alloc((size_t)n * m->k + 1, sizeof *rows, e);
	if (!rows)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		memcpy(rows + (size_t)i * m->k,
		       m->val + (size_t)candidate_at(t, (uint32_t)first + i) * m->ld,
		       m->k * sizeof *rows);
	t->run->kernel->pack(out, rows, m->k, n, 0, t->tile / REC_LANES, m->k);
	free(rows);
	return 0;
}

static int make_tiles(struct rec_tiles *t, struct rec_err *e)
{
	const struct rec_factor_table *m = t->table;
	size_t tile = TILE_BYTES / sizeof(float) / (m->k ? m->k : 1), padded;

	tile = tile < TILE_LEAST ? TILE_LEAST : tile > TILE_MOST ? TILE_MOST : tile;
	t->tile = (uint32_t)(tile - tile % REC_LANES);
	padded = (size_t)ntiles(t) * t->tile;
	t->packed = rec_alloc(padded * m->k + 1, sizeof *t->packed, e);
	if (!t->packed)
		return -1;
	if (t->part->offset) {
		t->offset = rec_zalloc(padded + 1, sizeof *t->offset, e);
		if (!t->offset)
			return -1;
		for (uint32_t i = 0; i < t->n; i++)
			t->offset[i] = t->part->offset[candidate_at(t, i)];
	}
	return rec_pool_slices(t->run->pool, t->n, t->tile, pack_tile, t, e);
}

int rec_tiles_new(struct rec_tiles *t, const struct rec_scorer *s, const unsigned char *allowed,
		  bool keep_seen, struct rec_err *e)
{
	*t = (struct rec_tiles){ .run = s->run,
				 .part = &s->part[0],
				 .table = rec_scorer_table(s),
				 .keep_seen = keep_seen };
	if (choose_items(t, s->items.n, allowed, e) == 0 && make_tiles(t, e) == 0)
		return 0;
	rec_tiles_free(t);
	return -1;
}

void rec_tiles_free(struct rec_tiles *t)
{
	free(t->packed);
	free(t->offset);
	free(t->position_to_item);
	free(t->item_to_position);
	*t = (struct rec_tiles){ 0 };
}

static size_t vector_length(const struct rec_tiles *t)
{
	return rec_round_up(t->table->k ? t->table->k : 1, REC_LANES);
}

uint64_t rec_tiles_size(const struct rec_tiles *t)
{
	return (uint64_t)ntiles(t) * t->tile * t->table->k * sizeof(float);
}

uint64_t rec_tile_scratch_size(const struct rec_tiles *t, uint32_t batch)
{
	return ((uint64_t)batch * vector_length(t) + (uint64_t)GROUP * t->tile) * sizeof(float);
}

int rec_tile_scratch_new(struct rec_tile_scratch *sc, const struct rec_tiles *t, uint32_t batch,
			 struct rec_err *e)
{
	*sc = (struct rec_tile_scratch){ 0 };
	sc->query = rec_alloc(batch, sizeof *sc->query, e);
	sc->vector = rec_zalloc(batch * vector_length(t), sizeof *sc->vector, e);
	sc->out_ptr = rec_alloc((size_t)batch + 1, sizeof *sc->out_ptr, e);
	sc->walk = rec_alloc(batch, sizeof *sc->walk, e);
	sc->score = rec_alloc((size_t)GROUP * t->tile, sizeof *sc->score, e);
	sc->above = rec_alloc(t->tile, sizeof *sc->above, e);
	if (sc->query && sc->vector && sc->out_ptr && sc->walk && sc->score && sc->above)
		return 0;
	rec_tile_scratch_free(sc);
	return -1;
}

void rec_tile_scratch_free(struct rec_tile_scratch *sc)
{
	free(sc->query);
	free(sc->vector);
	free(sc->out_ptr);
	free(sc->out);
	free(sc->walk);
	free(sc->score);
	free(sc->above);
	*sc = (struct rec_tile_scratch){ 0 };
}

void rec_tiles_begin(struct rec_tile_scratch *sc)
{
	sc->m = 0;
	sc->out_ptr[0] = 0;
}

/*
 * Append to sc->out the positions that the row in slot leaves out: its history,
 * its seen items and itself, three ascending lists that are merged.
 */
static int leave_out(const struct rec_tiles *t, struct rec_tile_scratch *sc,
		     const struct rec_query *q, uint32_t slot, uint32_t self, struct rec_err *e)
{
	uint32_t n = sc->out_ptr[slot], i = 0, j = 0;
	uint32_t nh = t->keep_seen || q->keep_history ? 0 : q->n, ns = t->keep_seen ? 0 : q->nseen;

	if (rec_grow(&sc->out, &sc->out_cap, (size_t)n + nh + ns + 1, sizeof *sc->out, e) != 0)
		return -1;
	while (i < nh || j < ns || self != REC_NONE) {
		uint32_t next = i < nh ? q->item[i] : REC_NONE, at;

		if (j < ns && q->seen[j] < next)
			next = q->seen[j];
		if (self < next)
			next = self;
		i += i < nh && q->item[i] == next;
		j += j < ns && q->seen[j] == next;
		self = self == next ? REC_NONE : self;
		at = rec_mapped(t->item_to_position, next);
		if (at != REC_NONE)
			sc->out[n++] = at;
	}
	sc->out_ptr[slot + 1] = n;
	return 0;
}

int rec_tiles_add(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t query,
		  const struct rec_query *q, uint32_t self, const float *vector, struct rec_err *e)
{
	if (leave_out(t, sc, q, sc->m, self, e) != 0)
		return -1;
	memcpy(sc->vector + sc->m * vector_length(t), vector, t->table->k * sizeof *sc->vector);
	sc->query[sc->m++] = query;
	return 0;
}

/*
 * The row in slot against a tile that begins at position first: add mean and
 * offsets, and give -inf to what the row leaves out.
 */
static void finish_scores(const struct rec_tiles *t, struct rec_tile_scratch *sc, float *score,
			  uint32_t slot, uint32_t first, uint32_t n)
{
	const struct rec_factor_table *m = t->table;
	uint32_t i;

	for (i = 0; m->mean != 0 && i < n; i++)
		score[i] = score[i] + m->mean;
	for (i = 0; t->offset && i < n; i++)
		score[i] = score[i] + t->offset[first + i];
	for (i = sc->walk[slot]; i < sc->out_ptr[slot + 1] && sc->out[i] < first + n; i++)
		score[sc->out[i] - first] = -INFINITY;
	sc->walk[slot] = i;
}

/*
 * Offer the scores above the bound. The bound rises fast at first, so pieces
 * begin small: each is as long as all before it. Returns whether every score is
 * a number.
 */
static bool pick(const struct rec_tiles *t, struct rec_tile_scratch *sc, const float *score,
		 uint32_t first, uint32_t n, struct rec_top *top)
{
	uint32_t len;
	int nan = 0;

	for (uint32_t from = 0; from < n; from += len) {
		uint32_t m;

		len = first + from < FIRST_PIECE ? FIRST_PIECE : first + from;
		len = len < n - from ? len : n - from;
		m = t->run->kernel->above(sc->above, score + from, len, rec_top_bound(top), &nan);
		for (uint32_t i = 0; i < m; i++) {
			uint32_t at = from + sc->above[i];

			rec_top_push(top, rec_mapped(t->position_to_item, first + at), score[at]);
		}
	}
	return !nan;
}

/*
 * Slots from .. to - 1 against the items at positions first .. first + n - 1.
 */
static uint32_t rank_group(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t from,
			   uint32_t to, uint32_t first, uint32_t n, struct rec_top *list)
{
	const struct rec_factor_table *m = t->table;
	size_t length = vector_length(t);
	float *score = sc->score;

	t->run->kernel->scores(score, t->tile, sc->vector + from * length, length, to - from,
			       t->packed + (size_t)first * m->k, (n + REC_LANES - 1) / REC_LANES,
			       m->k);
	for (uint32_t slot = from; slot < to; slot++, score += t->tile) {
		finish_scores(t, sc, score, slot, first, n);
		if (!pick(t, sc, score, first, n, &list[sc->query[slot]]))
			return sc->query[slot];
	}
	return REC_NONE;
}

uint32_t rec_tiles_rank(const struct rec_tiles *t, struct rec_tile_scratch *sc,
			struct rec_top *list)
{
	memcpy(sc->walk, sc->out_ptr, sc->m * sizeof *sc->walk);
	for (uint32_t b = 0; sc->m > 0 && b < ntiles(t); b++) {
		uint32_t first = b * t->tile, n = t->n - first < t->tile ? t->n - first : t->tile;

		for (uint32_t i = 0; i < sc->m; i += GROUP) {
			uint32_t bad = rank_group(t, sc, i, sc->m - i < GROUP ? sc->m : i + GROUP,
						  first, n, list);

			if (bad != REC_NONE)
				return bad;
		}
	}
	return REC_NONE;
}

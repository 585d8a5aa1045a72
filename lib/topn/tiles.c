/* SPDX-License-Identifier: MIT */
/*
 * topn/tiles.c - rows of a batch against items in the order of their norms.
 *
 * Tiles: a group of rows is scored against a tile that stays in the
 * second-level cache, then the scores that reach each row's bound are picked
 * while they are in the first. Items to leave out get -inf before that: each
 * row walks once along its sorted list of them while the tiles go by, so a row
 * costs nothing per item for what it has seen.
 *
 * Blocks: a group of rows is sifted against a block. What stays waits until
 * there are 16 items, which are then scored together.
 */
#include "topn/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/search.h"

/*
 * TILE_BYTES: packed items of a tile. Each group of rows reads them again, so
 * they should stay in the second-level cache, beside the scores of a group. At
 * rank 64 a tile has 384 items, and those scores take 36 KiB, about a
 * first-level cache. TILE_MOST bounds the scores at small ranks;
 * TILE_LEAST is one step of `above`, below.
 *
 * GROUP: rows that are scored at once, a multiple of the heights of all
 * register tiles of scores and sift (kernel/v16.h: 4, 6, 12; 3, 6).
 *
 * FIRST_PIECE: what the kernel `above` compares in one step, four vectors of
 * 16.
 *
 * PACKED_LEAST and PACKED_DEPTH: so many items, and so many for each entry of a
 * list, are packed and set the bounds. SIFT_RANK: below it a product in float
 * is as cheap. SIZE_ROWS: norms that a thread takes at a time.
 */
enum {
	TILE_BYTES = 96 * 1024,
	TILE_MOST = 1024,
	TILE_LEAST = 64,
	GROUP = 24,
	FIRST_PIECE = 64,
	PACKED_LEAST = 1024,
	PACKED_DEPTH = 8,
	SIFT_RANK = 16,
	SIZE_ROWS = 4096,
};

/* ---- the items ---- */

struct sizing {
	const struct rec_tiles *t;
	uint32_t *key;			/* by place in row: descends with the norm */
};

static int size_rows(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct sizing *z = arg;
	const struct rec_factor_table *m = z->t->table;

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++) {
		const float *v = m->val + (size_t)z->t->row[i] * m->ld;

		z->key[i] = ~rec_key32(rec_bits32(z->t->run->kernel->dot(v, v, m->k)));
	}
	return 0;
}

/* Digits of the upper half of a key: a norm to 1 in 128 is near enough. */
enum { DIGITS = 1 << 16, SHIFT = 16 };

/* Sort by key, equal ones by label: they come so. */
static int sort_rows(struct rec_tiles *t, const uint32_t *key, struct rec_err *e)
{
	uint32_t *begin = rec_zalloc(DIGITS + 1, sizeof *begin, e);
	uint32_t *sorted = rec_alloc((size_t)t->n + 1, sizeof *sorted, e);

	if (!begin || !sorted) {
		free(begin);
		free(sorted);
		return -1;
	}
	for (uint32_t i = 0; i < t->n; i++)
		begin[(key[i] >> SHIFT) + 1]++;
	for (uint32_t d = 0; d < DIGITS; d++)
		begin[d + 1] += begin[d];
	for (uint32_t i = 0; i < t->n; i++)
		sorted[begin[key[i] >> SHIFT]++] = t->row[i];
	free(begin);
	free(t->row);
	t->row = sorted;
	return 0;
}

static uint32_t item_at(const struct rec_tiles *t, uint32_t position)
{
	return rec_mapped(t->part->candidate_to_item, t->row[position]);
}

/* Positions are the candidates that are allowed and have scores. */
static int choose_items(struct rec_tiles *t, uint32_t nitems, const unsigned char *allowed,
			bool by_norm, struct rec_err *e)
{
	const struct rec_scorer_part *p = t->part;
	const unsigned char *usable = t->table->usable;
	struct sizing z = { t, rec_alloc((size_t)p->ncand + 1, sizeof *z.key, e) };
	int rc = -1;

	t->row = rec_alloc((size_t)p->ncand + 1, sizeof *t->row, e);
	t->item_to_position = rec_alloc((size_t)nitems + 1, sizeof *t->item_to_position, e);
	if (z.key && t->row && t->item_to_position) {
		for (uint32_t c = 0; c < p->ncand; c++)
			if ((!usable || usable[c]) &&
			    (!allowed || allowed[rec_mapped(p->candidate_to_item, c)]))
				t->row[t->n++] = c;
		rc = by_norm ? rec_pool_slices(t->run->pool, t->n, SIZE_ROWS, size_rows, &z, e) : 0;
	}
	if (rc == 0 && by_norm)
		rc = sort_rows(t, z.key, e);
	free(z.key);
	if (rc != 0)
		return -1;
	memset(t->item_to_position, 0xff, ((size_t)nitems + 1) * sizeof *t->item_to_position);
	for (uint32_t i = 0; i < t->n; i++)
		t->item_to_position[item_at(t, i)] = i;
	return 0;
}

static uint32_t ntiles(const struct rec_tiles *t)
{
	return (uint32_t)(((uint64_t)t->packed_n + t->tile - 1) / t->tile);
}

static int pack_tile(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct rec_tiles *t = arg;
	const struct rec_factor_table *m = t->table;
	uint32_t n = (uint32_t)(last - first);
	float *rows = rec_alloc((size_t)n * m->k + 1, sizeof *rows, e);

	(void)thread;
	if (!rows)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		memcpy(rows + (size_t)i * m->k, m->val + (size_t)t->row[first + i] * m->ld,
		       m->k * sizeof *rows);
	t->run->kernel->pack(t->packed + first * m->k, rows, m->k, n, 0, t->tile / REC_LANES, m->k);
	free(rows);
	return 0;
}

static int make_tiles(struct rec_tiles *t, struct rec_err *e)
{
	const struct rec_factor_table *m = t->table;
	size_t padded = (size_t)ntiles(t) * t->tile;

	t->packed = rec_alloc(padded * m->k + 1, sizeof *t->packed, e);
	if (!t->packed)
		return -1;
	if (t->part->offset) {
		t->offset = rec_zalloc(padded + 1, sizeof *t->offset, e);
		if (!t->offset)
			return -1;
		for (uint32_t i = 0; i < t->packed_n; i++)
			t->offset[i] = t->part->offset[t->row[i]];
	}
	return rec_pool_slices(t->run->pool, t->packed_n, t->tile, pack_tile, t, e);
}

static uint32_t tile_of(uint32_t k)
{
	size_t tile = TILE_BYTES / sizeof(float) / (k ? k : 1);

	tile = tile < TILE_LEAST ? TILE_LEAST : tile > TILE_MOST ? TILE_MOST : tile;
	return (uint32_t)(tile - tile % REC_LANES);
}

/*
 * How many items are packed, and the others ready to be sifted. An offset is
 * not in the norms: then all are packed.
 */
static int divide(struct rec_tiles *t, uint32_t depth, struct rec_err *e)
{
	uint64_t packed = (uint64_t)depth * PACKED_DEPTH;

	packed = packed < PACKED_LEAST ? PACKED_LEAST : packed;
	packed = (packed + t->tile - 1) / t->tile * t->tile;
	t->packed_n = t->n;
	if (t->part->offset || t->table->k < SIFT_RANK || t->n / 2 < packed)
		return 0;
	if (rec_sift_new(&t->sift, t->table, t->row + packed, t->n - (uint32_t)packed, t->run, e) !=
	    0)
		return -1;
	if (t->sift.item)
		t->packed_n = (uint32_t)packed;
	return 0;
}

int rec_tiles_new(struct rec_tiles *t, const struct rec_scorer *s, const struct rec_tiles_opts *o,
		  struct rec_err *e)
{
	*t = (struct rec_tiles){ .run = s->run,
				 .part = &s->part[0],
				 .table = rec_scorer_table(s),
				 .keep_seen = o->keep_seen };
	t->tile = tile_of(t->table->k);
	t->bare = o->few && !t->part->offset;
	if (choose_items(t, s->items.n, o->allowed, !t->bare, e) == 0 &&
	    (t->bare || divide(t, o->depth, e) == 0) && make_tiles(t, e) == 0)
		return 0;
	rec_tiles_free(t);
	return -1;
}

void rec_tiles_free(struct rec_tiles *t)
{
	free(t->packed);
	free(t->offset);
	free(t->row);
	free(t->item_to_position);
	rec_sift_free(&t->sift);
	*t = (struct rec_tiles){ 0 };
}

static size_t vector_length(const struct rec_tiles *t)
{
	return rec_round_up(t->table->k ? t->table->k : 1, REC_LANES);
}

uint64_t rec_tiles_size(const struct rec_tiles *t)
{
	return (uint64_t)ntiles(t) * t->tile * t->table->k * sizeof(float) +
	       rec_sift_size(&t->sift) + (uint64_t)t->n * 2 * sizeof(uint32_t);
}

uint64_t rec_tile_scratch_size(const struct rec_tiles *t, uint32_t batch)
{
	uint64_t sifting = t->sift.item ? (uint64_t)(batch + GROUP) * t->sift.length : 0;

	return ((uint64_t)batch * vector_length(t) + (uint64_t)GROUP * t->tile + sifting) *
	       sizeof(float);
}

static int sift_scratch_new(struct rec_tile_scratch *sc, const struct rec_sift *s, uint32_t batch,
			    struct rec_err *e)
{
	if (!s->item)
		return 0;
	sc->sift = rec_alloc(batch, sizeof *sc->sift, e);
	sc->code = rec_alloc((size_t)batch * s->length, sizeof *sc->code, e);
	sc->waiting = rec_alloc(batch, sizeof *sc->waiting, e);
	sc->wait = rec_alloc((size_t)batch * REC_LANES, sizeof *sc->wait, e);
	sc->beside = rec_alloc((size_t)GROUP * s->length, sizeof *sc->beside, e);
	sc->mask = rec_alloc((size_t)GROUP * REC_SIFT_PANELS, sizeof *sc->mask, e);
	return sc->sift && sc->code && sc->waiting && sc->wait && sc->beside && sc->mask ? 0 : -1;
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
	if (sc->query && sc->vector && sc->out_ptr && sc->walk && sc->score && sc->above &&
	    sift_scratch_new(sc, &t->sift, batch, e) == 0)
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
	free(sc->sift);
	free(sc->code);
	free(sc->waiting);
	free(sc->wait);
	free(sc->beside);
	free(sc->mask);
	*sc = (struct rec_tile_scratch){ 0 };
}

/* ---- the rows ---- */

void rec_tiles_begin(struct rec_tile_scratch *sc)
{
	sc->m = 0;
	sc->out_ptr[0] = 0;
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Most rows leave out a few items: those are inserted one by one. */
static void sort_positions(uint32_t *x, uint32_t n)
{
	enum { FEW = 48 };

	if (n > FEW) {
		qsort(x, n, sizeof *x, compare_positions);
		return;
	}
	for (uint32_t i = 1; i < n; i++) {
		uint32_t v = x[i], j = i;

		for (; j > 0 && x[j - 1] > v; j--)
			x[j] = x[j - 1];
		x[j] = v;
	}
}

/*
 * Append to sc->out the positions that the row in slot leaves out: its history,
 * its seen items and itself. One that stands in two of them comes twice.
 */
static int leave_out(const struct rec_tiles *t, struct rec_tile_scratch *sc,
		     const struct rec_query *q, uint32_t slot, uint32_t self, struct rec_err *e)
{
	uint32_t n = sc->out_ptr[slot];
	uint32_t nh = t->keep_seen || q->keep_history ? 0 : q->n, ns = t->keep_seen ? 0 : q->nseen;

	if (rec_grow(&sc->out, &sc->out_cap, (size_t)n + nh + ns + 1, sizeof *sc->out, e) != 0)
		return -1;
	for (uint32_t i = 0; i < nh + ns + (self != REC_NONE); i++) {
		uint32_t item = i < nh ? q->item[i] : i < nh + ns ? q->seen[i - nh] : self;

		sc->out[n] = t->item_to_position[item];
		n += sc->out[n] != REC_NONE;
	}
	sort_positions(sc->out + sc->out_ptr[slot], n - sc->out_ptr[slot]);
	sc->out_ptr[slot + 1] = n;
	return 0;
}

int rec_tiles_add(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t query,
		  const struct rec_query *q, uint32_t self, const float *vector, struct rec_err *e)
{
	if (leave_out(t, sc, q, sc->m, self, e) != 0)
		return -1;
	memcpy(sc->vector + sc->m * vector_length(t), vector, t->table->k * sizeof *sc->vector);
	if (t->sift.item)
		rec_sift_row(&t->sift, &sc->sift[sc->m],
			     sc->code + (size_t)sc->m * t->sift.length, vector);
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
 * What a score must exceed to get in. Items don't come in label order, so one
 * that equals the n-th best may rank before it.
 */
static float just_below(const struct rec_top *top)
{
	return nextafterf(rec_top_bound(top), -INFINITY);
}

/*
 * Offer the scores that reach the bound. It rises fast at first, so pieces
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
		m = t->run->kernel->above(sc->above, score + from, len, just_below(top), &nan);
		for (uint32_t i = 0; i < m; i++) {
			uint32_t at = from + sc->above[i];

			rec_top_push(top, item_at(t, first + at), score[at]);
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

/* Every slot against every packed item; returns as rec_tiles_rank. */
static uint32_t rank_packed(const struct rec_tiles *t, struct rec_tile_scratch *sc,
			    struct rec_top *list)
{
	memcpy(sc->walk, sc->out_ptr, sc->m * sizeof *sc->walk);
	for (uint32_t b = 0; b < ntiles(t); b++) {
		uint32_t first = b * t->tile;
		uint32_t n = t->packed_n - first < t->tile ? t->packed_n - first : t->tile;

		for (uint32_t i = 0; i < sc->m; i += GROUP) {
			uint32_t bad = rank_group(t, sc, i, sc->m - i < GROUP ? sc->m : i + GROUP,
						  first, n, list);

			if (bad != REC_NONE)
				return bad;
		}
	}
	return REC_NONE;
}

/* ---- items that are sifted ---- */

static bool left_out(const struct rec_tile_scratch *sc, uint32_t slot, uint32_t position)
{
	uint64_t end = sc->out_ptr[slot + 1];
	uint64_t at = rec_search32(sc->out, sc->out_ptr[slot], end, position);

	return at < end && sc->out[at] == position;
}

/*
 * Score n <= 16 positions for slot and offer them. Returns whether every score
 * is a number.
 */
static bool offer(const struct rec_tiles *t, const struct rec_tile_scratch *sc, uint32_t slot,
		  const uint32_t *position, uint32_t n, struct rec_top *top)
{
	const struct rec_factor_table *m = t->table;
	float score[REC_LANES];
	uint32_t row[REC_LANES];

	for (uint32_t i = 0; i < n; i++)
		row[i] = t->row[position[i]];
	t->run->kernel->scores_at(score, sc->vector + slot * vector_length(t), m->val, m->ld, row,
				  n, m->k);
	for (uint32_t i = 0; i < n; i++) {
		float x = m->mean != 0 ? score[i] + m->mean : score[i];

		if (x < rec_top_bound(top) || x == -INFINITY || left_out(sc, slot, position[i]))
			continue;
		if (isnan(x))
			return false;
		rec_top_push(top, item_at(t, position[i]), x);
	}
	return true;
}

/* Products of finite vectors of bounded length are numbers. */
static void offer_waiting(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t slot,
			  struct rec_top *list)
{
	if (sc->waiting[slot])
		(void)offer(t, sc, slot, sc->wait + (size_t)slot * REC_LANES, sc->waiting[slot],
			    &list[sc->query[slot]]);
	sc->waiting[slot] = 0;
}

/* All of a block, for a slot that can't be sifted for. */
static bool offer_block(const struct rec_tiles *t, const struct rec_tile_scratch *sc, uint32_t slot,
			uint32_t block, struct rec_top *top)
{
	uint32_t at = t->packed_n + block * REC_SIFT_BLOCK, end = at + REC_SIFT_BLOCK;

	for (end = end < t->n ? end : t->n; at < end; at += REC_LANES) {
		uint32_t position[REC_LANES], n = end - at < REC_LANES ? end - at : REC_LANES;

		for (uint32_t i = 0; i < n; i++)
			position[i] = at + i;
		if (!offer(t, sc, slot, position, n, top))
			return false;
	}
	return true;
}

/* The lanes of a panel stay: they wait, and their rows are asked for. */
static void keep(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t slot,
		 uint32_t first, unsigned lanes, struct rec_top *list)
{
	const struct rec_factor_table *m = t->table;

	for (; lanes != 0; lanes &= lanes - 1) {
		uint32_t position = first + (uint32_t)__builtin_ctz(lanes);
		const float *v;

		if (position >= t->n)
			return;
		v = m->val + (size_t)t->row[position] * m->ld;
		for (uint32_t f = 0; f < m->k; f += REC_LANES)
			__builtin_prefetch(v + f);
		sc->wait[(size_t)slot * REC_LANES + sc->waiting[slot]++] = position;
		if (sc->waiting[slot] == REC_LANES)
			offer_waiting(t, sc, slot, list);
	}
}

/* What stays of a block for slot: hardly a panel has something. */
static void keep_all(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t slot,
		     uint32_t block, const uint16_t *mask, struct rec_top *list)
{
	uint32_t first = t->packed_n + block * REC_SIFT_BLOCK;

	for (uint32_t p = 0; p < REC_SIFT_PANELS && first + p * REC_LANES < t->n; p += 4) {
		uint64_t four;

		memcpy(&four, mask + p, sizeof four);
		for (uint32_t i = p; four != 0 && i < p + 4; i++)
			keep(t, sc, slot, first + i * REC_LANES, mask[i], list);
	}
}

/*
 * A bound as high as what was offered so far allows. To cut costs a pass over
 * the buffer, so a few more are waited for.
 */
static void raise_bound(struct rec_top *top)
{
	if (top->n > top->cap + (top->bounded ? top->cap / 4 + 4 : 0) ||
	    (top->n == top->cap && !top->bounded))
		rec_top_cut(top);
}

/* The codes of m slots, side by side. */
static void put_beside(const struct rec_tiles *t, struct rec_tile_scratch *sc, const uint32_t *slot,
		       uint32_t m)
{
	for (uint32_t i = 0; i < m; i++) {
		const int32_t *code = sc->code + (size_t)slot[i] * t->sift.length;

		for (uint32_t g = 0; g < t->sift.length; g++)
			sc->beside[g * m + i] = code[g];
	}
}

/* Slots from .. to - 1 against a block; returns as rec_tiles_rank. */
static uint32_t sift_group(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t from,
			   uint32_t to, uint32_t block, struct rec_top *list)
{
	uint32_t slot[GROUP], m = 0;
	int32_t least[GROUP];

	for (uint32_t i = from; i < to; i++) {
		struct rec_top *top = &list[sc->query[i]];

		raise_bound(top);
		if (!sc->sift[i].sound || !top->bounded) {
			if (!offer_block(t, sc, i, block, top))
				return sc->query[i];
			continue;
		}
		least[m] = rec_sift_least(&t->sift, &sc->sift[i], block, rec_top_bound(top));
		slot[m] = i;
		m += least[m] != INT32_MAX;
	}
	if (m == 0)
		return REC_NONE;
	put_beside(t, sc, slot, m);
	rec_sift_block(&t->sift, sc->mask, sc->beside, least, m, block);
	for (uint32_t i = 0; i < m; i++)
		keep_all(t, sc, slot[i], block, sc->mask + (size_t)i * REC_SIFT_PANELS, list);
	return REC_NONE;
}

/* Every slot against every item, as they lie in the table. */
static uint32_t rank_bare(const struct rec_tiles *t, struct rec_tile_scratch *sc,
			  struct rec_top *list)
{
	for (uint32_t b = 0; b * (uint64_t)REC_SIFT_BLOCK < t->n; b++)
		for (uint32_t i = 0; i < sc->m; i++) {
			struct rec_top *top = &list[sc->query[i]];

			raise_bound(top);
			if (!offer_block(t, sc, i, b, top))
				return sc->query[i];
		}
	return REC_NONE;
}

static uint32_t rank_sifted(const struct rec_tiles *t, struct rec_tile_scratch *sc,
			    struct rec_top *list)
{
	memset(sc->waiting, 0, sc->m * sizeof *sc->waiting);
	for (uint32_t b = 0; b < rec_sift_blocks(&t->sift); b++)
		for (uint32_t i = 0; i < sc->m; i += GROUP) {
			uint32_t bad = sift_group(t, sc, i, sc->m - i < GROUP ? sc->m : i + GROUP,
						  b, list);

			if (bad != REC_NONE)
				return bad;
		}
	for (uint32_t i = 0; i < sc->m; i++)
		offer_waiting(t, sc, i, list);
	return REC_NONE;
}

uint32_t rec_tiles_rank(const struct rec_tiles *t, struct rec_tile_scratch *sc,
			struct rec_top *list)
{
	uint32_t bad;

	if (t->bare)
		return rank_bare(t, sc, list);
	bad = sc->m > 0 ? rank_packed(t, sc, list) : REC_NONE;
	if (bad != REC_NONE || sc->m == 0 || !t->sift.item)
		return bad;
	return rank_sifted(t, sc, list);
}

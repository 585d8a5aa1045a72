/* SPDX-License-Identifier: MIT */
/*
 * topn.c - from rows to lists.
 *
 * One answer: begin every row (vector, or history), score, offer what may be listed, sort, complete. Two ways to score: tiles of a single
 * factor model for many rows at once (rank_tiles), and everything else row by row (rank_row). Both offer the same items with the same bits.
 *
 * In tiles, items to leave out get -inf before the selection: each row walks once along its sorted list of them while the tiles go by, so a row costs
 * nothing per item for what it has seen. Tiles ascend by label, hence "above the bound" is the tie rule.
 */
#include "model/topn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct rec_topn {
	const struct rec_scorer *s;
	struct rec_topn_opts o;
	uint32_t depth;
	/* a single factor model: the items that may be listed, packed */
	bool tiled;
	float *packed;
	float *offset;			/* by position, or NULL */
	uint32_t *item_of;		/* position to item; NULL where all items are there */
	uint32_t *position_of;		/* item to position or REC_NONE; NULL likewise */
	uint32_t nactive, tile;		/* items in all, and in a tile: a multiple of 16 */
};

struct rec_topn_scratch {
	struct rec_score_scratch *score;
	unsigned char *skip;		/* by item: not to be listed for the row at hand */
	float *q, *tile;
	uint32_t *above;
	uint32_t *out_ptr, *out;	/* positions to leave out, by slot of the batch */
	size_t out_cap;
	uint32_t *slot_query, *walk;
	bool live[REC_TOPN_BATCH];
};

enum { TILE_BYTES = 96 * 1024, TILE_MOST = 1024, TILE_LEAST = 64, GROUP = 24, FIRST_PIECE = 64 };

static const struct rec_part *only(const struct rec_topn *t)
{
	return &t->s->part[0];
}

/* Positions: the candidates that are allowed and have a direction, ascending. */
static int choose_active(struct rec_topn *t, struct rec_err *e)
{
	const struct rec_part *p = only(t);
	uint32_t c, item;

	t->nactive = p->ncand;
	if (!p->item_of && !p->usable && !t->o.allowed)
		return 0;
	t->item_of = rec_alloc((size_t)p->ncand + 1, sizeof *t->item_of, e);
	t->position_of = rec_alloc((size_t)t->s->items.n + 1, sizeof *t->position_of, e);
	if (!t->item_of || !t->position_of)
		return -1;
	memset(t->position_of, 0xff, ((size_t)t->s->items.n + 1) * sizeof *t->position_of);
	for (c = t->nactive = 0; c < p->ncand; c++) {
		item = p->item_of ? p->item_of[c] : c;
		if ((p->usable && !p->usable[c]) || (t->o.allowed && !t->o.allowed[item]))
			continue;
		t->position_of[item] = t->nactive;
		t->item_of[t->nactive++] = item;
	}
	return 0;
}

static uint32_t candidate_at(const struct rec_topn *t, uint32_t position)
{
	const struct rec_part *p = only(t);
	uint32_t item = t->item_of ? t->item_of[position] : position;

	return p->cand_of ? p->cand_of[item] : item;
}

static uint32_t ntiles(const struct rec_topn *t)
{
	return (uint32_t)(((uint64_t)t->nactive + t->tile - 1) / t->tile);
}

static int pack_tile(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct rec_topn *t = arg;
	const struct rec_part *p = only(t);
	uint32_t first = (uint32_t)task * t->tile, n = t->nactive - first < t->tile ? t->nactive - first : t->tile, i;
	float *out = t->packed + (size_t)first * p->k, *rows;

	(void)thread;
	if (!t->item_of) {
		t->s->run->kernel->pack(out, p->table, p->ld, p->ncand, first, t->tile / REC_LANES, p->k);
		return 0;
	}
	if (!(rows = rec_alloc((size_t)n * p->k + 1, sizeof *rows, e)))
		return -1;
	for (i = 0; i < n; i++)
		memcpy(rows + (size_t)i * p->k, p->table + (size_t)candidate_at(t, first + i) * p->ld, p->k * sizeof *rows);
	t->s->run->kernel->pack(out, rows, p->k, n, 0, t->tile / REC_LANES, p->k);
	free(rows);
	return 0;
}

static int new_tiles(struct rec_topn *t, struct rec_err *e)
{
	const struct rec_part *p = only(t);
	size_t tile = TILE_BYTES / sizeof(float) / (p->k ? p->k : 1), padded;
	uint32_t i;

	if (choose_active(t, e))
		return -1;
	tile = tile < TILE_LEAST ? TILE_LEAST : tile > TILE_MOST ? TILE_MOST : tile;
	t->tile = (uint32_t)(tile - tile % REC_LANES);
	padded = (size_t)ntiles(t) * t->tile;
	if (!(t->packed = rec_alloc(padded * p->k + 1, sizeof *t->packed, e)))
		return -1;
	if (p->offset) {
		if (!(t->offset = rec_zalloc(padded + 1, sizeof *t->offset, e)))
			return -1;
		for (i = 0; i < t->nactive; i++)
			t->offset[i] = p->offset[candidate_at(t, i)];
	}
	return rec_pool_run(t->s->run->pool, ntiles(t), pack_tile, t, e);
}

int rec_topn_new(struct rec_topn **out, const struct rec_scorer *s, const struct rec_topn_opts *o, struct rec_err *e)
{
	struct rec_topn *t = rec_zalloc(1, sizeof *t, e);

	*out = NULL;
	if (!t)
		return -1;
	t->s = s;
	t->o = *o;
	t->depth = o->n < s->items.n ? o->n : s->items.n;
	t->tiled = !s->blend && s->part[0].kind == REC_PART_FACTORS;
	if (t->tiled && new_tiles(t, e)) {
		rec_topn_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void rec_topn_free(struct rec_topn *t)
{
	if (!t)
		return;
	free(t->packed);
	free(t->offset);
	free(t->item_of);
	free(t->position_of);
	free(t);
}

const struct rec_scorer *rec_topn_scorer(const struct rec_topn *t)
{
	return t->s;
}

uint32_t rec_topn_depth(const struct rec_topn *t)
{
	return t->depth;
}

uint32_t rec_topn_room(const struct rec_topn *t)
{
	return rec_top_room(t->depth, t->s->items.n);
}

static size_t vector_length(const struct rec_topn *t)
{
	return rec_round_up(only(t)->k ? only(t)->k : 1, REC_LANES);
}

uint64_t rec_topn_size(const struct rec_topn *t, unsigned threads)
{
	uint64_t each = t->s->items.n + rec_score_scratch_size(t->s) + (uint64_t)REC_TOPN_BATCH * rec_topn_room(t) * sizeof(struct rec_ranked);

	if (!t->tiled)
		return each * threads;
	each += ((uint64_t)REC_TOPN_BATCH * vector_length(t) + (uint64_t)GROUP * t->tile) * sizeof(float);
	return each * threads + (uint64_t)ntiles(t) * t->tile * only(t)->k * sizeof(float);
}

/* skip starts as what no list may hold. */
static int skip_new(struct rec_topn_scratch *sc, const struct rec_topn *t, struct rec_err *e)
{
	uint32_t i;

	if (!(sc->skip = rec_zalloc((size_t)t->s->items.n + 1, 1, e)))
		return -1;
	for (i = 0; t->o.allowed && i < t->s->items.n; i++)
		sc->skip[i] = !t->o.allowed[i];
	return 0;
}

static int tile_scratch_new(struct rec_topn_scratch *sc, const struct rec_topn *t, struct rec_err *e)
{
	sc->q = rec_zalloc(REC_TOPN_BATCH * vector_length(t), sizeof *sc->q, e);
	sc->tile = rec_alloc((size_t)GROUP * t->tile, sizeof *sc->tile, e);
	sc->above = rec_alloc(t->tile, sizeof *sc->above, e);
	sc->out_ptr = rec_alloc(REC_TOPN_BATCH + 1, sizeof *sc->out_ptr, e);
	sc->slot_query = rec_alloc(REC_TOPN_BATCH, sizeof *sc->slot_query, e);
	sc->walk = rec_alloc(REC_TOPN_BATCH, sizeof *sc->walk, e);
	return sc->q && sc->tile && sc->above && sc->out_ptr && sc->slot_query && sc->walk ? 0 : -1;
}

int rec_topn_scratch_new(struct rec_topn_scratch **out, const struct rec_topn *t, struct rec_err *e)
{
	struct rec_topn_scratch *sc = rec_zalloc(1, sizeof *sc, e);

	*out = NULL;
	if (!sc)
		return -1;
	if (rec_score_scratch_new(&sc->score, t->s, e) || skip_new(sc, t, e) || (t->tiled && tile_scratch_new(sc, t, e))) {
		rec_topn_scratch_free(sc);
		return -1;
	}
	*out = sc;
	return 0;
}

void rec_topn_scratch_free(struct rec_topn_scratch *sc)
{
	if (!sc)
		return;
	rec_score_scratch_free(sc->score);
	free(sc->skip);
	free(sc->q);
	free(sc->tile);
	free(sc->above);
	free(sc->out_ptr);
	free(sc->out);
	free(sc->slot_query);
	free(sc->walk);
	free(sc);
}

/* Item of the row's own label, which is never similar to itself. */
static uint32_t self(const struct rec_topn *t, const struct rec_query *q)
{
	return t->s->similar ? rec_scorer_item(t->s, q->label, q->label_len) : REC_NONE;
}

static void set_skip(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, unsigned char on)
{
	uint32_t i, item = self(t, q);

	/* what is not allowed stays skipped */
	for (i = 0; !t->o.keep_seen && i < q->n; i++)
		sc->skip[q->item[i]] = on || (t->o.allowed && !t->o.allowed[q->item[i]]);
	for (i = 0; !t->o.keep_seen && i < q->nseen; i++)
		sc->skip[q->seen[i]] = on || (t->o.allowed && !t->o.allowed[q->seen[i]]);
	if (item != REC_NONE)
		sc->skip[item] = on || (t->o.allowed && !t->o.allowed[item]);
}

static int not_a_number(const struct rec_query *q, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "row '%.*s': a score is not a finite number", (int)(q->label_len < 200 ? q->label_len : 200), q->label);
}

static int offer(struct rec_top *top, uint32_t item, float score)
{
	if (isnan(score))
		return -1;
	rec_top_push(top, item, score);
	return 0;
}

/* Row by row: offer what was scored and may be listed. skip is set for the row. */
static int rank_row(const struct rec_topn *t, struct rec_topn_scratch *sc, struct rec_top *top)
{
	struct rec_scores x;
	uint32_t i, c, item;

	rec_scorer_row(t->s, sc->score, &x);
	for (i = 0; i < x.n; i++) {
		c = x.touched ? x.touched[i] : i;
		if (!x.touched && x.hit && !x.hit[c])
			continue;
		if (x.score[c] < rec_top_bound(top))	/* not NaN then, and nothing to look up */
			continue;
		item = x.item_of ? x.item_of[c] : c;
		if (!sc->skip[item] && offer(top, item, x.score[c]))
			return -1;
	}
	return 0;
}

/* A row with candidates of its own: these alone. */
static int rank_candidates(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, struct rec_top *top)
{
	struct rec_scores x = { 0 };
	uint32_t i, c, item;
	float score;

	if (!t->tiled)
		rec_scorer_row(t->s, sc->score, &x);
	for (i = 0; i < q->ncandidates; i++) {
		item = q->candidate[i];
		if (sc->skip[item])
			continue;
		if (t->tiled) {
			if (!rec_scorer_pair(t->s, sc->score, item, &score))
				continue;
		} else {
			c = x.cand_of ? x.cand_of[item] : item;
			if (c == REC_NONE || (x.hit && !x.hit[c]))
				continue;
			score = x.score[c];
		}
		if (offer(top, item, score))
			return -1;
	}
	return 0;
}

static uint32_t position(const struct rec_topn *t, uint32_t item)
{
	return t->position_of ? t->position_of[item] : item;
}

/* Positions that the row in slot leaves out, ascending (repeats do no harm), into sc->out. */
static int left_out(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, uint32_t slot, struct rec_err *e)
{
	uint32_t n = sc->out_ptr[slot], i = 0, j = 0, item = self(t, q), next, at;
	uint32_t nh = t->o.keep_seen ? 0 : q->n, ns = t->o.keep_seen ? 0 : q->nseen;

	if (rec_grow(&sc->out, &sc->out_cap, (size_t)n + nh + ns + 1, sizeof *sc->out, e))
		return -1;
	while (i < nh || j < ns || item != REC_NONE) {
		next = i < nh ? q->item[i] : REC_NONE;
		if (j < ns && q->seen[j] < next)
			next = q->seen[j];
		if (item < next)
			next = item;
		i += i < nh && q->item[i] == next;
		j += j < ns && q->seen[j] == next;
		item = item == next ? REC_NONE : item;
		if ((at = position(t, next)) != REC_NONE)
			sc->out[n++] = at;
	}
	sc->out_ptr[slot + 1] = n;
	return 0;
}

/* Mean, offset and -inf over one row of a tile that starts at position first. */
static void finish_tile(const struct rec_topn *t, struct rec_topn_scratch *sc, float *score, uint32_t slot, uint32_t first, uint32_t n)
{
	const struct rec_part *p = only(t);
	uint32_t i;

	for (i = 0; p->mean != 0 && i < n; i++)
		score[i] = score[i] + p->mean;
	for (i = 0; t->offset && i < n; i++)
		score[i] = score[i] + t->offset[first + i];
	for (i = sc->walk[slot]; i < sc->out_ptr[slot + 1] && sc->out[i] < first + n; i++)
		score[sc->out[i] - first] = -INFINITY;
	sc->walk[slot] = i;
}

/* The bound rises fast at first, so pieces begin small: each is as long as what came before it. */
static int pick(const struct rec_topn *t, struct rec_topn_scratch *sc, const float *score, uint32_t first, uint32_t n, struct rec_top *top)
{
	uint32_t i, m, at, from, len;
	int nan = 0;

	for (from = 0; from < n; from += len) {
		len = first + from < FIRST_PIECE ? FIRST_PIECE : first + from;
		len = len < n - from ? len : n - from;
		m = t->s->run->kernel->above(sc->above, score + from, len, rec_top_bound(top), &nan);
		for (i = 0; i < m; i++) {
			at = from + sc->above[i];
			rec_top_push(top, t->item_of ? t->item_of[first + at] : first + at, score[at]);
		}
	}
	return nan ? -1 : 0;
}

/* Slots from .. to - 1 against the items at positions first .. first + n - 1: score them all, then pick while the scores are in the first-level cache. */
static int rank_group(const struct rec_topn *t, struct rec_topn_scratch *sc, uint32_t from, uint32_t to, uint32_t first, uint32_t n, const struct rec_query *q,
		      struct rec_top *list, struct rec_err *e)
{
	const struct rec_part *p = only(t);
	float *score = sc->tile;
	uint32_t i;

	t->s->run->kernel->scores(score, t->tile, sc->q + from * vector_length(t), vector_length(t), to - from, t->packed + (size_t)first * p->k,
				  (n + REC_LANES - 1) / REC_LANES, p->k);
	for (i = from; i < to; i++, score += t->tile) {
		finish_tile(t, sc, score, i, first, n);
		if (pick(t, sc, score, first, n, &list[sc->slot_query[i]]))
			return not_a_number(&q[sc->slot_query[i]], e);
	}
	return 0;
}

/* All live rows of the batch (slots 0 .. m - 1) against all tiles. */
static int rank_tiles(const struct rec_topn *t, struct rec_topn_scratch *sc, uint32_t m, const struct rec_query *q, struct rec_top *list, struct rec_err *e)
{
	uint32_t i, b, first, n;

	for (i = 0; i < m; i++)
		sc->walk[i] = sc->out_ptr[i];
	for (b = 0; m && b < ntiles(t); b++) {
		first = b * t->tile;
		n = t->nactive - first < t->tile ? t->nactive - first : t->tile;
		for (i = 0; i < m; i += GROUP)
			if (rank_group(t, sc, i, m - i < GROUP ? m : i + GROUP, first, n, q, list, e))
				return -1;
	}
	return 0;
}

/* A step below x that float32 can show. */
static float below(float x)
{
	float step = fabsf(x) * 0x1p-20f;

	return x - (step > 1 ? step : 1);
}

static bool listed(const struct rec_top *top, uint32_t n, uint32_t item)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (top->entry[i].item == item)
			return true;
	return false;
}

static bool is_candidate(const struct rec_query *q, uint32_t item)
{
	uint32_t lo = 0, hi = q->ncandidates, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (q->candidate[mid] < item)
			lo = mid + 1;
		else
			hi = mid;
	}
	return !q->has_candidates || (lo < q->ncandidates && q->candidate[lo] == item);
}

/* Complete a sorted list by popularity: scores below the last ranked one; popularity itself where nothing was ranked. skip is set for the row. */
static void fill(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, struct rec_top *top, struct rec_topn_counts *counts)
{
	const struct rec_popular *p = t->o.popular;
	uint32_t i, ranked = top->n;
	float score;

	for (i = 0; i < p->n && top->n < t->depth; i++) {
		if (sc->skip[p->item[i]] || !is_candidate(q, p->item[i]) || listed(top, ranked, p->item[i]))
			continue;
		score = ranked ? below(top->entry[top->n - 1].score) : p->score[i];
		top->entry[top->n++] = (struct rec_ranked){ p->item[i], score };
		counts->filled++;
	}
}

static void count(const struct rec_topn *t, const struct rec_query *q, const struct rec_top *top, bool live, struct rec_topn_counts *c)
{
	c->rows++;
	c->answered += top->n > 0;
	c->entries += top->n;
	c->cold += !live;
	c->empty += live && top->n == 0;
	c->shorter += live && top->n > 0 && top->n < t->o.n;
	c->bare += !t->o.keep_seen && !t->s->similar && live && q->n == 0 && q->nseen == 0 && top->n > 0;
}

/* Sort, check and complete one list. */
static int finish(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, bool live, struct rec_top *top,
		  struct rec_topn_counts *counts, struct rec_err *e)
{
	bool more = live ? t->o.fill : t->o.cold == REC_COLD_POPULAR;

	if (!live && t->o.cold == REC_COLD_FAIL)
		return rec_err_set(e, REC_EDATA, "row '%.*s': no model can score it (--cold fail)", (int)(q->label_len < 200 ? q->label_len : 200),
				   q->label);
	rec_top_sort(top);
	if (top->n && (isinf(top->entry[0].score) || isinf(top->entry[top->n - 1].score)))
		return not_a_number(q, e);
	if (more && top->n < t->depth) {
		set_skip(t, sc, q, 1);
		fill(t, sc, q, top, counts);
		set_skip(t, sc, q, 0);
	}
	count(t, q, top, live, counts);
	return 0;
}

/* Scores of a row that is not for the tiles. */
static int rank_one(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, struct rec_top *top, struct rec_err *e)
{
	int rc;

	set_skip(t, sc, q, 1);
	rc = q->has_candidates ? rank_candidates(t, sc, q, top) : rank_row(t, sc, top);
	set_skip(t, sc, q, 0);
	return rc ? not_a_number(q, e) : 0;
}

int rec_topn_answer(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q, uint32_t nq, struct rec_top *list,
		    struct rec_topn_counts *counts, struct rec_err *e)
{
	uint32_t i, m = 0;
	int live;

	if (t->tiled)
		sc->out_ptr[0] = 0;
	for (i = 0; i < nq; i++) {
		list[i] = (struct rec_top){ .entry = list[i].entry, .cap = t->depth, .room = rec_topn_room(t) };
		if ((live = rec_scorer_begin(t->s, sc->score, &q[i], e)) < 0)
			return -1;
		sc->live[i] = live;
		if (!live || t->depth == 0)
			continue;
		if (!t->tiled || q[i].has_candidates) {
			if (rank_one(t, sc, &q[i], &list[i], e))
				return -1;
			continue;
		}
		memcpy(sc->q + (size_t)m * vector_length(t), rec_scorer_vector(sc->score, 0), only(t)->k * sizeof *sc->q);
		sc->slot_query[m] = i;
		if (left_out(t, sc, &q[i], m, e))
			return -1;
		m++;
	}
	if (t->tiled && rank_tiles(t, sc, m, q, list, e))
		return -1;
	for (i = 0; i < nq; i++)
		if (finish(t, sc, &q[i], sc->live[i], &list[i], counts, e))
			return -1;
	return 0;
}

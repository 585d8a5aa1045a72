/* SPDX-License-Identifier: MIT */
/*
 * topn/topn.c - from rows to lists.
 *
 * Each row of a batch is begun, its items are scored, and those that may be
 * listed are offered to its buffer, which is sorted and completed at the end.
 * Items are scored in tiles for the whole batch (topn/tiles.c) or row by row
 * (rank_row). Both offer the same items with the same bits.
 */
#include "topn/topn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "base/search.h"
#include "score/explain.h"
#include "topn/tiles.h"

struct rec_topn {
	const struct rec_scorer *s;
	struct rec_topn_opts o;
	bool tiled;			/* scores are products with one table */
	struct rec_tiles tiles;
};

/* What the models say of a row of the batch. */
struct verdict {
	bool live;			/* it has scores that order items */
	bool flat;			/* one score for every item */
	bool cut;			/* rec_scorer_is_cut */
};

struct rec_topn_scratch {
	struct rec_topn_how how;
	uint32_t depth;			/* entries that a list can have */
	struct rec_score_scratch *score;
	unsigned char *skip;		/* by item: not to be listed for the row at hand */
	struct rec_tile_scratch tile;
	double *term;			/* of a history that is explained */
	size_t term_cap;
	struct rec_reason *reason;	/* as many as the options ask for */
	struct verdict verdict[REC_TOPN_BATCH];
};

int rec_topn_new(struct rec_topn **out, const struct rec_scorer *s, const struct rec_topn_opts *o,
		 struct rec_err *e)
{
	struct rec_topn *t = rec_zalloc(1, sizeof *t, e);

	*out = NULL;
	if (!t)
		return -1;
	t->s = s;
	t->o = *o;
	if (o->explain && rec_scorer_can_explain(s, e) != 0) {
		free(t);
		return -1;
	}
	t->tiled = rec_scorer_table(s) != NULL;
	if (t->tiled &&
	    rec_tiles_new(&t->tiles, s,
			  &(struct rec_tiles_opts){ o->allowed, o->keep_seen, o->few, o->n },
			  e) != 0) {
		free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void rec_topn_free(struct rec_topn *t)
{
	if (!t)
		return;
	rec_tiles_free(&t->tiles);
	free(t);
}

const struct rec_scorer *rec_topn_scorer(const struct rec_topn *t)
{
	return t->s;
}

bool rec_topn_keeps_seen(const struct rec_topn *t)
{
	return t->o.keep_seen;
}

bool rec_topn_knows_popular(const struct rec_topn *t)
{
	return t->o.popular != NULL;
}

static uint32_t depth_of(const struct rec_topn *t, uint32_t n)
{
	return n < t->s->items.n ? n : t->s->items.n;
}

uint32_t rec_topn_depth(const struct rec_topn *t)
{
	return depth_of(t, t->o.n);
}

uint32_t rec_topn_room_for(const struct rec_topn *t, uint32_t n)
{
	return rec_top_room(depth_of(t, n), t->s->items.n);
}

uint32_t rec_topn_room(const struct rec_topn *t)
{
	return rec_topn_room_for(t, t->o.n);
}

uint32_t rec_topn_tiled(const struct rec_topn *t)
{
	return t->tiled ? t->tiles.n : REC_NONE;
}

uint64_t rec_topn_size(const struct rec_topn *t, unsigned threads)
{
	uint64_t each = t->s->items.n + rec_score_scratch_size(t->s) +
			(uint64_t)REC_TOPN_BATCH * rec_topn_room(t) * sizeof(struct rec_best);

	if (!t->tiled)
		return each * threads;
	return (each + rec_tile_scratch_size(&t->tiles, REC_TOPN_BATCH)) * threads +
	       rec_tiles_size(&t->tiles);
}

/* skip starts as what no list may hold. */
static int skip_new(struct rec_topn_scratch *sc, const struct rec_topn *t, struct rec_err *e)
{
	sc->skip = rec_zalloc((size_t)t->s->items.n + 1, 1, e);
	if (!sc->skip)
		return -1;
	for (uint32_t i = 0; t->o.allowed && i < t->s->items.n; i++)
		sc->skip[i] = !t->o.allowed[i];
	return 0;
}

int rec_topn_scratch_new(struct rec_topn_scratch **out, const struct rec_topn *t, struct rec_err *e)
{
	struct rec_topn_scratch *sc = rec_zalloc(1, sizeof *sc, e);

	*out = NULL;
	if (!sc)
		return -1;
	sc->reason = rec_alloc((size_t)t->o.explain + 1, sizeof *sc->reason, e);
	if (!sc->reason || rec_score_scratch_new(&sc->score, t->s, e) != 0 ||
	    skip_new(sc, t, e) != 0 ||
	    (t->tiled && rec_tile_scratch_new(&sc->tile, &t->tiles, REC_TOPN_BATCH, e) != 0)) {
		rec_topn_scratch_free(sc);
		return -1;
	}
	rec_topn_ask(sc, t, &(struct rec_topn_how){ t->o.n, t->o.cold, t->o.fill });
	*out = sc;
	return 0;
}

void rec_topn_ask(struct rec_topn_scratch *sc, const struct rec_topn *t,
		  const struct rec_topn_how *how)
{
	sc->how = *how;
	sc->depth = depth_of(t, how->n);
}

int rec_topn_explain(const struct rec_topn *t, struct rec_topn_scratch *sc,
		     const struct rec_query *q, uint32_t item, const struct rec_reason **reason,
		     uint32_t *n, struct rec_err *e)
{
	*n = 0;
	*reason = sc->reason;
	if (t->o.explain == 0)
		return 0;
	if (rec_grow(&sc->term, &sc->term_cap, (size_t)q->n + 1, sizeof *sc->term, e) != 0)
		return -1;
	return rec_topn_reasons(
		t, sc, q, &(struct rec_topn_why){ item, t->o.explain, sc->term, sc->reason, n }, e);
}

struct rec_score_scratch *rec_topn_score_scratch(struct rec_topn_scratch *sc)
{
	return sc->score;
}

void rec_topn_scratch_free(struct rec_topn_scratch *sc)
{
	if (!sc)
		return;
	rec_score_scratch_free(sc->score);
	free(sc->skip);
	rec_tile_scratch_free(&sc->tile);
	free(sc->term);
	free(sc->reason);
	free(sc);
}

/* Item of the row's own label, which is never similar to itself. */
static uint32_t self(const struct rec_topn *t, const struct rec_query *q)
{
	return t->s->similar ? rec_scorer_item(t->s, q->label, q->label_len) : REC_NONE;
}

/* What is not allowed stays skipped. */
static void set_one(const struct rec_topn *t, struct rec_topn_scratch *sc, uint32_t item, bool on)
{
	sc->skip[item] = on || (t->o.allowed && !t->o.allowed[item]);
}

/* Set or clear skip for what the row leaves out. */
static void set_skip(const struct rec_topn *t, struct rec_topn_scratch *sc,
		     const struct rec_query *q, bool on)
{
	uint32_t item = self(t, q);

	for (uint32_t i = 0; !t->o.keep_seen && !q->keep_history && i < q->n; i++)
		set_one(t, sc, q->item[i], on);
	for (uint32_t i = 0; !t->o.keep_seen && i < q->nseen; i++)
		set_one(t, sc, q->seen[i], on);
	if (item != REC_NONE)
		set_one(t, sc, item, on);
}

static int row_fail(bool similar, const struct rec_query *q, const char *what, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "%s '%.*s': %s", similar ? "item" : "user",
			   REC_LABEL(q->label, q->label_len), what);
}

static int not_a_number(const struct rec_topn *t, const struct rec_query *q, struct rec_err *e)
{
	return row_fail(t->s->similar, q, "a score is not a finite number", e);
}

/* false where the score is not a number. */
static bool offer(struct rec_top *top, uint32_t item, float score)
{
	if (isnan(score))
		return false;
	rec_top_push(top, item, score);
	return true;
}

/*
 * Offer all that one row scores and may list; skip is set for the row. Returns
 * whether every score is a number.
 */
static bool rank_row(const struct rec_topn *t, struct rec_topn_scratch *sc, struct rec_top *top)
{
	struct rec_scores x;

	rec_scorer_row(t->s, sc->score, &x);
	for (uint32_t i = 0; i < x.n; i++) {
		uint32_t c = x.touched ? x.touched[i] : i, item;

		if (!x.touched && x.hit && !x.hit[c])
			continue;
		if (x.score[c] < rec_top_bound(top))	/* not NaN then, and nothing to look up */
			continue;
		item = rec_mapped(x.candidate_to_item, c);
		if (!sc->skip[item] && !offer(top, item, x.score[c]))
			return false;
	}
	return true;
}

/*
 * The score of one item: looked up in x, or computed where there are tiles.
 * false where it has none.
 */
static bool score_of(const struct rec_topn *t, struct rec_topn_scratch *sc,
		     const struct rec_scores *x, uint32_t item, float *score)
{
	uint32_t c;

	if (t->tiled)
		return rec_scorer_pair(t->s, sc->score, item, score);
	c = rec_mapped(x->item_to_candidate, item);
	if (c == REC_NONE || (x->hit && !x->hit[c]))
		return false;
	*score = x->score[c];
	return true;
}

/*
 * Offer the candidates that a row came with, and no other items. Returns
 * whether every score is a number.
 */
static bool rank_candidates(const struct rec_topn *t, struct rec_topn_scratch *sc,
			    const struct rec_query *q, struct rec_top *top)
{
	struct rec_scores x = { 0 };
	float score;

	if (!t->tiled)
		rec_scorer_row(t->s, sc->score, &x);
	for (uint32_t i = 0; i < q->ncandidates; i++)
		if (!sc->skip[q->candidate[i]] && score_of(t, sc, &x, q->candidate[i], &score) &&
		    !offer(top, q->candidate[i], score))
			return false;
	return true;
}

/* A score below x: by 1, or by more where float32 cannot show that. */
static float below(float x)
{
	float step = fabsf(x) * 0x1p-20f;

	return x - (step > 1 ? step : 1);
}

static bool listed(const struct rec_top *top, uint32_t n, uint32_t item)
{
	for (uint32_t i = 0; i < n; i++)
		if (top->entry[i].item == item)
			return true;
	return false;
}

static bool is_candidate(const struct rec_query *q, uint32_t item)
{
	uint64_t at = rec_search32(q->candidate, 0, q->ncandidates, item);

	return !q->has_candidates || (at < q->ncandidates && q->candidate[at] == item);
}

/*
 * Complete a sorted list by popularity. What is added gets scores below the
 * last one that was ranked; popularity itself, if nothing was. skip is set for
 * the row.
 */
static void fill(const struct rec_topn *t, struct rec_topn_scratch *sc, const struct rec_query *q,
		 struct rec_top *top, struct rec_topn_counts *counts)
{
	const struct rec_popular *p = t->o.popular;
	uint32_t ranked = top->n;

	for (uint32_t i = 0; i < p->n && top->n < sc->depth; i++) {
		float score;

		if (sc->skip[p->item[i]] || !is_candidate(q, p->item[i]) ||
		    listed(top, ranked, p->item[i]))
			continue;
		score = ranked ? below(top->entry[top->n - 1].score) : p->score[i];
		top->entry[top->n++] = (struct rec_best){ p->item[i], score };
		counts->filled++;
	}
}

static void count(const struct rec_topn *t, const struct rec_query *q, const struct rec_top *top,
		  uint32_t want, const struct verdict *v, struct rec_topn_counts *c)
{
	c->rows++;
	c->answered += top->n > 0;
	c->entries += top->n;
	c->cold += !v->live;
	c->flat += v->flat;
	c->empty += v->live && top->n == 0;
	c->shorter += v->live && top->n > 0 && top->n < want;
	c->bare += !t->o.keep_seen && !t->s->similar && v->live && q->n == 0 && q->nseen == 0 &&
		   top->n > 0;
}

/*
 * A row of a cut table lacks some cells. Those above 0 that it has are the best
 * in any case (score/similar.h). A list that needs more of them is refused, and
 * so is a sum over cut tables: a cell that one of them lacks is not 0.
 */
static int check_cut(const struct rec_topn *t, const struct rec_query *q, const struct rec_top *top,
		     uint32_t want, struct rec_err *e)
{
	uint32_t sure = 0;

	if (!t->s->alone)
		return rec_err_set(e, REC_EDATA,
				   "'%.*s': a table was cut by rec-sim -n, so scores of it cannot "
				   "be scaled or added up; make it with -n 0",
				   REC_LABEL(q->label, q->label_len));
	while (sure < top->n && top->entry[sure].score > 0)
		sure++;
	if (sure == want)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "'%.*s': the table was cut by rec-sim -n, and of the %lu best it holds "
			   "%lu for certain; make it with a larger -n (0 keeps all)",
			   REC_LABEL(q->label, q->label_len), (unsigned long)want,
			   (unsigned long)sure);
}

/* Row i of the batch is ranked: check its list, sort and complete it. */
static int finish(const struct rec_topn *t, struct rec_topn_scratch *sc, uint32_t i,
		  const struct rec_query *q, struct rec_top *top, struct rec_topn_counts *counts,
		  struct rec_err *e)
{
	const struct verdict *v = &sc->verdict[i];
	bool more = v->live ? sc->how.fill : sc->how.cold == REC_COLD_POPULAR;

	if (!v->live && sc->how.cold == REC_COLD_FAIL)
		return row_fail(t->s->similar, q, "no model can score it (--cold fail)", e);
	rec_top_sort(top);
	if (top->n && (isinf(top->entry[0].score) || isinf(top->entry[top->n - 1].score)))
		return not_a_number(t, q, e);
	if (v->cut && check_cut(t, q, top, sc->how.n, e) != 0)
		return -1;
	if (more && top->n < sc->depth) {
		set_skip(t, sc, q, true);
		fill(t, sc, q, top, counts);
		set_skip(t, sc, q, false);
	}
	count(t, q, top, sc->how.n, v, counts);
	return 0;
}

/* A row that the tiles do not take. */
static int rank_one(const struct rec_topn *t, struct rec_topn_scratch *sc,
		    const struct rec_query *q, struct rec_top *top, struct rec_err *e)
{
	bool numbers;

	set_skip(t, sc, q, true);
	numbers = q->has_candidates ? rank_candidates(t, sc, q, top) : rank_row(t, sc, top);
	set_skip(t, sc, q, false);
	return numbers ? 0 : not_a_number(t, q, e);
}

/* Row i of the batch is ranked at once, or given to the tiles. */
static int begin(const struct rec_topn *t, struct rec_topn_scratch *sc, uint32_t i,
		 const struct rec_query *q, struct rec_top *top, struct rec_err *e)
{
	struct verdict *v = &sc->verdict[i];
	int live = rec_scorer_begin(t->s, sc->score, q, e);

	if (live < 0)
		return -1;
	v->flat = live && rec_scorer_flat(t->s, sc->score);
	v->live = live && !v->flat;
	v->cut = v->live && rec_scorer_is_cut(sc->score);
	*top = (struct rec_top){ .entry = top->entry,
				 .cap = sc->depth,
				 .room = rec_top_room(sc->depth, t->s->items.n) };
	if (!v->live || sc->depth == 0)
		return 0;
	if (!t->tiled || q->has_candidates)
		return rank_one(t, sc, q, top, e);
	return rec_tiles_add(&t->tiles, &sc->tile, i, q, self(t, q), rec_scorer_vector(sc->score),
			     e);
}

int rec_topn_answer(const struct rec_topn *t, struct rec_topn_scratch *sc,
		    const struct rec_query *q, uint32_t nq, struct rec_top *list,
		    struct rec_topn_counts *counts, struct rec_err *e)
{
	uint32_t bad = REC_NONE;

	if (t->tiled)
		rec_tiles_begin(&sc->tile);
	for (uint32_t i = 0; i < nq; i++)
		if (begin(t, sc, i, &q[i], &list[i], e) != 0)
			return -1;
	if (t->tiled)
		bad = rec_tiles_rank(&t->tiles, &sc->tile, list);
	if (bad != REC_NONE)
		return not_a_number(t, &q[bad], e);
	for (uint32_t i = 0; i < nq; i++)
		if (finish(t, sc, i, &q[i], &list[i], counts, e) != 0)
			return -1;
	return 0;
}

bool rec_topn_was_cold(const struct rec_topn_scratch *sc, uint32_t i)
{
	return !sc->verdict[i].live;
}

/* SPDX-License-Identifier: MIT */
/*
 * score/row.c - scores of one row. Every model begins the row once (a stored
 * vector, a folded one, rows of a similarity); then all candidates are scored,
 * or single ones, by the same chains of operations. What a model does is in the
 * file of its kind; here stands what becomes of several.
 */
#include "score/row.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "score/kind.h"
#include "score/part.h"

struct rec_score_scratch {
	struct rec_part_scratch *part;
	size_t nparts;
	struct rec_score_sum sum;	/* of a blend, by item */
	struct rec_best *ranked;	/* for REC_SCALE_RANK */
};

static bool wants_sum(const struct rec_scorer_part *p)
{
	return p->blend || !p->kind->light;
}

static int part_scratch_new(struct rec_part_scratch *ps, const struct rec_scorer_part *p,
			    struct rec_err *e)
{
	ps->own = rec_zalloc(1, p->kind->scratch_size, e);
	if (!ps->own)
		return -1;
	ps->kind = p->kind;
	if (p->kind->scratch_new && p->kind->scratch_new(ps, p, e) != 0)
		return -1;
	return wants_sum(p) ? rec_score_sum_new(&ps->sum, p->ncand, e) : 0;
}

static void part_scratch_free(struct rec_part_scratch *ps)
{
	if (ps->kind && ps->kind->scratch_free)
		ps->kind->scratch_free(ps);
	free(ps->own);
	rec_score_sum_free(&ps->sum);
}

static int fill_scratch(struct rec_score_scratch *sc, const struct rec_scorer *s, struct rec_err *e)
{
	sc->part = rec_zalloc(s->nparts, sizeof *sc->part, e);
	if (!sc->part)
		return -1;
	sc->nparts = s->nparts;
	for (size_t i = 0; i < s->nparts; i++)
		if (part_scratch_new(&sc->part[i], &s->part[i], e) != 0)
			return -1;
	if (s->blend && rec_score_sum_new(&sc->sum, s->items.n, e) != 0)
		return -1;
	if (s->scale != REC_SCALE_RANK)
		return 0;
	sc->ranked = rec_alloc((size_t)s->items.n + 1, sizeof *sc->ranked, e);
	return sc->ranked ? 0 : -1;
}

int rec_score_scratch_new(struct rec_score_scratch **out, const struct rec_scorer *s,
			  struct rec_err *e)
{
	struct rec_score_scratch *sc = rec_zalloc(1, sizeof *sc, e);

	*out = NULL;
	if (!sc)
		return -1;
	if (fill_scratch(sc, s, e) != 0) {
		rec_score_scratch_free(sc);
		return -1;
	}
	*out = sc;
	return 0;
}

void rec_score_scratch_free(struct rec_score_scratch *sc)
{
	if (!sc)
		return;
	for (size_t i = 0; i < sc->nparts; i++)
		part_scratch_free(&sc->part[i]);
	rec_score_sum_free(&sc->sum);
	free(sc->part);
	free(sc->ranked);
	free(sc);
}

uint64_t rec_score_scratch_size(const struct rec_scorer *s)
{
	uint64_t size = s->blend ? rec_score_sum_bytes(s->items.n) : 0;

	for (size_t i = 0; i < s->nparts; i++)
		size += wants_sum(&s->part[i]) ? rec_score_sum_bytes(s->part[i].ncand) : 0;
	if (s->scale == REC_SCALE_RANK)
		size += sizeof(struct rec_best) * (uint64_t)s->items.n;
	return size;
}

/* item: of the row's label, of similar items. 1, 0, -1. */
static int begin_part(const struct rec_scorer *s, const struct rec_scorer_part *p,
		      struct rec_part_scratch *ps, const struct rec_query *q, uint32_t item,
		      struct rec_err *e)
{
	uint32_t row;

	if (p->weight == 0)		/* taken out of the blend: what it scores is not a score */
		return 0;
	if (!s->similar)
		return p->kind->begin(p, ps, q, e);
	row = item != REC_NONE && p->kind->like ? rec_mapped(p->item_to_row, item) : REC_NONE;
	return row != REC_NONE ? p->kind->like(p, ps, row, e) : 0;
}

int rec_scorer_begin(const struct rec_scorer *s, struct rec_score_scratch *sc,
		     const struct rec_query *q, struct rec_err *e)
{
	uint32_t item = s->similar ? rec_scorer_item(s, q->label, q->label_len) : REC_NONE;
	int live = 0;

	for (size_t i = 0; i < s->nparts; i++) {
		struct rec_part_scratch *ps = &sc->part[i];
		int rc;

		ps->cut = false;
		rc = begin_part(s, &s->part[i], ps, q, item, e);
		if (rc < 0)
			return -1;
		ps->live = rc > 0;
		live |= rc;
	}
	return live;
}

struct rec_part_scratch *rec_score_scratch_part(struct rec_score_scratch *sc, size_t i)
{
	return &sc->part[i];
}

bool rec_scorer_is_cut(const struct rec_score_scratch *sc)
{
	for (size_t i = 0; i < sc->nparts; i++)
		if (sc->part[i].cut)
			return true;
	return false;
}

bool rec_scorer_flat(const struct rec_scorer *s, const struct rec_score_scratch *sc)
{
	bool live = false;

	for (size_t i = 0; i < s->nparts && !s->similar; i++) {
		const struct rec_scorer_part *p = &s->part[i];

		if (!sc->part[i].live)
			continue;
		live = true;
		if (!p->kind->flat || !p->kind->flat(p, &sc->part[i]))
			return false;
	}
	return live;
}

const struct rec_factor_table *rec_scorer_table(const struct rec_scorer *s)
{
	const struct rec_scorer_part *p = &s->part[0];

	return !s->blend && p->kind->table ? p->kind->table(p) : NULL;
}

const float *rec_scorer_vector(const struct rec_score_scratch *sc)
{
	return sc->part[0].kind->vector(&sc->part[0]);
}

static void score_part(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		       struct rec_scores *out)
{
	*out = (struct rec_scores){ .score = ps->sum.score,
				    .n = p->ncand,
				    .candidate_to_item = p->candidate_to_item,
				    .item_to_candidate = p->item_to_candidate };
	p->kind->row(p, ps, out);
}

static void blend_part(const struct rec_scorer_part *p, const struct rec_scores *x,
		       struct rec_score_sum *sum)
{
	if (!x->touched && !x->hit) {
		sum->ntouched = p->run->kernel->scatter(sum->score, sum->hit, sum->touched,
							sum->ntouched, p->weight,
							p->candidate_to_item, x->score, x->n);
		return;
	}
	for (uint32_t i = 0; i < x->n; i++) {
		uint32_t c = x->touched ? x->touched[i] : i;

		if (!x->touched && x->hit && !x->hit[c])
			continue;
		rec_score_sum_add(sum, rec_mapped(p->candidate_to_item, c), p->weight, x->score[c]);
	}
}

void rec_scorer_row(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    struct rec_scores *out)
{
	struct rec_scores x;

	if (!s->blend) {
		score_part(&s->part[0], &sc->part[0], out);
		return;
	}
	rec_score_sum_clear(&sc->sum);
	for (size_t i = 0; i < s->nparts; i++)
		if (sc->part[i].live) {
			score_part(&s->part[i], &sc->part[i], &x);
			rec_scale_apply(s->scale, sc->part[i].sum.score, x.hit, s->part[i].ncand,
					sc->ranked);
			blend_part(&s->part[i], &x, &sc->sum);
		}
	*out = (struct rec_scores){ .score = sc->sum.score,
				    .hit = sc->sum.hit,
				    .touched = sc->sum.touched,
				    .n = sc->sum.ntouched };
}

static bool pair_of(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
		    uint32_t item, float *score)
{
	uint32_t c = rec_mapped(p->item_to_candidate, item);

	return ps->live && c != REC_NONE && p->kind->pair(p, ps, c, score);
}

bool rec_scorer_pair(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item,
		     float *score)
{
	bool found = false;
	float x, sum = 0;

	assert(s->scale == REC_SCALE_RAW);
	if (item == REC_NONE)
		return false;
	if (!s->blend)
		return pair_of(&s->part[0], &sc->part[0], item, score);
	for (size_t i = 0; i < s->nparts; i++)
		if (pair_of(&s->part[i], &sc->part[i], item, &x)) {
			sum = fmaf(s->part[i].weight, x, sum);
			found = true;
		}
	*score = sum;
	return found;
}

/* Rows of the table, of the items that have one; at[] says which those are. */
static uint32_t table_rows(const struct rec_scorer *s, const uint32_t *item, uint32_t n,
			   uint32_t *row, uint32_t *at)
{
	const struct rec_factor_table *t = rec_scorer_table(s);
	uint32_t m = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t c;

		if (item[i] == REC_NONE)
			continue;
		c = rec_mapped(s->part[0].item_to_candidate, item[i]);
		if (c == REC_NONE || (t->usable && !t->usable[c]))
			continue;
		for (uint32_t f = 0; f < t->k; f += REC_LANES)
			__builtin_prefetch(t->val + (size_t)c * t->ld + f);
		row[m] = c;
		at[m++] = i;
	}
	return m;
}

uint32_t rec_scorer_pairs(const struct rec_scorer *s, struct rec_score_scratch *sc,
			  const uint32_t *item, uint32_t n, float *score)
{
	const struct rec_factor_table *t = rec_scorer_table(s);
	const float *vector = t && sc->part[0].live ? rec_scorer_vector(sc) : NULL;
	uint32_t row[REC_LANES], at[REC_LANES], m, found = 0;
	float product[REC_LANES];

	assert(n <= REC_LANES);
	if (!t || !vector || n == 1) {
		for (uint32_t i = 0; i < n; i++)
			found |= (uint32_t)rec_scorer_pair(s, sc, item[i], &score[i]) << i;
		return found;
	}
	m = table_rows(s, item, n, row, at);
	if (m > 0)
		s->run->kernel->scores_at(product, vector, t->val, t->ld, row, m, t->k);
	for (uint32_t j = 0; j < m; j++) {
		if (t->mean != 0)
			product[j] = product[j] + t->mean;
		score[at[j]] = rec_part_with_offset(&s->part[0], row[j], product[j]);
		found |= UINT32_C(1) << at[j];
	}
	return found;
}

bool rec_scorer_knows(const struct rec_scorer *s, uint32_t item)
{
	for (size_t i = 0; i < s->nparts && item != REC_NONE; i++) {
		const struct rec_scorer_part *p = &s->part[i];

		if ((p->biased || p->offset) && rec_mapped(p->item_to_candidate, item) != REC_NONE)
			return true;
	}
	return false;
}

static float prior_of(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
		      uint32_t item)
{
	uint32_t c = item == REC_NONE ? REC_NONE : rec_mapped(p->item_to_candidate, item);
	float x = p->kind->prior ? p->kind->prior(p, ps, c) : 0;

	return c == REC_NONE ? x : rec_part_with_offset(p, c, x);
}

float rec_scorer_prior(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item)
{
	float sum = 0;

	if (!s->blend)
		return prior_of(&s->part[0], &sc->part[0], item);
	for (size_t i = 0; i < s->nparts; i++)
		sum = fmaf(s->part[i].weight, prior_of(&s->part[i], &sc->part[i], item), sum);
	return sum;
}

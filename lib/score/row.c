/* SPDX-License-Identifier: MIT */
/*
 * score/row.c - scores of one row. Begin looks the row up in every model once
 * (stored vector, folded vector, history rows); then either all candidates are
 * scored (rec_scorer_row, here) or single ones (rec_scorer_pair, in
 * score/pair.c), by the same chains of operations.
 *
 * A sparse accumulator remembers which candidates it touched, so that a row
 * costs what its history touches and not the size of the catalogue.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/label_index.h"
#include "score/private.h"

static size_t lanes(uint32_t n)
{
	return rec_round_up(n, REC_LANES);
}

static int accumulator_new(struct rec_part_scratch *ps, uint32_t n, struct rec_err *e)
{
	if (!(ps->score = rec_zalloc(lanes(n) + REC_LANES, sizeof *ps->score, e)) ||
	    !(ps->hit = rec_zalloc((size_t)n + 1, 1, e)) ||
	    !(ps->touched = rec_alloc((size_t)n + 1, sizeof *ps->touched, e)))
		return -1;
	return 0;
}

static int part_scratch_new(struct rec_part_scratch *ps, const struct rec_scorer *s,
			    const struct rec_scorer_part *p, struct rec_err *e)
{
	if (p->kind == REC_PART_FACTORS) {
		if (!(ps->folded = rec_zalloc(lanes(p->ld) + REC_LANES, sizeof *ps->folded, e)))
			return -1;
		if (p->foldin && rec_foldin_scratch_new(&ps->foldin, p->foldin, e))
			return -1;
		/*
		 * whoever ranks a single factor model scores tiles of it; see
		 * topn.c
		 */
		if (!s->blend)
			return 0;
	}
	if (p->kind == REC_PART_OFFSET && !s->blend)
		return 0;
	return accumulator_new(ps, p->ncand, e);
}

int rec_score_scratch_new(struct rec_score_scratch **out, const struct rec_scorer *s,
			  struct rec_err *e)
{
	struct rec_score_scratch *sc = rec_zalloc(1, sizeof *sc, e);
	size_t i;

	*out = NULL;
	if (!sc)
		return -1;
	sc->nparts = s->nparts;
	if (!(sc->part = rec_zalloc(s->nparts, sizeof *sc->part, e)))
		goto fail;
	for (i = 0; i < s->nparts; i++)
		if (part_scratch_new(&sc->part[i], s, &s->part[i], e))
			goto fail;
	if (s->blend && accumulator_new(&sc->sum, s->items.n, e))
		goto fail;
	if (s->scale == REC_SCALE_RANK &&
	    !(sc->ranked = rec_alloc((size_t)s->items.n + 1, sizeof *sc->ranked, e)))
		goto fail;
	*out = sc;
	return 0;
fail:
	rec_score_scratch_free(sc);
	return -1;
}

static void part_scratch_free(struct rec_part_scratch *ps)
{
	rec_foldin_scratch_free(ps->foldin);
	free(ps->folded);
	free(ps->hist);
	free(ps->weight);
	free(ps->score);
	free(ps->hit);
	free(ps->touched);
}

void rec_score_scratch_free(struct rec_score_scratch *sc)
{
	size_t i;

	if (!sc)
		return;
	for (i = 0; sc->part && i < sc->nparts; i++)
		part_scratch_free(&sc->part[i]);
	part_scratch_free(&sc->sum);
	free(sc->part);
	free(sc->ranked);
	free(sc);
}

uint64_t rec_score_scratch_size(const struct rec_scorer *s)
{
	uint64_t per = sizeof(float) + sizeof(uint32_t) + 1, size = 0;
	size_t i;

	for (i = 0; i < s->nparts; i++)
		if (s->blend ||
		    (s->part[i].kind != REC_PART_FACTORS && s->part[i].kind != REC_PART_OFFSET))
			size += per * s->part[i].ncand;
	if (s->blend)
		size += per * s->items.n;
	if (s->scale == REC_SCALE_RANK)
		size += sizeof(struct rec_best) * (uint64_t)s->items.n;
	return size;
}

static uint32_t find_user(const struct rec_scorer_part *p, const struct rec_labels *l,
			  const struct rec_query *q)
{
	return p->users ? rec_label_index_find(p->users, q->label, q->label_len) :
			  rec_labels_find(l, q->label, q->label_len);
}

/*
 * History rows that model p knows, with their raw values, or with weights other
 * than 0.
 */
static int history(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		   const struct rec_query *q, bool raw, struct rec_err *e)
{
	uint32_t i, row;
	float w;

	ps->nhist = 0;
	if (rec_grow(&ps->hist, &ps->hist_cap, (size_t)q->n + 1, sizeof *ps->hist, e) ||
	    rec_grow(&ps->weight, &ps->weight_cap, (size_t)q->n + 1, sizeof *ps->weight, e))
		return -1;
	for (i = 0; i < q->n; i++) {
		if ((row = rec_mapped(p->item_to_row, q->item[i])) == REC_NONE)
			continue;
		w = raw ? q->value[i] : rec_transform_weight(&p->transform, q->value[i]);
		if (!raw && w == 0)
			continue;
		ps->hist[ps->nhist] = row;
		ps->weight[ps->nhist++] = w;
	}
	return 0;
}

/*
 * The row's label is an item: its own vector, or itself as the whole history.
 */
static int begin_similar(const struct rec_scorer *s, const struct rec_scorer_part *p,
			 struct rec_part_scratch *ps, const struct rec_query *q, struct rec_err *e)
{
	uint32_t item = rec_scorer_item(s, q->label, q->label_len), row;

	if (item == REC_NONE || p->kind == REC_PART_OFFSET ||
	    (row = rec_mapped(p->item_to_row, item)) == REC_NONE)
		return 0;
	if (p->kind == REC_PART_FACTORS) {
		ps->vector = p->usable && !p->usable[row] ? NULL : p->table + (size_t)row * p->ld;
		ps->live = ps->vector;
		return 0;
	}
	if (rec_grow(&ps->hist, &ps->hist_cap, 1, sizeof *ps->hist, e) ||
	    rec_grow(&ps->weight, &ps->weight_cap, 1, sizeof *ps->weight, e))
		return -1;
	ps->hist[0] = row;
	ps->weight[0] = 1;
	ps->cut = p->cut && p->cut[row];
	ps->nhist = 1;
	ps->live = true;
	return 0;
}

/*
 * A vector of zeros, of a user without any pair above 0, says nothing: its
 * scores are equal, and the list would be the first labels.
 */
static bool directed(const float *x, uint32_t k)
{
	uint32_t i = 0;

	while (i < k && x[i] == 0)
		i++;
	return i < k;
}

static int begin_factors(const struct rec_scorer *s, const struct rec_scorer_part *p,
			 struct rec_part_scratch *ps, const struct rec_query *q, struct rec_err *e)
{
	uint32_t user = s->fold_in ? REC_NONE : find_user(p, &p->model->user.row, q);

	ps->vector = NULL;
	if (user != REC_NONE) {
		ps->vector = p->model->user.val + (size_t)user * p->model->user.ncols;
	} else if (p->foldin) {
		if (history(p, ps, q, true, e))
			return -1;
		if (ps->nhist) {
			if (rec_foldin_solve(p->foldin, ps->foldin, ps->hist, ps->weight, ps->nhist,
					     ps->folded, e))
				return -1;
			ps->vector = ps->folded;
		}
	}
	if (ps->vector && !directed(ps->vector, p->k))
		ps->vector = NULL;
	ps->live = ps->vector;
	return 0;
}

static int begin_part(const struct rec_scorer *s, const struct rec_scorer_part *p,
		      struct rec_part_scratch *ps, const struct rec_query *q, struct rec_err *e)
{
	ps->live = ps->cut = false;
	ps->vector = NULL;
	if (p->weight == 0) /* taken out of the blend: what it scores is not a score */
		return 0;
	if (s->similar)
		return begin_similar(s, p, ps, q, e);
	switch (p->kind) {
	case REC_PART_FACTORS: return begin_factors(s, p, ps, q, e);
	case REC_PART_SPARSE:
	case REC_PART_DENSE:
		if (history(p, ps, q, false, e))
			return -1;
		ps->live = ps->nhist > 0;
		return 0;
	case REC_PART_USERS:
		ps->user = find_user(p, &p->model->row, q);
		ps->live = ps->user != REC_NONE;
		return 0;
	case REC_PART_OFFSET: ps->live = true;
	}
	return 0;
}

int rec_scorer_begin(const struct rec_scorer *s, struct rec_score_scratch *sc,
		     const struct rec_query *q, struct rec_err *e)
{
	int live = 0;
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		if (begin_part(s, &s->part[i], &sc->part[i], q, e))
			return -1;
		live |= sc->part[i].live;
	}
	return live;
}

bool rec_scorer_is_cut(const struct rec_score_scratch *sc)
{
	for (size_t i = 0; i < sc->nparts; i++)
		if (sc->part[i].cut)
			return true;
	return false;
}

const float *rec_scorer_vector(const struct rec_score_scratch *sc, size_t p)
{
	return sc->part[p].vector;
}

/*
 * Scores are 0 where nothing was hit, so that the first one is added to like
 * the others.
 */
static void forget(struct rec_part_scratch *ps)
{
	uint32_t i;

	for (i = 0; i < ps->ntouched; i++) {
		ps->hit[ps->touched[i]] = 0;
		ps->score[ps->touched[i]] = 0;
	}
	ps->ntouched = 0;
}

static inline void add(struct rec_part_scratch *ps, uint32_t c, float w, float x)
{
	if (!ps->hit[c]) {
		ps->hit[c] = 1;
		ps->touched[ps->ntouched++] = c;
	}
	ps->score[c] = fmaf(w, x, ps->score[c]);
}

/*
 * With an offset the form is affine: an item that the history doesn't lead to
 * scores its offset alone.
 */
static void row_sparse(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		       const struct rec_kernel *kernel)
{
	const struct rec_csr *m = &p->sim;
	uint32_t i;

	for (i = 0; p->offset && i < p->ncand; i++)
		add(ps, i, 0, 0);
	for (i = 0; i < ps->nhist; i++) {
		uint64_t from = m->ptr[ps->hist[i]], n = m->ptr[ps->hist[i] + 1] - from;

		ps->ntouched = kernel->scatter(ps->score, ps->hit, ps->touched, ps->ntouched,
					       ps->weight[i], m->col + from, m->val + from,
					       (size_t)n);
	}
}

static void row_dense(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		      const struct rec_kernel *kernel)
{
	uint32_t i;

	memset(ps->score, 0, (size_t)p->ncand * sizeof *ps->score);
	for (i = 0; i < ps->nhist; i++)
		kernel->axpy(ps->score, ps->weight[i], p->dense + (size_t)ps->hist[i] * p->ncand,
			     p->ncand);
}

/* Which candidates of a dense row have a cell: a 0 is none, as in text. */
static const unsigned char *cells(const struct rec_scorer_part *p, struct rec_part_scratch *ps)
{
	for (uint32_t c = 0; c < p->ncand; c++)
		ps->hit[c] = ps->score[c] != 0;
	return ps->hit;
}

/* What neighbour v of weight w adds. */
static void add_neighbour(const struct rec_scorer_part *p, struct rec_part_scratch *ps, uint32_t v,
			  float w)
{
	const struct rec_csr *r = &p->interactions->m;
	uint32_t row = p->column_to_user[v];
	uint64_t t;

	for (t = row == REC_NONE ? 0 : r->ptr[row]; row != REC_NONE && t < r->ptr[row + 1]; t++)
		if (p->interaction_weight[t] != 0)
			add(ps, r->col[t], w, p->interaction_weight[t]);
}

static void row_users(const struct rec_scorer_part *p, struct rec_part_scratch *ps)
{
	const struct rec_csr *m = &p->sim;
	const float *dense = p->model->dense ? p->dense + (size_t)ps->user * p->model->col.n : NULL;
	uint64_t t;
	uint32_t v;

	if (dense)
		for (v = 0; v < p->model->col.n; v++)
			add_neighbour(p, ps, v, dense[v]);
	else
		for (t = m->ptr[ps->user]; t < m->ptr[ps->user + 1]; t++)
			add_neighbour(p, ps, m->col[t], m->val[t]);
}

/* Mean and offset of all candidates, or of the touched ones. */
static void shift(const struct rec_scorer_part *p, struct rec_part_scratch *ps, bool all)
{
	uint32_t i, c, n = all ? p->ncand : ps->ntouched;

	for (i = 0; p->mean != 0 && i < n; i++) {
		c = all ? i : ps->touched[i];
		ps->score[c] = ps->score[c] + p->mean;
	}
	for (i = 0; p->offset && i < n; i++) {
		c = all ? i : ps->touched[i];
		ps->score[c] = ps->score[c] + p->offset[c];
	}
}

/*
 * The scores of a live row under one model. own: in scratch that may be
 * written.
 */
static void row_part(const struct rec_scorer *s, const struct rec_scorer_part *p,
		     struct rec_part_scratch *ps, bool own, struct rec_scores *out)
{
	*out = (struct rec_scores){ .score = ps->score,
				    .n = p->ncand,
				    .candidate_to_item = p->candidate_to_item,
				    .item_to_candidate = p->item_to_candidate };
	switch (p->kind) {
	case REC_PART_FACTORS:
		s->run->kernel->scores(ps->score, lanes(p->ncand), ps->vector, p->ld, 1, p->packed,
				       (p->ncand + REC_LANES - 1) / REC_LANES, p->k);
		out->hit = p->usable;
		shift(p, ps, true);
		return;
	case REC_PART_DENSE:
		row_dense(p, ps, s->run->kernel);
		shift(p, ps, true);
		if (s->similar)
			out->hit = cells(p, ps);
		return;
	case REC_PART_OFFSET:
		if (own)
			memcpy(ps->score, p->offset, (size_t)p->ncand * sizeof *ps->score);
		else
			out->score = p->offset;
		return;
	case REC_PART_SPARSE:
	case REC_PART_USERS: break;
	}
	forget(ps);
	if (p->kind == REC_PART_SPARSE)
		row_sparse(p, ps, s->run->kernel);
	else
		row_users(p, ps);
	shift(p, ps, false);
	out->hit = ps->hit;
	out->touched = ps->touched;
	out->n = ps->ntouched;
}

static void blend_part(const struct rec_scorer_part *p, const struct rec_scores *x,
		       struct rec_part_scratch *sum, const struct rec_kernel *kernel)
{
	uint32_t i, c;

	if (!x->touched && !x->hit) {
		sum->ntouched = kernel->scatter(sum->score, sum->hit, sum->touched, sum->ntouched,
						p->weight, p->candidate_to_item, x->score, x->n);
		return;
	}

	for (i = 0; i < x->n; i++) {
		c = x->touched ? x->touched[i] : i;
		if (!x->touched && x->hit && !x->hit[c])
			continue;
		add(sum, rec_mapped(p->candidate_to_item, c), p->weight, x->score[c]);
	}
}

void rec_scorer_row(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    struct rec_scores *out)
{
	struct rec_scores x;
	size_t i;

	if (!s->blend) {
		row_part(s, &s->part[0], &sc->part[0], false, out);
		return;
	}
	forget(&sc->sum);
	for (i = 0; i < s->nparts; i++)
		if (sc->part[i].live) {
			row_part(s, &s->part[i], &sc->part[i], true, &x);
			rec_scale_apply(s->scale, sc->part[i].score, x.hit, s->part[i].ncand,
					sc->ranked);
			blend_part(&s->part[i], &x, &sc->sum, s->run->kernel);
		}
	*out = (struct rec_scores){ .score = sc->sum.score,
				    .hit = sc->sum.hit,
				    .touched = sc->sum.touched,
				    .n = sc->sum.ntouched };
}

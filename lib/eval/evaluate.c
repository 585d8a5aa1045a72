/* SPDX-License-Identifier: MIT */
/*
 * evaluate.c - sets up the pass over users, and runs it.
 *
 * Data flow: lists, truth, train and candidates have label sets of their own;
 * sorted sets are merged into maps once, and the pass works on column numbers.
 * Memory: the inputs, 9 bytes a user and series, maps of 4 bytes a label, and
 * per thread 24 bytes an item.
 */
#include "recpipe/eval.h"

#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/mem.h"
#include "eval/candidates.h"
#include "eval/check.h"
#include "eval/evaluation.h"
#include "eval/maps.h"
#include "eval/part.h"
#include "eval/popular.h"
#include "eval/series.h"
#include "eval/user.h"

/* All of w but the discounts. */
static void look_at_metrics(struct rec_eval_wants *w, const struct rec_eval_opts *o,
			    const struct rec_sparse *train)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct rec_metric *m = &o->metric[i];

		w->ranking |= m->measure->kind == REC_RANKING;
		w->rating |= m->measure->kind == REC_RATING;
		w->auc |= m->measure->kind == REC_RANKING && !m->measure->cut;
		w->novelty |= m->measure->kind == REC_CATALOGUE && m->measure->agg == REC_AGG_RATIO;
		if (m->k > w->deepest)
			w->deepest = m->k;
		if (m->measure->kind == REC_CATALOGUE && m->measure->agg != REC_AGG_RATIO &&
		    m->k > w->catalogue_cut)
			w->catalogue_cut = m->k;
	}
	if (train)
		w->floor_length = w->auc || w->deepest > train->col.n ? train->col.n :
									       w->deepest;
}

/* 1 / log2(position + 2) and the sums of the first of them. */
static int make_discounts(struct rec_eval_wants *w, struct rec_err *e)
{
	w->discount = rec_alloc((size_t)w->deepest + 1, sizeof *w->discount, e);
	w->discount_sum = rec_alloc((size_t)w->deepest + 1, sizeof *w->discount_sum, e);
	if (!w->discount || !w->discount_sum)
		return -1;
	w->discount_sum[0] = 0;
	for (uint32_t i = 0; i < w->deepest; i++) {
		w->discount[i] = 1 / rec_log2((double)i + 2);
		w->discount_sum[i + 1] = w->discount_sum[i] + w->discount[i];
	}
	return 0;
}

static int make_scratch(struct rec_scratch *s, const struct rec_evaluation *v, size_t entries,
			struct rec_err *e)
{
	uint32_t items = v->in->truth->col.n, known = v->in->train ? v->in->train->col.n : 0;

	s->gain_of = rec_zalloc(items, sizeof *s->gain_of, e);
	s->scored = rec_zalloc(items, sizeof *s->scored, e);
	s->scored_by = rec_zalloc(items, sizeof *s->scored_by, e);
	s->candidate_by = rec_zalloc(items, sizeof *s->candidate_by, e);
	s->seen_by = rec_zalloc(known, sizeof *s->seen_by, e);
	s->relevant = rec_alloc(entries, sizeof *s->relevant, e);
	s->entry = rec_alloc(entries, sizeof *s->entry, e);
	s->gain = rec_alloc(entries, sizeof *s->gain, e);
	s->ideal = rec_alloc(entries, sizeof *s->ideal, e);
	s->group = rec_alloc(entries, sizeof *s->group, e);
	s->tied = rec_alloc(entries, sizeof *s->tied, e);
	s->skip = rec_alloc(entries, 1, e);
	return s->gain_of && s->scored && s->scored_by && s->candidate_by && s->seen_by &&
			       s->relevant && s->entry && s->gain && s->ideal && s->group &&
			       s->tied && s->skip ?
		       0 :
		       -1;
}

static void free_scratch(struct rec_scratch *s)
{
	void *all[] = { s->gain_of, s->scored,	 s->scored_by, s->candidate_by,
			s->seen_by, s->relevant, s->entry,     s->gain,
			s->ideal,   s->group,	 s->tied,      s->skip };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
}

static uint64_t longest_of(const struct rec_sparse *x)
{
	return rec_csr_longest(x->m.ptr, x->m.nrows);
}

static int pass(struct rec_evaluation *v, const struct rec_run *run, struct rec_err *e)
{
	unsigned threads = run->pool ? rec_pool_size(run->pool) : 1;
	uint64_t entries = v->longest, rows = longest_of(v->in->truth);
	int rc = 0;

	entries = entries > rows ? entries : rows;
	entries = entries > v->want.floor_length ? entries : v->want.floor_length;
	if (v->in->candidates && longest_of(v->in->candidates) > entries)
		entries = longest_of(v->in->candidates);
	v->scratch = rec_zalloc(threads, sizeof *v->scratch, e);
	if (!v->scratch)
		return -1;
	for (unsigned t = 0; rc == 0 && t < threads; t++)
		rc = make_scratch(&v->scratch[t], v, entries, e);
	if (rc == 0)
		rc = rec_pool_slices(run->pool, v->r->user.n, REC_EVAL_BLOCK, rec_eval_users, v, e);
	for (unsigned t = 0; t < threads; t++)
		free_scratch(&v->scratch[t]);
	free(v->scratch);
	return rc;
}

static void take_notes(const struct rec_evaluation *v, struct rec_eval_notes *notes)
{
	uint64_t answered = 0, pairs = 0;

	for (uint32_t row = v->first; row < v->last; row++)
		answered += v->map.list_row[row] != REC_NONE;
	notes->lists_without_truth = v->list_last - v->list_first - answered;
	for (size_t i = 0; i < v->o->n; i++) {
		const struct rec_series *s = &v->r->series[v->series.of[i * VARIANTS]];

		if (v->o->metric[i].measure->kind != REC_RATING)
			continue;
		for (uint32_t u = 0; u < v->r->user.n; u++)
			pairs += s->count[u];
		notes->extra_pairs = v->in->lists->ptr[v->list_last] -
				     v->in->lists->ptr[v->list_first] - pairs;
		break;
	}
}

static void free_evaluation(struct rec_evaluation *v)
{
	rec_eval_maps_free(&v->map);
	rec_eval_popular_free(&v->popular);
	free(v->want.discount);
	free(v->want.discount_sum);
	free(v->series.of);
	free(v->sample.corrected);
}

static int evaluate(struct rec_evaluation *v, const struct rec_run *run,
		    struct rec_eval_notes *notes, struct rec_err *e)
{
	look_at_metrics(&v->want, v->o, v->in->train);
	rec_eval_range(v);
	if (rec_eval_check(v, notes, e) != 0 || rec_eval_maps_make(&v->map, v->in, e) != 0 ||
	    make_discounts(&v->want, e) != 0)
		return -1;
	if (v->in->train && rec_eval_popular_make(&v->popular, v->in->train, e) != 0)
		return -1;
	if (v->in->candidates && rec_eval_candidates(v, run, notes, e) != 0)
		return -1;
	if (rec_eval_series_make(v, e) != 0 || rec_eval_keep_listed(v, e) != 0 ||
	    pass(v, run, e) != 0)
		return -1;
	take_notes(v, notes);
	return 0;
}

int rec_evaluate(struct rec_results *r, const struct rec_eval_input *in,
		 const struct rec_eval_opts *o, const struct rec_run *run,
		 struct rec_eval_notes *notes, struct rec_err *e)
{
	struct rec_evaluation v = { .in = in, .o = o, .r = r };
	int rc;

	*r = (struct rec_results){ 0 };
	*notes = (struct rec_eval_notes){ 0 };
	rc = evaluate(&v, run, notes, e);
	free_evaluation(&v);
	if (rc != 0)
		rec_results_free(r);
	return rc;
}

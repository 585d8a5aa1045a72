/* SPDX-License-Identifier: MIT */
/*
 * evaluate.c - sets up the pass over users: checks, maps between label sets,
 * series with their definitions, scratch.
 *
 * Data flow: lists, truth, train and candidates have label sets of their own;
 * sorted sets are merged into maps once, and the pass works on column numbers.
 * Memory: the inputs, 9 bytes a user and series, maps of 4 bytes a label, and
 * per thread 24 bytes an item.
 */
#include "eval/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/mem.h"
#include "eval/evaluate_private.h"
#include "io/num.h"

int rec_eval_same_pairs(bool *same, const struct rec_lists *l, const struct rec_sparse *truth,
			struct rec_err *e)
{
	unsigned char *there;

	*same = l->nnz == truth->m.nnz && l->row.n == truth->row.n && l->col.n == truth->col.n;
	for (uint32_t i = 0; *same && i <= l->row.n; i++)
		*same = l->row.off[i] == truth->row.off[i] && l->ptr[i] == truth->m.ptr[i];
	for (uint32_t i = 0; *same && i <= l->col.n; i++)
		*same = l->col.off[i] == truth->col.off[i];
	*same = *same && l->nnz > 0 &&
		memcmp(l->row.bytes, truth->row.bytes, l->row.off[l->row.n]) == 0 &&
		memcmp(l->col.bytes, truth->col.bytes, l->col.off[l->col.n]) == 0;
	if (!*same)
		return 0;
	there = rec_zalloc(l->col.n, 1, e);
	if (!there)
		return -1;
	for (uint32_t u = 0; *same && u < l->row.n; u++) {
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++)
			there[l->col_idx[i]] = 1;
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++) {
			*same = *same && there[truth->m.col[i]];
			there[truth->m.col[i]] = 0;
		}
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++)
			there[l->col_idx[i]] = 0;
	}
	free(there);
	return 0;
}

static void look_at_metrics(struct rec_evaluation *v)
{
	for (size_t i = 0; i < v->o->n; i++) {
		const struct rec_metric *m = &v->o->metric[i];

		v->ranking |= m->measure->kind == REC_RANKING;
		v->rating |= m->measure->kind == REC_RATING;
		v->auc |= m->measure->kind == REC_RANKING && !m->measure->cut;
		v->novelty |= m->measure->kind == REC_CATALOGUE && m->measure->agg == REC_AGG_RATIO;
		if (m->k > v->deepest)
			v->deepest = m->k;
		if (m->measure->kind == REC_CATALOGUE && m->measure->agg != REC_AGG_RATIO &&
		    m->k > v->catalogue_cut)
			v->catalogue_cut = m->k;
	}
	if (v->in->train)
		v->floor_length = v->auc || v->deepest > v->in->train->col.n ? v->in->train->col.n :
									       v->deepest;
}

static int make_maps(struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_eval_input *in = v->in;
	const struct rec_labels *row = &in->truth->row, *col = &in->truth->col;

	if (rec_labels_map(&v->list_row, row, &in->lists->row, e) != 0 ||
	    rec_labels_map(&v->list_truth, &in->lists->col, col, e) != 0)
		return -1;
	if (in->train)
		if (rec_labels_map(&v->train_row, row, &in->train->row, e) != 0 ||
		    rec_labels_map(&v->list_train, &in->lists->col, &in->train->col, e) != 0 ||
		    rec_labels_map(&v->truth_train, col, &in->train->col, e) != 0 ||
		    rec_labels_map(&v->train_truth, &in->train->col, col, e) != 0)
			return -1;
	if (in->candidates)
		if (rec_labels_map(&v->candidates_row, row, &in->candidates->row, e) != 0 ||
		    rec_labels_map(&v->candidate_truth, &in->candidates->col, col, e) != 0)
			return -1;
	if (in->candidates && in->train)
		return rec_labels_map(&v->candidate_train, &in->candidates->col, &in->train->col,
				      e);
	return 0;
}

/* 1 / log2(position + 2) and the sums of the first of them. */
static int make_discounts(struct rec_evaluation *v, struct rec_err *e)
{
	v->discount = rec_alloc((size_t)v->deepest + 1, sizeof *v->discount, e);
	v->discount_sum = rec_alloc((size_t)v->deepest + 1, sizeof *v->discount_sum, e);
	if (!v->discount || !v->discount_sum)
		return -1;
	v->discount_sum[0] = 0;
	for (uint32_t i = 0; i < v->deepest; i++) {
		v->discount[i] = 1 / rec_log2((double)i + 2);
		v->discount_sum[i + 1] = v->discount_sum[i] + v->discount[i];
	}
	return 0;
}

/* What a ranking measure was taken with, behind its own definition. */
static void conditions(const struct rec_evaluation *v, const struct rec_metric *m, char *out,
		       size_t n)
{
	static const char *const ties[] = { "label", "mean", "worst", "best" };
	char number[REC_NUM_MAX + 1] = "0", sampled[64] = "";

	number[rec_num_put_f64(number, v->o->relevant)] = '\0';
	if (v->in->candidates && v->sampled_min == v->sampled_max)
		snprintf(sampled, sizeof sampled, "; sampled=%u", v->sampled_max);
	else if (v->in->candidates)
		snprintf(sampled, sizeof sampled, "; sampled=%u-%u", v->sampled_min,
			 v->sampled_max);
	snprintf(out, n, "; relevant=value%s%s; missing=%s%s%s%s", v->o->relevant > 0 ? ">=" : ">",
		 number, v->o->skip_missing ? "skip" : "zero", m->measure->cut ? "; ties=" : "",
		 m->measure->cut ? ties[v->o->ties] : "", sampled);
}

static int add_series(struct rec_evaluation *v, size_t metric, int variant, enum rec_agg agg,
		      unsigned flags, const char *definition, struct rec_err *e)
{
	static const char *const suffix[VARIANTS] = { "",	 "/floor", "/ceiling",	"/head",
						      "/middle", "/tail",  "/corrected" };
	const struct rec_metric *m = &v->o->metric[metric];
	struct rec_series *s;
	char name[80];

	snprintf(name, sizeof name, "%s%s", m->name, suffix[variant]);
	v->series[metric * VARIANTS + (size_t)variant] = v->r->n;
	return rec_results_add(v->r, &s, name, agg, flags, m->k, definition, e);
}

/* Floor, ceiling, thirds, estimate. */
static int add_variants(struct rec_evaluation *v, size_t i, struct rec_err *e)
{
	static const char *const what[VARIANTS] = {
		[VARIANT_FLOOR] = "the most popular unseen items of train instead of the lists "
				  "(ties by label), same users and cut-off",
		[VARIANT_CEILING] = "best reachable: truth that is unknown to train or already in "
				    "the user's train pairs can't be hit",
		[VARIANT_HEAD] =
			"truth in the head alone: items of the first third of train interactions",
		[VARIANT_MIDDLE] = "truth in the middle alone: items of the second third of train "
				   "interactions",
		[VARIANT_TAIL] =
			"truth in the tail alone: items of the last third of train interactions",
	};
	char text[512];

	for (int variant = VARIANT_FLOOR; v->in->train && variant <= VARIANT_TAIL; variant++) {
		snprintf(text, sizeof text, "%s%s", what[variant],
			 v->in->candidates && variant == VARIANT_FLOOR ? ", among the candidates" :
									 "");
		if (add_series(v, i, variant, REC_AGG_MEAN,
			       variant >= VARIANT_HEAD ? REC_SERIES_ANSWERED : 0, text, e) != 0)
			return -1;
	}
	if (!v->corrected || !v->o->metric[i].measure->cut)	/* auc of a sample is not off */
		return 0;
	snprintf(text, sizeof text,
		 "estimate of %s among all %llu items from ranks among %u sampled (Krichene and "
		 "Rendle 2020, bias-variance estimator, "
		 "gamma=%s, drawn without replacement)",
		 v->o->metric[i].name, (unsigned long long)v->catalogue, v->sampled_max, "0.01");
	return add_series(v, i, VARIANT_CORRECTED, REC_AGG_MEAN, REC_SERIES_ANSWERED, text, e);
}

static int add_metric(struct rec_evaluation *v, size_t i, struct rec_err *e)
{
	const struct rec_metric *m = &v->o->metric[i];
	char text[1024], more[256] = "";
	unsigned flags = REC_SERIES_MAIN |
			 (m->measure->kind == REC_RANKING ? REC_SERIES_ANSWERED : 0);

	rec_metric_define(m, text, sizeof text);
	if (m->measure->kind == REC_RANKING)
		conditions(v, m, more, sizeof more);
	strncat(text, more, sizeof text - strlen(text) - 1);
	if (add_series(v, i, VARIANT_MAIN, m->measure->agg, flags, text, e) != 0)
		return -1;
	return m->measure->kind == REC_RANKING ? add_variants(v, i, e) : 0;
}

static int add_audit(struct rec_evaluation *v, struct rec_err *e)
{
	struct rec_series *s;

	v->truth_in_train = v->r->n;
	if (rec_results_add(v->r, &s, "truth-in-train", REC_AGG_RATIO, REC_SERIES_SHARE, 0,
			    "share of relevant truth pairs that are pairs of train", e) != 0)
		return -1;
	v->listed_in_train = v->r->n;
	return rec_results_add(v->r, &s, "listed-in-train", REC_AGG_RATIO, REC_SERIES_SHARE, 0,
			       "share of the entries of the lists that are pairs of train", e);
}

static int copy_users(struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_labels *row = &v->in->truth->row;
	unsigned char *keep = rec_zalloc(row->n, 1, e);
	int rc;

	if (!keep)
		return -1;
	memset(keep + v->first, 1, v->last - v->first);
	rc = rec_labels_copy(&v->r->user, row, keep, e);
	free(keep);
	return rc;
}

static int make_series(struct rec_evaluation *v, struct rec_err *e)
{
	v->series = rec_alloc(v->o->n * VARIANTS, sizeof *v->series, e);
	if (!v->series || copy_users(v, e) != 0)
		return -1;
	for (size_t i = 0; i < v->o->n * VARIANTS; i++)
		v->series[i] = SIZE_MAX;
	v->r->skip_missing = v->o->skip_missing;
	for (size_t i = 0; i < v->o->n; i++)
		if (add_metric(v, i, e) != 0)
			return -1;
	if (!v->in->train)
		return 0;
	v->r->history = rec_zalloc(v->r->user.n, sizeof *v->r->history, e);
	return v->r->history ? add_audit(v, e) : -1;
}

/* The first entries of the lists of users that have relevant truth. */
static int keep_listed(struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_csr *truth = &v->in->truth->m;
	const struct rec_lists *l = v->in->lists;
	struct rec_results *r = v->r;
	uint64_t n = 0;

	if (v->catalogue_cut == 0)
		return 0;
	r->nitems = v->in->train->col.n;
	r->item = v->in->train->col;
	r->item.own_off = r->item.own_bytes = NULL;
	r->listed_ptr = rec_zalloc((size_t)r->user.n + 1, sizeof *r->listed_ptr, e);
	r->listed = rec_alloc((size_t)(l->ptr[v->list_last] - l->ptr[v->list_first]),
			      sizeof *r->listed, e);
	if (!r->listed_ptr || !r->listed)
		return -1;
	for (uint32_t u = 0; u < r->user.n; u++) {
		uint32_t row = v->first + u, list = v->list_row[row];
		uint64_t from = list == REC_NONE ? 0 : l->ptr[list],
			 to = list == REC_NONE ? 0 : l->ptr[list + 1];
		bool relevant = false;

		for (uint64_t i = truth->ptr[row]; i < truth->ptr[row + 1]; i++)
			relevant |= rec_eval_is_relevant(v, truth->val[i]);
		for (uint64_t i = from; relevant && i < to && i - from < v->catalogue_cut; i++)
			r->listed[n++] = v->list_train[l->col_idx[i]];
		r->listed_ptr[u + 1] = n;
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
	entries = entries > v->floor_length ? entries : v->floor_length;
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
		answered += v->list_row[row] != REC_NONE;
	notes->lists_without_truth = v->list_last - v->list_first - answered;
	for (size_t i = 0; i < v->o->n; i++) {
		const struct rec_series *s = &v->r->series[v->series[i * VARIANTS]];

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
	void *all[] = { v->list_row,	v->train_row,	v->candidates_row,  v->list_truth,
			v->list_train,	v->truth_train, v->candidate_truth, v->candidate_train,
			v->train_truth, v->popularity,	v->order,	    v->third,
			v->information, v->discount,	v->discount_sum,    v->series,
			v->corrected };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
}

static int evaluate(struct rec_evaluation *v, const struct rec_run *run,
		    struct rec_eval_notes *notes, struct rec_err *e)
{
	look_at_metrics(v);
	rec_eval_range(v);
	if (rec_eval_check(v, notes, e) != 0 || make_maps(v, e) != 0 || make_discounts(v, e) != 0)
		return -1;
	if (v->in->train && rec_eval_popularity(v, e) != 0)
		return -1;
	if (v->in->candidates && rec_eval_candidates(v, run, notes, e) != 0)
		return -1;
	if (make_series(v, e) != 0 || keep_listed(v, e) != 0 || pass(v, run, e) != 0)
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

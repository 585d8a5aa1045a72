/* SPDX-License-Identifier: MIT */
/* series.c - the series of an evaluation, each with its definition. */
#include "eval/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"

/* What a ranking measure was taken with, after its own definition. */
static void conditions(const struct rec_evaluation *v, const struct rec_metric *m, char *out,
		       size_t n)
{
	static const char *const ties[] = { "label", "mean", "worst", "best" };
	char number[REC_NUM_MAX + 1] = "0", sampled[64] = "";

	number[rec_num_put_f64(number, v->o->relevant)] = '\0';
	if (v->in->candidates && v->sample.min == v->sample.max)
		snprintf(sampled, sizeof sampled, "; sampled=%u", v->sample.max);
	else if (v->in->candidates)
		snprintf(sampled, sizeof sampled, "; sampled=%u-%u", v->sample.min,
			 v->sample.max);
	snprintf(out, n, "; relevant=value%s%s; missing=%s%s%s%s", v->o->relevant > 0 ? ">=" : ">",
		 number, v->o->skip_missing ? "skip" : "zero", m->measure->cut ? "; ties=" : "",
		 m->measure->cut ? ties[v->o->ties] : "", sampled);
}

/* is->name is left to this. */
static int add_series(struct rec_evaluation *v, size_t metric, int variant,
		      struct rec_series_is is, struct rec_err *e)
{
	static const char *const suffix[VARIANTS] = { "",	 "/floor", "/ceiling",	"/head",
						      "/middle", "/tail",  "/corrected" };
	const struct rec_metric *m = &v->o->metric[metric];
	struct rec_series *s;
	char name[80];

	snprintf(name, sizeof name, "%s%s", m->name, suffix[variant]);
	is.name = name;
	is.k = m->k;
	v->series.of[metric * VARIANTS + (size_t)variant] = v->r->n;
	return rec_results_add(v->r, &s, &is, e);
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
	struct rec_series_is is;
	char text[512];

	for (int variant = VARIANT_FLOOR; v->in->train && variant <= VARIANT_TAIL; variant++) {
		snprintf(text, sizeof text, "%s%s", what[variant],
			 v->in->candidates && variant == VARIANT_FLOOR ? ", among the candidates" :
									 "");
		is = (struct rec_series_is){ .definition = text, .agg = REC_AGG_MEAN };
		is.flags = variant >= VARIANT_HEAD ? REC_SERIES_ANSWERED : 0;
		if (add_series(v, i, variant, is, e) != 0)
			return -1;
	}
	/* auc of a sample is not off */
	if (!v->sample.corrected || !v->o->metric[i].measure->cut)
		return 0;
	snprintf(text, sizeof text,
		 "estimate of %s among all %llu items from ranks among %u sampled (Krichene and "
		 "Rendle 2020, bias-variance estimator, "
		 "gamma=%s, drawn without replacement)",
		 v->o->metric[i].name, (unsigned long long)v->sample.catalogue, v->sample.max,
		 "0.01");
	is = (struct rec_series_is){ NULL, text, REC_AGG_MEAN, REC_SERIES_ANSWERED, 0 };
	return add_series(v, i, VARIANT_CORRECTED, is, e);
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
	if (add_series(v, i, VARIANT_MAIN,
		       (struct rec_series_is){ NULL, text, m->measure->agg, flags, 0 }, e) != 0)
		return -1;
	return m->measure->kind == REC_RANKING ? add_variants(v, i, e) : 0;
}

static int add_audit(struct rec_evaluation *v, struct rec_err *e)
{
	static const struct rec_series_is truth = {
		"truth-in-train", "share of relevant truth pairs that are pairs of train",
		REC_AGG_RATIO, REC_SERIES_SHARE, 0
	};
	static const struct rec_series_is listed = {
		"listed-in-train", "share of the entries of the lists that are pairs of train",
		REC_AGG_RATIO, REC_SERIES_SHARE, 0
	};
	struct rec_series *s;

	v->series.truth_in_train = v->r->n;
	if (rec_results_add(v->r, &s, &truth, e) != 0)
		return -1;
	v->series.listed_in_train = v->r->n;
	return rec_results_add(v->r, &s, &listed, e);
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

int rec_eval_series_make(struct rec_evaluation *v, struct rec_err *e)
{
	v->series.of = rec_alloc(v->o->n * VARIANTS, sizeof *v->series.of, e);
	if (!v->series.of || copy_users(v, e) != 0)
		return -1;
	for (size_t i = 0; i < v->o->n * VARIANTS; i++)
		v->series.of[i] = SIZE_MAX;
	v->r->skip_missing = v->o->skip_missing;
	for (size_t i = 0; i < v->o->n; i++)
		if (add_metric(v, i, e) != 0)
			return -1;
	if (!v->in->train)
		return 0;
	v->r->history = rec_zalloc(v->r->user.n, sizeof *v->r->history, e);
	return v->r->history ? add_audit(v, e) : -1;
}

int rec_eval_keep_listed(struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_csr *truth = &v->in->truth->m;
	const struct rec_lists *l = v->in->lists;
	struct rec_results *r = v->r;
	uint64_t n = 0;

	if (v->want.catalogue_cut == 0)
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
		uint32_t row = v->first + u, list = v->map.list_row[row];
		uint64_t from = list == REC_NONE ? 0 : l->ptr[list],
			 to = list == REC_NONE ? 0 : l->ptr[list + 1];
		bool relevant = false;

		for (uint64_t i = truth->ptr[row]; i < truth->ptr[row + 1]; i++)
			relevant |= rec_eval_is_relevant(v, truth->val[i]);
		for (uint64_t i = from; relevant && i < to && i - from < v->want.catalogue_cut; i++)
			r->listed[n++] = v->map.list_train[l->col_idx[i]];
		r->listed_ptr[u + 1] = n;
	}
	return 0;
}

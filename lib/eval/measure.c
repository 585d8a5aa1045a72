/* SPDX-License-Identifier: MIT */
/* measure.c - the table of measures, and the names of metrics. */
#include "eval/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/append.h"
#include "base/mem.h"
#include "base/near.h"
#include "io/num.h"

static double squared(double d)
{
	return d * d;
}

static double absolute(double d)
{
	return d < 0 ? -d : d;
}

const struct rec_measure rec_measures[] = {
	{ "recall", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_recall, NULL,
	  "mean over users of hits in the first {k} / |truth|" },
	{ "precision", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_precision, NULL,
	  "mean over users of hits in the first {k} / {k}" },
	{ "f1", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_f1, NULL,
	  "mean over users of 2PR/(P+R), P = hits in the first {k} / {k}, R = hits / |truth|" },
	{ "hit", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_hit, NULL,
	  "share of users with a hit in the first {k}" },
	{ "mrr", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_mrr, NULL,
	  "mean over users of 1/rank of the first hit in the first {k}, else 0" },
	{ "map", REC_RANKING, true, false, false, REC_AGG_MEAN, rec_rank_map, NULL,
	  "mean over users of the sum of precision at each hit in the first {k} / min({k}, "
	  "|truth|)" },
	{ "ndcg", REC_RANKING, true, false, true, REC_AGG_MEAN, rec_rank_ndcg, NULL,
	  "mean over users of the sum of gain/log2(rank+1) in the first {k} / its best for "
	  "min({k}, |truth|) items; gain={g}" },
	{ "auc", REC_RANKING, false, false, false, REC_AGG_MEAN, rec_rank_auc, NULL,
	  "mean over users of the share of (relevant, other) candidate pairs in order, equal "
	  "scores 1/2, train items left out" },
	{ "rmse", REC_RATING, false, false, false, REC_AGG_ROOT, NULL, squared,
	  "square root of the mean over pairs of (score - value)^2" },
	{ "mae", REC_RATING, false, false, false, REC_AGG_RATIO, NULL, absolute,
	  "mean over pairs of |score - value|" },
	{ "coverage", REC_CATALOGUE, true, true, false, REC_AGG_COVERAGE, NULL, NULL,
	  "share of the items of train that are in the first {k} of some list" },
	{ "gini", REC_CATALOGUE, true, true, false, REC_AGG_GINI, NULL, NULL,
	  "Gini index of how often each item of train is in the first {k} of a list: 0 all alike, "
	  "1 one item alone" },
	{ "novelty", REC_CATALOGUE, true, true, false, REC_AGG_RATIO, NULL, NULL,
	  "mean over the first {k} of all lists of -log2(users who hold the item in train / users "
	  "of train)" },
	{ NULL, REC_RANKING, false, false, false, REC_AGG_MEAN, NULL, NULL, NULL }
};

void rec_metrics_free(struct rec_metrics *ms)
{
	free(ms->m);
	*ms = (struct rec_metrics){ 0 };
}

static const struct rec_measure *find_measure(const char *name, size_t n)
{
	for (const struct rec_measure *m = rec_measures; m->name; m++)
		if (rec_near_same(m->name, strlen(m->name), name, n))
			return m;
	return NULL;
}

/* Names that others give to measures, and the names here. */
static const char *const other_names[][2] = {
	{ "p", "precision" },
	{ "prec", "precision" },
	{ "r", "recall" },
	{ "hr", "hit" },
	{ "hitrate", "hit" },
	{ "hitratio", "hit" },
	{ "success", "hit" },
	{ "rr", "mrr" },
	{ "reciprank", "mrr" },
	{ "reciprocalrank", "mrr" },
	{ "ap", "map" },
	{ "averageprecision", "map" },
	{ "mapcut", "map" },
	{ "dcg", "ndcg" },
	{ "ndcgcut", "ndcg" },
	{ "rocauc", "auc" },
	{ "mse", "rmse" },
	{ "catalogcoverage", "coverage" },
	{ "diversity", "coverage" },
};

/* Length of a name without the cut-off at its end (ndcg10, ndcg_cut_10). */
static size_t without_cut(const char *word, size_t n)
{
	size_t len = n;

	while (len > 1 && word[len - 1] >= '0' && word[len - 1] <= '9')
		len--;
	return len;
}

/* The name that was meant, or NULL. */
static const char *meant(const char *word, size_t n)
{
	struct rec_near near;

	for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
		if (rec_near_same(other_names[i][0], strlen(other_names[i][0]), word, n))
			return other_names[i][1];
	rec_near_begin(&near, word, n);
	for (const struct rec_measure *m = rec_measures; m->name; m++)
		rec_near_try(&near, m->name);
	return near.names ? near.name[0] : NULL;
}

static int unknown_measure(const char *text, struct rec_err *e)
{
	size_t len = strcspn(text, "(@"), word = without_cut(text, len), n = 0;
	const char *name = meant(text, word);
	char all[256] = "";

	if (memchr(text, ',', len))
		return rec_err_set(e, REC_EUSAGE,
				   "'%s' names no measure; measures are separated by blanks, such "
				   "as recall@10 ndcg@10",
				   text);
	for (const struct rec_measure *m = rec_measures; m->name; m++)
		n = rec_append(all, sizeof all, n, "%s%s", n ? " " : "", m->name);
	if (name)
		return rec_err_set(e, REC_EUSAGE,
				   "'%s' names no measure; did you mean %s%s%s? (all: %s)", text,
				   name, word < len ? "@" : "", text + word, all);
	return rec_err_set(e, REC_EUSAGE, "'%s' names no measure; there are: %s", text, all);
}

/* By enum rec_gain: as a parameter, and in the definition. */
static const struct {
	const char *text, *definition;
} gains[] = { { "(gain=1)", "1" }, { "(gain=linear)", "value" }, { "(gain=exp)", "2^value-1" } };

static int add_metric(struct rec_metrics *ms, struct rec_metric *m, struct rec_err *e)
{
	size_t n = rec_append(m->name, sizeof m->name, 0, "%s%s", m->measure->name,
			      m->gain != REC_GAIN_ONE ? gains[m->gain].text : "");

	if (m->k)
		rec_append(m->name, sizeof m->name, n, "@%u", m->k);
	for (size_t i = 0; i < ms->n; i++)
		if (strcmp(ms->m[i].name, m->name) == 0)
			return rec_err_set(e, REC_EUSAGE, "%s is asked for twice", m->name);
	if (rec_grow(&ms->m, &ms->cap, ms->n + 1, sizeof *ms->m, e) != 0)
		return -1;
	ms->m[ms->n++] = *m;
	return 0;
}

/* "5,10,20" */
static int add_cuts(struct rec_metrics *ms, struct rec_metric *m, const char *text,
		    const char *cuts, struct rec_err *e)
{
	while (true) {
		size_t n = strcspn(cuts, ",");
		uint64_t k;

		if (find_measure(cuts, strcspn(cuts, "(@,")))
			return rec_err_set(e, REC_EUSAGE,
					   "%s: measures are separated by blanks: %.*s %s", text,
					   (int)(cuts - 1 - text), text, cuts);
		if (rec_num_u64(cuts, n, &k) != REC_NUM_OK || k < 1 || k > REC_MAX_CUT)
			return rec_err_set(e, REC_EUSAGE, "%s: '%.*s' is not a cut-off (1 to %d)",
					   text, (int)n, cuts, REC_MAX_CUT);
		m->k = (uint32_t)k;
		if (add_metric(ms, m, e) != 0)
			return -1;
		if (!cuts[n])
			return 0;
		cuts += n + 1;
	}
}

/* "(gain=linear)" or another at p; *end is what follows. */
static int parse_parameters(struct rec_metric *m, const char *text, const char *p, const char **end,
			    struct rec_err *e)
{
	*end = p;
	if (*p != '(')
		return 0;
	if (!m->measure->gain)
		return rec_err_set(e, REC_EUSAGE, "%s: %s takes no parameters", text,
				   m->measure->name);
	for (size_t i = 0; i < sizeof gains / sizeof *gains; i++)
		if (strncmp(p, gains[i].text, strlen(gains[i].text)) == 0) {
			m->gain = (enum rec_gain)i;
			*end = p + strlen(gains[i].text);
			return 0;
		}
	return rec_err_set(e, REC_EUSAGE,
			   "%s: the parameter of %s is gain=1, gain=linear or gain=exp", text,
			   m->measure->name);
}

int rec_metrics_parse(struct rec_metrics *ms, const char *text, struct rec_err *e)
{
	struct rec_metric m = { .measure = find_measure(text, strcspn(text, "(@")) };
	const char *p;

	if (!m.measure)
		return unknown_measure(text, e);
	if (parse_parameters(&m, text, text + strcspn(text, "(@"), &p, e) != 0)
		return -1;
	if (!*p) {
		m.k = m.measure->cut ? REC_DEFAULT_CUT : 0;
		return add_metric(ms, &m, e);
	}
	if (*p != '@')
		return rec_err_set(e, REC_EUSAGE,
				   "%s: '%s' is not understood; examples: recall@20 ndcg@5,10 "
				   "ndcg(gain=linear)@10 auc",
				   text, p);
	if (!m.measure->cut)
		return rec_err_set(e, REC_EUSAGE, "%s: %s takes no cut-off", text, m.measure->name);
	return add_cuts(ms, &m, text, p + 1, e);
}

void rec_metric_define(const struct rec_metric *m, char *out, size_t n)
{
	size_t at = 0;

	out[0] = '\0';
	for (const char *p = m->measure->definition; *p && at + 1 < n; p++) {
		if (strncmp(p, "{k}", 3) == 0 || strncmp(p, "{g}", 3) == 0) {
			char k[16];

			snprintf(k, sizeof k, "%u", m->k);
			at = rec_append(out, n, at, "%s",
					p[1] == 'k' ? k : gains[m->gain].definition);
			p += 2;
		} else {
			out[at++] = *p;
			out[at] = '\0';
		}
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * eval - measures against values by hand and against all orders of tied
 * entries; statistics against published values; the estimate from sampled ranks
 * by simulation; Gini index, names.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "check.h"
#include "eval/catalogue.h"
#include "eval/measure.h"
#include "eval/results.h"
#include "eval/sampled.h"
#include "eval/stats.h"

static struct rec_err err;

static int near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance * (1 + fabs(b));
}

enum { MOST = 8 };

static double discount[MOST + 1], discount_sum[MOST + 1];
static uint32_t single[MOST];

static void tables(void)
{
	for (uint32_t i = 0; i < MOST; i++) {
		single[i] = i + 1;
		discount[i] = 1 / log2(i + 2.0);
		discount_sum[i + 1] = discount_sum[i] + discount[i];
	}
}

static struct rec_metric metric(const char *text)
{
	struct rec_metrics ms = { 0 };
	struct rec_metric m = { 0 };

	if (rec_metrics_parse(&ms, text, &err) != 0) {
		printf("%s: %s\n", text, err.msg);
		exit(1);
	}
	m = ms.m[0];
	rec_metrics_free(&ms);
	return m;
}

static double value(const struct rec_ranking *r, const char *text)
{
	struct rec_metric m = metric(text);

	return m.measure->fn(r, &m);
}

/* Relevant, other, relevant, other, other; truth of three. */
static void by_hand(void)
{
	static const double gain[] = { 1, 0, 1, 0, 0 }, graded[] = { 2, 0, 5, 0, 0 },
			    one[] = { 1, 1, 1 }, ideal[] = { 5, 3, 2 };
	static const unsigned char skip[5] = { 0 };
	struct rec_ranking r = {
		5, gain, single, single, skip, 3, one, 3, 4, discount, discount_sum
	};
	double best = 1 + 1 / log2(3) + 0.5;

	CHECK(value(&r, "recall@5") == 2.0 / 3, "%g", value(&r, "recall@5"));
	CHECK(value(&r, "recall@2") == 1.0 / 3, "%g", value(&r, "recall@2"));
	CHECK(value(&r, "recall@100") == 2.0 / 3, "%g", value(&r, "recall@100"));
	CHECK(value(&r, "precision@5") == 0.4, "%g", value(&r, "precision@5"));
	CHECK(value(&r, "precision@8") == 0.25, "%g", value(&r, "precision@8"));
	CHECK(value(&r, "f1@5") == 0.5, "%g", value(&r, "f1@5"));
	CHECK(value(&r, "hit@5") == 1, "%g", value(&r, "hit@5"));
	CHECK(value(&r, "mrr@5") == 1, "%g", value(&r, "mrr@5"));
	CHECK(near(value(&r, "map@5"), (1 + 2.0 / 3) / 3, 1e-15), "%g", value(&r, "map@5"));
	CHECK(near(value(&r, "map@2"), 0.5, 1e-15), "%g", value(&r, "map@2"));
	CHECK(near(value(&r, "ndcg@5"), 1.5 / best, 1e-15), "%g", value(&r, "ndcg@5"));
	CHECK(near(value(&r, "ndcg@1"), 1, 0), "%g", value(&r, "ndcg@1"));
	/* others: 3 listed, 1 not; one relevant not listed */
	CHECK(near(value(&r, "auc"), (4 + 3) / 12.0, 1e-15), "%g", value(&r, "auc"));
	r.gain = graded;
	r.ideal = ideal;
	CHECK(near(value(&r, "ndcg(gain=linear)@5"), 4.5 / (5 + 3 / log2(3) + 1), 1e-15), "%g",
	      value(&r, "ndcg(gain=linear)@5"));
	CHECK(near(value(&r, "ndcg@5"), 1.5 / best, 1e-15), "%g", value(&r, "ndcg@5"));
	r.n = 0;
	CHECK(value(&r, "ndcg@5") == 0 && value(&r, "map@5") == 0 && value(&r, "mrr@5") == 0 &&
		      value(&r, "hit@5") == 0,
	      "empty list");
	r.candidates_other = 0;
	CHECK(isnan(value(&r, "auc")), "auc without others has no value");
}

/* The perfect list is exactly 1 where k reaches the whole truth. */
static void perfect(void)
{
	static const double gain[] = { 0.7f, 0.7f, 0.1f, 0.1f, 0.1f }, one[] = { 1, 1, 1, 1, 1 };
	static const uint32_t pairs[] = { 2, 5 };
	static const char *const all[] = { "recall@5",
					   "precision@5",
					   "f1@5",
					   "hit@5",
					   "mrr@5",
					   "map@5",
					   "map@3",
					   "ndcg@5",
					   "ndcg@2",
					   "ndcg(gain=linear)@5",
					   "ndcg(gain=exp)@5",
					   "ndcg(gain=linear)@3",
					   "auc" };
	static const unsigned char skip[5] = { 0 };

	for (int ties = 0; ties < 2; ties++)
		for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
			struct rec_ranking r = { 5,
						 gain,
						 ties ? pairs : single,
						 pairs,
						 skip,
						 5,
						 strchr(all[i], '(') ? gain : one,
						 5,
						 7,
						 discount,
						 discount_sum };

			CHECK(value(&r, all[i]) == 1, "%s ties %d: %.17g", all[i], ties,
			      value(&r, all[i]));
		}
}

/*
 * All orders within groups, each as likely: their mean is the expectation that
 * the groups give.
 */
static const char *const expected[] = { "recall@3",	   "recall@6",
					"precision@4",	   "f1@3",
					"hit@1",	   "hit@2",
					"hit@4",	   "mrr@2",
					"mrr@6",	   "map@3",
					"map@5",	   "ndcg@2",
					"ndcg@6",	   "ndcg(gain=linear)@3",
					"ndcg(gain=exp)@3" };
enum { EXPECTED = sizeof expected / sizeof *expected };

struct orders {
	double gain[MOST];
	struct rec_ranking r;
	double sum[EXPECTED];
	uint64_t n;
};

static void permute(struct orders *o, const uint32_t *group, uint32_t i)
{
	uint32_t g = 0;

	if (i == o->r.n) {
		for (int m = 0; m < EXPECTED; m++)
			o->sum[m] += value(&o->r, expected[m]);
		o->n++;
		return;
	}
	while (group[g] <= i)
		g++;
	for (uint32_t j = i; j < group[g]; j++) {
		double x = o->gain[i];

		o->gain[i] = o->gain[j];
		o->gain[j] = x;
		permute(o, group, i + 1);
		x = o->gain[i];
		o->gain[i] = o->gain[j];
		o->gain[j] = x;
	}
}

static int down(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? 1 : -1;
}

static void expectations(void)
{
	for (uint64_t round = 0; round < 60; round++) {
		struct orders o = { .n = 0 };
		double ideal[MOST];
		uint32_t group[MOST], groups = 0,
				      n = 1 + (uint32_t)rec_below(rec_random(7, round), 6),
				      relevant = 0;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t draw = rec_random(rec_mix2(8, round), i);

			o.gain[i] = draw & 1 ? 1 + (double)(draw >> 8 & 3) : 0;
			if (o.gain[i] > 0)
				ideal[relevant++] = o.gain[i];
			if (i + 1 == n || (draw >> 16 & 3) == 0)
				group[groups++] = i + 1;
		}
		ideal[relevant++] = 2;	/* one that isn't listed */
		qsort(ideal, relevant, sizeof *ideal, down);
		o.r = (struct rec_ranking){ n,	   o.gain, single, group,    NULL,	  relevant,
					    ideal, 0,	   0,	   discount, discount_sum };
		permute(&o, group, 0);
		o.r.group = group;
		for (int m = 0; m < EXPECTED; m++)
			CHECK(near(value(&o.r, expected[m]), o.sum[m] / (double)o.n, 1e-12),
			      "round %u %s: %.15g, by all orders %.15g", (unsigned)round,
			      expected[m], value(&o.r, expected[m]), o.sum[m] / (double)o.n);
	}
}

static void auc_ties(void)
{
	static const double gain[] = { 0, 1, 0, 1, 0 };
	static const uint32_t tied[] = { 2, 5 };
	static const unsigned char skip[] = { 0, 0, 0, 0, 1 };
	struct rec_ranking r = {
		5, gain, single, tied, skip, 2, gain, 2, 2, discount, discount_sum
	};

	CHECK(near(value(&r, "auc"), (1.5 + 0.5) / 4, 1e-15), "%g", value(&r, "auc"));
}

static void names(void)
{
	static const struct { const char *text, *message;
	} bad[] = {
		{ "recal@5", "'recal@5' names no measure; did you mean recall@5? (all: recall "
			     "precision f1 hit mrr map ndcg auc rmse mae coverage gini novelty)" },
		{ "ndcg_cut_5",
		  "'ndcg_cut_5' names no measure; did you mean ndcg@5? (all: recall precision f1 "
		  "hit mrr map ndcg auc rmse mae coverage gini novelty)" },
		{ "zzzz@5", "'zzzz@5' names no measure; there are: recall precision f1 hit mrr map "
			    "ndcg auc rmse mae coverage gini novelty" },
		{ "recall@5,ndcg@5",
		  "recall@5,ndcg@5: measures are separated by blanks: recall@5 ndcg@5" },
		{ "recall@0", "recall@0: '0' is not a cut-off (1 to 1000000)" },
		{ "recall@5,", "recall@5,: '' is not a cut-off (1 to 1000000)" },
		{ "recall@x", "recall@x: 'x' is not a cut-off (1 to 1000000)" },
		{ "recall@5,5", "recall@5 is asked for twice" },
		{ "auc@5", "auc@5: auc takes no cut-off" },
		{ "recall(gain=linear)@5", "recall(gain=linear)@5: recall takes no parameters" },
		{ "ndcg(gain=log)@5",
		  "ndcg(gain=log)@5: the parameter of ndcg is gain=1, gain=linear or gain=exp" },
		{ "ndcg(gain=1)5", "ndcg(gain=1)5: '5' is not understood; examples: recall@20 "
				   "ndcg@5,10 ndcg(gain=linear)@10 auc" },
	};
	struct rec_metrics ms = { 0 };
	char text[256];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rec_err e = { 0 };

		CHECK(rec_metrics_parse(&ms, bad[i].text, &e) == -1 && e.code == REC_EUSAGE, "%s",
		      bad[i].text);
		CHECK(strcmp(e.msg, bad[i].message) == 0, "'%s'", e.msg);
		rec_metrics_free(&ms);
	}
	CHECK(rec_metrics_parse(&ms, "NDCG@3", &err) == 0 && strcmp(ms.m[0].name, "ndcg@3") == 0,
	      "capitals");
	rec_metrics_free(&ms);
	CHECK(rec_metrics_parse(&ms, "ndcg(gain=linear)@5,10", &err) == 0 && ms.n == 2 &&
		      strcmp(ms.m[1].name, "ndcg(gain=linear)@10") == 0,
	      "%zu", ms.n);
	CHECK(rec_metrics_parse(&ms, "recall", &err) == 0 && strcmp(ms.m[2].name, "recall@10") == 0,
	      "%zu", ms.n);
	rec_metric_define(&ms.m[2], text, sizeof text);
	CHECK(strcmp(text, "mean over users of hits in the first 10 / |truth|") == 0, "%s", text);
	rec_metrics_free(&ms);
}

/* Expected values: scipy 1.17.1. */
static void statistics(void)
{
	static const struct rec_draws none;
	static const double a[] = { 0.5, -0.25, 1, 0.75, 0.125, -0.5, 2, 0.3125 },
			    b[] = { 0.5, -0.25, 1, 0.75, 0.125, -0.625, 2, 0.3125 },
			    same[4] = { 0 };
	static const double equal[] = { 0.5, 0.5, 0.5 };
	double c[80], x[80], sum;
	struct rec_tested t;
	int ok = 1;

	for (int i = 0; i < 80; i++)
		c[i] = (i * 37 % 23 - 9) / 8.0;
	CHECK(near(rec_lgamma(0.5), 0.5723649429247, 1e-12) &&
		      near(rec_lgamma(3.25), 0.9358019311087253, 1e-12),
	      "lgamma");
	CHECK(near(rec_lgamma(1), 0, 1e-13) && near(rec_lgamma(15000.5), 129238.00113702062, 1e-13),
	      "lgamma");
	CHECK(near(rec_incomplete_beta(0.5, 0.5, 0.3), 0.36901011956554536, 1e-11), "%.17g",
	      rec_incomplete_beta(0.5, 0.5, 0.3));
	CHECK(near(rec_incomplete_beta(3.5, 0.5, 0.8), 0.22745281805976308, 1e-11), "%.17g",
	      rec_incomplete_beta(3.5, 0.5, 0.8));
	CHECK(near(rec_incomplete_beta(2, 5, 0.1), 0.114265, 1e-11), "%.17g",
	      rec_incomplete_beta(2, 5, 0.1));
	CHECK(near(rec_incomplete_beta(15000, 0.5, 0.9999), 0.08325937706226412, 1e-9), "%.17g",
	      rec_incomplete_beta(15000, 0.5, 0.9999));
	ok &= rec_test_paired(&t, REC_TEST_T, a, 8, &none, &err) == 0;
	CHECK(near(t.p, 0.118965401014503, 1e-10) && near(t.statistic, 1.776133359423664, 1e-14),
	      "%.15g %.15g", t.p, t.statistic);
	ok &= rec_test_paired(&t, REC_TEST_T, c, 80, &none, &err) == 0;
	CHECK(near(t.p, 0.0205853880179235, 1e-10), "%.15g", t.p);
	ok &= rec_test_paired(&t, REC_TEST_T, same, 4, &none, &err) == 0;
	CHECK(t.p == 1, "%g", t.p);
	ok &= rec_test_paired(&t, REC_TEST_T, equal, 3, &none, &err) == 0;
	CHECK(t.p == 0, "%g", t.p);
	ok &= rec_test_paired(&t, REC_TEST_WILCOXON, b, 8, &none, &err) == 0;
	CHECK(t.exact && t.p == 0.1484375 && t.statistic == 7, "%.15g %g", t.p, t.statistic);
	ok &= rec_test_paired(&t, REC_TEST_WILCOXON, c, 80, &none, &err) == 0;
	CHECK(!t.exact && t.n == 77 && t.statistic == 1066 && near(t.p, 0.02688835357211165, 1e-10),
	      "%.15g %g", t.p, t.statistic);
	ok &= rec_test_paired(&t, REC_TEST_WILCOXON, same, 4, &none, &err) == 0;
	CHECK(t.p == 1 && t.n == 0, "%g", t.p);
	ok &= rec_test_paired(&t, REC_TEST_RANDOMIZATION, a, 8,
			      &(struct rec_draws){ 20000, 5, NULL }, &err) == 0;
	/* 30 of the 256 sign patterns lie as far out */
	CHECK(fabs(t.p - 30.0 / 256) < 0.01, "%g", t.p);
	for (int i = 0; i < 80; i++)
		x[i] = 0.25;
	ok &= rec_bootstrap(&sum, &x[0], c, NULL, 80, &(struct rec_draws){ 2000, 3, NULL }, &err) ==
	      0;
	/* mean 0.2219, standard error 0.0933 */
	CHECK(sum < x[0] && near(sum, 0.039, 0.01) && near(x[0], 0.4048, 0.01), "%g %g", sum, x[0]);
	CHECK(ok, "%s", err.msg);
}

/*
 * The number of sign patterns of a whose mean is as far from 0, for the test
 * above.
 */
static void count_patterns(void)
{
	static const double a[] = { 0.5, -0.25, 1, 0.75, 0.125, -0.5, 2, 0.3125 };
	int far = 0;

	for (int bits = 0; bits < 256; bits++) {
		double s = 0;

		for (int i = 0; i < 8; i++)
			s += bits >> i & 1 ? a[i] : -a[i];
		far += fabs(s) >= 3.9375;
	}
	CHECK(far == 30, "%d", far);
}

/*
 * Ranks of a model that puts the relevant item high: the estimate comes close
 * to the value over all items, the sampled value does not.
 */
static void sampled(void)
{
	enum { N = 2000, M = 100, K = 10, USERS = 20000 };
	double *b = rec_zalloc(N, sizeof *b, &err), *w = rec_alloc(N, sizeof *w, &err), full = 0,
	       raw = 0, corrected = 0;
	int rc = 0;

	for (int r = 0; r < K; r++)
		b[r] = 1;	/* recall@10 of one relevant item */
	rc |= rec_sampled_estimate(w, b, 1, N, N - 1, 0.01, &err);
	for (int r = 0; r < N && rc == 0; r++)
		CHECK(near(w[r], b[r], 1e-9), "all drawn: rank %d: %g", r + 1, w[r]);
	rc |= rec_sampled_estimate(w, b, 1, N, M, 0.01, &err);
	CHECK(rc == 0, "%s", err.msg);
	for (uint64_t u = 0; u < USERS; u++) {
		uint64_t key = rec_mix2(11, u);
		double x = rec_unit(rec_random(key, 0));
		uint32_t above = (uint32_t)(x * x * x * (N - 1)), left = above, j = 0;

		/* without replacement: of what is left, `left` stand above */
		for (uint32_t i = 0; i < M; i++)
			if (rec_below(rec_random(key, 1 + i), N - 1 - i) < left) {
				left--;
				j++;
			}
		full += b[above] / USERS;
		raw += (j < K) / (double)USERS;
		corrected += w[j] / USERS;
	}
	CHECK(fabs(corrected - full) < 0.02 && fabs(raw - full) > 0.2,
	      "over all items %g, corrected %g, sampled %g", full, corrected, raw);
	free(b);
	free(w);
}

/* Three of five items are listed 1, 1 and 2 times. */
static void catalogue(void)
{
	uint64_t ptr[] = { 0, 3, 3, 5 };
	uint32_t listed[] = { 0, 1, REC_NONE, 1, 2 };
	struct rec_results r = { .nitems = 5, .listed_ptr = ptr, .listed = listed };
	struct rec_catalogue c;

	r.user.n = 3;
	r.item.n = 3;
	CHECK(rec_catalogue_count(&c, &r, (const unsigned char *)"\1\1\1", 3, &err) == 0, "%s",
	      err.msg);
	CHECK(c.coverage == 0.6 && c.lists == 2 && c.unknown == 1 && c.listed == 3, "%g %u",
	      c.coverage, (unsigned)c.lists);
	CHECK(near(c.gini, (0 * 1 + 2 * 1 + 4 * 2) / (5.0 * 4), 1e-15), "%g", c.gini);
	CHECK(rec_catalogue_count(&c, &r, (const unsigned char *)"\1\1\1", 1, &err) == 0 &&
		      c.coverage == 0.4,
	      "%g", c.coverage);
	CHECK(rec_catalogue_count(&c, &r, (const unsigned char *)"\0\1\0", 3, &err) == 0 &&
		      c.lists == 0 && c.gini == 0,
	      "%g", c.gini);
}

int main(void)
{
	tables();
	by_hand();
	perfect();
	expectations();
	auc_ties();
	names();
	statistics();
	count_patterns();
	sampled();
	catalogue();
	return finished("eval");
}

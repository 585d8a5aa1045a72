/* SPDX-License-Identifier: MIT */
/*
 * models.c - hostile models: read as rec-topn and the others read them, and
 * used where they load by what the commands call: rec-topn, rec-score, rec-als
 * --init-from and --half, rec-sim --from-factors and --merge, rec-eval
 * --summarize.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/als.h"
#include "eval/peruser.h"
#include "eval/summary.h"
#include "load/load.h"
#include "recpipe/matrix.h"
#include "score/stream.h"
#include "sim/factors.h"
#include "sim/methods.h"
#include "sim/combine.h"
#include "sim/partial.h"
#include "sim/sim.h"
#include "sim/sums_check.h"
#include "sim/sums_load.h"
#include "topn/topn.h"

#include "fuzz.h"

enum { USERS = 12, ITEMS = 10 };

static const char rows_text[] =
	"u00001\ti00001\nu00001\ti00003\nu00002\ti00002\nzoe\ti00001\nu00003\tzebra\n";

static struct rec_run machine;
static struct rec_sparse pairs;	 /* that the seeds were made of */
static struct rec_model good;
static struct rec_survey whole;	 /* of the sums among the seeds */
static struct rec_out *sink;

static struct rec_in *seed_in(struct memory *m, const char *target, const char *name)
{
	const struct target *t = target_find(target);

	for (size_t i = 0; i < t->nseeds; i++)
		if (strcmp(t->seed[i].name, name) == 0)
			return memory_in(m, t->seed[i].p, t->seed[i].n);
	need(-1, &(struct rec_err){ .msg = "a seed that models.c needs is missing" });
	return NULL;
}

static void make_pairs(struct rec_err *e)
{
	const struct rec_load how = { .repeats = REC_REPEATS_SUM };
	static char text[USERS * ITEMS * 20];
	struct memory m = { 0 };
	size_t n = 0;

	for (unsigned u = 0; u < USERS; u++)
		for (unsigned i = 0; i < ITEMS; i++)
			if ((u * 7 + i * 5 + u * i) % 3 == 0)
				n += (size_t)sprintf(text + n, "u%05u\ti%05u\t%u\n", u, i,
						     1 + (u + i) % 5);
	need(rec_sparse_load(&pairs, memory_in(&m, text, n), &how, NULL, e), e);
	free(m.p);
}

/* What the consumers work with, once. */
static void begin(void)
{
	static struct memory kept;
	struct memory m = { 0 };
	struct rec_err e = { 0 };
	struct rec_in *in;

	if (sink)
		return;
	need(rec_out_open(&sink, "/dev/null", &e), &e);
	need(rec_kernel_pick(&machine.kernel, NULL, &e), &e);
	make_pairs(&e);
	need(rec_model_load(&good, seed_in(&kept, "model", "ok-implicit"), false, NULL, &e), &e);
	in = seed_in(&m, "survey", "ok-two-shards");
	need(rec_survey_read(&whole, in, &e), &e);
	rec_in_close(in);
	free(m.p);
}

/* -- consumers of a model -- */

static void ranks(struct rec_topn *t, struct rec_pairs *h, struct rec_err *e)
{
	struct rec_topn_rows rows = { .history = h, .last = pairs.row.n };
	struct rec_topn_counts counts = { 0 };

	if (draw(4) == 0 && !went_well(rec_topn_part(t, &rows, 1 + (uint32_t)draw(2), 2, e), e))
		return;
	went_well(rec_topn_write(t, &rows, sink, draw(2), &counts, e), e);
}

static void scores(const struct rec_scorer *s, struct rec_pairs *h, struct rec_err *e)
{
	struct rec_score_opts o = { .cold = (enum rec_cold_pair)draw(2),
				    .history = draw(2) ? h : NULL };
	static struct memory m;
	struct rec_score_counts counts = { 0 };
	struct rec_rows *in;
	int clamp = draw(2) ? rec_clamp_train(&o.lo, &o.hi, &s->part[0].model->meta, e) : 0;

	if (clamp < 0 && !went_well(clamp, e))
		return;
	o.clamp = clamp > 0;
	if (!went_well(
		    rec_rows_open(&in, memory_in(&m, rows_text, sizeof rows_text - 1), 0, NULL, e),
		    e))
		return;
	went_well(rec_score_stream(s, &o, in, sink, draw(32) == 0, &counts, e), e);
	rec_rows_close(in);
}

static void scorer(const struct rec_model *m, struct rec_err *e)
{
	const struct rec_model *both[] = { m, &good };
	double weight[] = { 0.5, 2 };
	struct rec_scorer_opts o = { .model = both,
				     .nmodels = 1 + (draw(4) == 0),
				     .weight = draw(4) ? NULL : weight,
				     .fold_in = draw(3) == 0,
				     .unknown_users = draw(2),
				     .similar = draw(5) == 0,
				     .interactions = draw(3) ? &pairs : NULL,
				     .index = draw(2) };
	struct rec_topn_opts to = { .n = 1 + (uint32_t)draw(5), .keep_seen = draw(4) == 0 };
	bool ranking = draw(2);
	struct rec_pairs h = { 0 };
	struct rec_topn *t = NULL;
	struct rec_scorer s;

	o.scale = ranking && draw(4) == 0 ? (enum rec_scale)draw(3) : REC_SCALE_RAW;
	o.similar = o.similar && ranking && !o.fold_in;
	if (!went_well(rec_scorer_new(&s, &o, &machine, e), e))
		return;
	if (went_well(rec_pairs_new(&h, &pairs, &s.items, !ranking, NULL, e), e)) {
		if (!ranking)
			scores(&s, &h, e);
		else if (went_well(rec_topn_new(&t, &s, &to, e), e))
			ranks(t, &h, e);
	}
	rec_topn_free(t);
	rec_pairs_free(&h);
	rec_scorer_free(&s);
}

static struct rec_als_opts als_opts(unsigned k, bool ratings, bool bias)
{
	struct rec_als_opts o;

	rec_als_defaults(&o);
	o.factors = k;
	o.iterations = 1;
	o.explicit_loss = ratings;
	o.bias = bias;
	return o;
}

static struct rec_sim_opts sim_opts(const char *method)
{
	struct rec_sim_opts o;

	rec_sim_defaults(&o, rec_sim_method(method));
	o.part = o.parts = 1;
	return o;
}

static bool is_explicit(const struct rec_model *m)
{
	const char *loss = rec_meta_get(&m->meta, "loss");

	return loss && strcmp(loss, "explicit") == 0;
}

/* As rec-als --init-from: the number of factors that the metadata say. */
static void starts(const struct rec_model *m, struct rec_err *e)
{
	const char *k = rec_meta_get(&m->meta, "factors");
	unsigned long factors = k ? strtoul(k, NULL, 10) : 0;
	struct rec_als_opts o = als_opts(factors >= 1 && factors <= 256 ? (unsigned)factors : 4,
					 is_explicit(m), draw(4) != 0);
	struct rec_als_job job = { .init = m };
	struct rec_model made;

	o.iterations = (uint32_t)draw(2);
	if (draw(4) == 0)
		o.solver = REC_CG;
	if (went_well(rec_als_train(&made, &pairs, &o, &job, &machine, e), e)) {
		rec_model_free(&made);
	}
}

static void half(const struct rec_model *m, struct rec_err *e)
{
	uint64_t unknown = 0;
	struct rec_als_half_opts o = { .users = draw(2),
				       .transposed = draw(3) == 0,
				       .parts = 1 + (uint32_t)draw(2),
				       .unknown = &unknown };
	struct rec_model made;

	o.part = 1 + (uint32_t)draw(o.parts);
	if (went_well(rec_als_half(&made, m, &pairs, &o, &machine, e), e)) {
		went_well(rec_model_write(sink, &made, true, NULL, e), e);
		rec_model_free(&made);
	}
}

static void from_factors(const struct rec_model *m, struct rec_err *e)
{
	struct rec_sim_opts o = sim_opts(draw(2) ? "cosine" : "dot");
	struct rec_sim_cost cost;
	struct rec_model made;

	o.neighbours = (uint32_t)draw(4);
	o.side_user = draw(2);
	o.keep_history = draw(3) == 0;
	o.normalize = (enum rec_sim_normalize)draw(3);
	o.parts = 1 + (uint32_t)draw(2);
	o.part = 1 + (uint32_t)draw(o.parts);
	rec_sim_factors_cost(&cost, m, &o, 1);
	if (went_well(rec_sim_from_factors(&made, m, &o, &machine, e), e)) {
		went_well(rec_model_write(sink, &made, true, NULL, e), e);
		rec_model_free(&made);
	}
}

static void use(struct rec_model *m, bool halves, struct rec_err *e)
{
	switch (halves ? 6 : draw(8)) {
	case 0: starts(m, e); break;
	case 1: from_factors(m, e); break;
	case 2: went_well(rec_model_write(sink, m, draw(2), NULL, e), e); break;
	case 6: half(m, e); break;
	default: scorer(m, e); break;
	}
	rec_model_free(m);
}

/* As every command does, then as a half-step does, or without checking CRCs. */
int read_model(const struct target *t, const unsigned char *p, size_t n)
{
	static struct memory a, b;
	struct rec_err e = { 0 };
	struct rec_model m;
	int rc;

	(void)t;
	begin();
	rc = rec_model_load(&m, memory_in(&a, p, n), false, NULL, &e);
	if (went_well(rc, &e))
		use(&m, false, &e);
	e = (struct rec_err){ 0 };
	if (draw(2)) {
		if (went_well(rec_model_load_half(&m, memory_in(&b, p, n), draw(8) == 0, NULL, &e),
			      &e))
			use(&m, true, &e);
	} else if (rc != 0 &&
		   went_well(rec_model_load(&m, memory_in(&b, p, n), true, NULL, &e), &e)) {
		use(&m, false, &e);
	}
	return rc;
}

/* -- sums, surveys, text per user -- */

static void add_up_sums(const unsigned char *p, size_t n, const struct rec_sim_opts *o, bool trust)
{
	static struct memory file;
	const struct rec_sums_load how = { .o = o, .some = true, .trust = trust };
	struct rec_err e = { 0 };
	struct rec_sums s;
	uint64_t cells = 0;

	if (!went_well(rec_sums_load(&s, memory_in(&file, p, n), &how, NULL, &e), &e))
		return;
	went_well(rec_combine_write(sink, &s, true, &cells, &machine, &e), &e);
	rec_sums_free(&s);
}

static int merge_sums(const unsigned char *p, size_t n, const struct rec_sim_opts *o, bool trust)
{
	static struct memory file;
	struct rec_err e = { 0 };
	struct rec_model made;
	struct rec_sums s;
	const struct rec_sums_load how = { .o = o, .trust = trust };

	if (!went_well(rec_sums_load(&s, memory_in(&file, p, n), &how, NULL, &e), &e))
		return -1;
	if (went_well(rec_sim_merge(&made, &s, o, &machine, &e), &e)) {
		went_well(rec_model_write(sink, &made, true, NULL, &e), &e);
		rec_model_free(&made);
	}
	rec_sums_free(&s);
	return 0;
}

/* Some method can use them, with or without what all of them come to. */
int read_sums(const struct target *t, const unsigned char *p, size_t n)
{
	static const char *const methods[] = { "cosine", "p3alpha", "popular" };
	struct rec_sim_opts o;
	int rc = -1;

	(void)t;
	begin();
	for (size_t i = 0; i < 2 * COUNT(methods); i++) {
		o = sim_opts(methods[i / 2]);
		o.whole = i % 2 ? &whole : NULL;
		o.neighbours = o.neighbours && draw(2) ? 3 : 0;
		if (merge_sums(p, n, &o, draw(8) == 0) == 0)
			rc = 0;
		if (!o.whole)
			add_up_sums(p, n, &o, draw(8) == 0);
	}
	return rc;
}

int read_survey(const struct target *t, const unsigned char *p, size_t n)
{
	struct rec_sim_opts o = sim_opts("p3alpha");
	struct rec_partial partial = {
		.o = &o, .duplicates = "sum", .version = "0", .binary = true, .groups = 2
	};
	struct rec_out *const both[] = { sink, sink };
	static struct memory file;
	struct rec_in *in = memory_in(&file, p, n);
	struct rec_err e = { 0 };
	struct rec_survey s;
	int rc = rec_survey_read(&s, in, &e);

	(void)t;
	begin();
	rec_in_close(in);
	if (!went_well(rc, &e) || !went_well(rec_sums_check_whole(&s, &o, &e), &e))
		return rc;
	o.whole = &s;
	went_well(rec_partial_write(both, &pairs, &partial, &machine, &e), &e);
	return 0;
}

int read_per_user(const struct target *t, const unsigned char *p, size_t n)
{
	const struct rec_summary_opts o = { .bootstrap = draw(8) ? 0 : 40, .seed = 1 };
	static struct memory file;
	struct rec_in *in = memory_in(&file, p, n);
	struct rec_err e = { 0 };
	struct rec_results r;
	struct rec_summary s;
	int rc = rec_peruser_read(&r, in, &e);

	(void)t;
	begin();
	rec_in_close(in);
	if (!went_well(rc, &e))
		return -1;
	if (went_well(rec_summarize(&s, &r, &o, NULL, &e), &e)) {
		went_well(rec_summary_write(sink, &s, draw(2), &e), &e);
		rec_summary_free(&s);
	}
	rec_results_free(&r);
	return 0;
}

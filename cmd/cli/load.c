/* SPDX-License-Identifier: MIT */
/* cmd/cli/load.c - inputs that several commands read alike. */
#include "cmd/cli/load.h"

#include <stdlib.h>
#include <string.h>

#include "als/report.h"
#include "base/mem.h"
#include "io/num.h"
#include "io/unit.h"
#include "io/when.h"
#include "load/load.h"
#include "recpipe/matrix.h"
#include "score/score.h"

const char *const cli_repeats[] = { [REC_REPEATS_SUM] = "sum",
				    [REC_REPEATS_MAX] = "max",
				    [REC_REPEATS_LAST] = "last",
				    [REC_REPEATS_FAIL] = "fail",
				    NULL };

static bool trusted(void)
{
	return cli_the_spec->common->trust;
}

/* Values that are moments are times in the wrong column. */
static const char *misplaced(const struct rec_lost *l)
{
	double x;
	bool number = rec_num_f64(l->value.written, strlen(l->value.written), &x) == REC_NUM_OK;
	enum rec_unit u = number && l->values ? rec_unit_of(x, x) : REC_UNIT_NONE;

	return u >= REC_UNIT_S && u <= REC_UNIT_NS ? "; a time belongs into the fourth column" : "";
}

void cli_tell_lost(const struct rec_lost *l)
{
	const struct rec_lost_number *first = l->values ? &l->value : &l->time;
	unsigned long long values = l->values, times = l->times;

	if (values == 0 && times == 0)
		return;
	if (values > 0 && times > 0)
		cli_note("%llu value%s and %llu time%s have more digits than are kept (first: %s: "
			 "'%s' is read as %s)",
			 values, cli_s(values), times, cli_s(times), first->where, first->written,
			 first->kept);
	else if (values + times == 1)
		cli_note("%s: '%s' has more digits than are kept: it is read as %s%s", first->where,
			 first->written, first->kept, misplaced(l));
	else
		cli_note("%llu %s have more digits than are kept (first: %s: '%s' is read as %s)%s",
			 values + times, values ? "values" : "times", first->where, first->written,
			 first->kept, misplaced(l));
}

void cli_tell_mixed_times(uint64_t n, uint64_t large)
{
	if (large > 0 && large < n)
		cli_note("%llu of %llu time%s %s beyond 1e11, as milliseconds are, the others not: "
			 "are all of one unit?",
			 (unsigned long long)large, (unsigned long long)n, cli_s(n),
			 large == 1 ? "is" : "are");
}

/* Load, and say what got lost. */
static int load_sparse(struct rec_sparse *s, struct rec_in *in, const struct rec_load *how,
		       const struct rec_run *run, struct rec_err *e)
{
	if (rec_sparse_load(s, in, how, run->pool, e) != 0)
		return -1;
	cli_tell_lost(&s->lost);
	if (how->repeats == REC_REPEATS_LAST && s->repeats > 0)
		cli_tell_mixed_times(s->times, s->large_times);
	return 0;
}

int cli_load_rows(struct rec_rows **rows, const char *what, unsigned flags,
		  const struct rec_run *run, struct rec_err *e)
{
	struct rec_in *in;

	if (cli_in(&in, NULL, what, e) != 0)
		return -1;
	if (rec_rows_open(rows, in, flags | (trusted() ? REC_ROWS_TRUST : 0), run->pool, e) == 0)
		return 0;
	rec_in_close(in);
	return -1;
}

int cli_load_pairs(struct rec_sparse *s, const char *path, const char *what,
		   enum rec_repeats repeats, const struct rec_run *run, struct rec_err *e)
{
	struct rec_load how = { .repeats = repeats,
				.times = repeats == REC_REPEATS_LAST,
				.trust = trusted(),
				.no_sums = true,
				.what = what };
	struct rec_in *in;

	if (!path)
		return 0;
	return cli_in(&in, path, what, e) == 0 ? load_sparse(s, in, &how, run, e) : -1;
}

static int load_all_rows(struct rec_sparse *s, const char *path, const struct rec_load *how,
			 const struct rec_run *run, struct rec_err *e)
{
	struct rec_in *in;

	return cli_in(&in, path, "interactions", e) == 0 ? load_sparse(s, in, how, run, e) : -1;
}

int cli_load_all_rows(struct rec_sparse *s, const char *path, const char *what, bool compare_times,
		      const struct rec_run *run, struct rec_err *e)
{
	const struct rec_load how = { .repeats = REC_REPEATS_KEEP,
				      .times = true,
				      .compare_times = compare_times,
				      .trust = trusted(),
				      .no_sums = true,
				      .what = what };

	return load_all_rows(s, path, &how, run, e);
}

int cli_load_rows_alone(struct rec_sparse *s, const struct rec_run *run, struct rec_err *e)
{
	return load_all_rows(s, NULL,
			     &(struct rec_load){ .repeats = REC_REPEATS_KEEP,
						 .times = true,
						 .trust = trusted(),
						 .no_digest = true },
			     run, e);
}

static int load_interactions(struct rec_sparse *x, const struct rec_load *how, bool transposed,
			     const struct rec_run *run, struct rec_err *e)
{
	struct rec_in *in;

	cli_phase("read");
	if (cli_in(&in, NULL, "interactions", e) != 0 || load_sparse(x, in, how, run, e) != 0)
		return -1;
	cli_stat_u64("rows", x->digest.cells);
	cli_stat_u64("users", transposed ? x->m.ncols : x->m.nrows);
	cli_stat_u64("items", transposed ? x->m.nrows : x->m.ncols);
	cli_stat_u64("pairs", x->m.nnz);
	cli_stat_u64("repeats", x->repeats);
	return 0;
}

int cli_load_interactions(struct rec_sparse *x, enum rec_repeats repeats, const struct rec_run *run,
			  struct rec_err *e)
{
	return load_interactions(
		x,
		&(struct rec_load){ .repeats = repeats, .trust = trusted(), .spill = cli_spill() },
		false, run, e);
}

int cli_load_pairs_alone(struct rec_sparse *x, enum rec_repeats repeats, bool transposed,
			 const struct rec_run *run, struct rec_err *e)
{
	return load_interactions(
		x, &(struct rec_load){ .repeats = repeats, .trust = trusted(), .no_digest = true },
		transposed, run, e);
}

int cli_load_model(struct rec_model *m, const char *path, const struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_in *in;

	if (cli_in(&in, path, "a model", e) != 0 ||
	    rec_model_load(m, in, trusted(), run->pool, e) != 0)
		return -1;
	cli_tell_lost(&m->lost);
	return 0;
}

int cli_load_half_model(struct rec_model *m, const char *path, const struct rec_run *run,
			struct rec_err *e)
{
	struct rec_in *in;

	return cli_in(&in, path, "a model", e) == 0 ?
		       rec_model_load_half(m, in, trusted(), run->pool, e) :
		       -1;
}

int cli_load_models(struct cli_models *ms, const struct cli_list *files, const char *blend,
		    const struct rec_run *run, struct rec_err *e)
{
	*ms = (struct cli_models){ .model = rec_zalloc(files->n, sizeof *ms->model, e),
				   .list = rec_zalloc(files->n, sizeof *ms->list, e) };
	if (!ms->model || !ms->list)
		return -1;
	for (; ms->n < files->n; ms->n++) {
		struct rec_model *m = &ms->model[ms->n];
		const char *loss;

		if (cli_load_model(m, files->item[ms->n], run, e) != 0)
			return -1;
		ms->list[ms->n] = m;
		loss = rec_meta_get(&m->meta, "loss");
		ms->explicit_loss |= loss && strcmp(loss, "explicit") == 0;
	}
	if (!blend)
		return 0;
	ms->weight = rec_alloc(ms->n, sizeof *ms->weight, e);
	return ms->weight ? rec_blend_parse(ms->weight, ms->n, blend, e) : -1;
}

void cli_free_models(struct cli_models *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		rec_model_free(&ms->model[i]);
	free(ms->model);
	free(ms->list);
	free(ms->weight);
	*ms = (struct cli_models){ 0 };
}

static bool meta_is(const struct rec_model *m, const char *key, const char *value)
{
	const char *x = rec_meta_get(&m->meta, key);

	return x && strcmp(x, value) == 0;
}

/*
 * What a dot product should be able to reach: a hundredth of what training
 * aimed at, or what is next to nothing where that isn't known; 0: nothing is
 * known.
 */
static double least_reach(const struct rec_model *m)
{
	struct rec_err e = { 0 };
	double n = 0, lo = 0, hi = 0;

	if (!meta_is(m, "algorithm", "als") ||
	    rec_meta_get_f64(&m->meta, "iterations", &n, &e) <= 0 || n == 0)
		return 0;	/* start values are small, and meant to be */
	if (meta_is(m, "loss", "explicit"))
		return rec_meta_get_f64(&m->meta, "value.min", &lo, &e) > 0 &&
				       rec_meta_get_f64(&m->meta, "value.max", &hi, &e) > 0 ?
			       (hi - lo) / 10 * rec_als_enough((uint64_t)n) :
			       0;
	return meta_is(m, "target", "one") ? rec_als_enough((uint64_t)n) : 1e-9;
}

bool cli_note_empty_models(const struct cli_models *ms, const struct cli_list *files)
{
	size_t empty = 0;

	for (size_t i = 0; i < ms->n; i++) {
		const struct rec_model *m = &ms->model[i];
		bool bias = meta_is(m, "bias", "1");
		double least = least_reach(m), reach;

		if (!m->has_factors || m->item.row.n == 0)
			continue;
		reach = rec_model_reach(m, least > 0 ? least : 1e-30);
		if (reach > 0 && reach >= least)
			continue;
		empty += reach == 0 && !bias;
		if (bias)
			cli_note("%s: its vectors are almost 0: items are in the order of their "
				 "biases, the same for all; see --reg in rec-als(1)",
				 files->item[i]);
		else if (reach == 0)
			cli_note("%s: the model's vectors are 0: it ranks nothing; see --reg in "
				 "rec-als(1)",
				 files->item[i]);
		else
			cli_note("%s: the model's vectors are almost 0: no score is above %.2g; "
				 "see --reg in rec-als(1)",
				 files->item[i], reach);
	}
	return empty == ms->n;
}

uint64_t cli_models_bytes(const struct cli_models *ms)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < ms->n; i++)
		bytes += rec_model_bytes(&ms->model[i]);
	return bytes;
}

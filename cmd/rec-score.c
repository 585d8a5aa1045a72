/* SPDX-License-Identifier: MIT */
/* rec-score - scores given pairs: stdin comes out as it went in, with the score as value. */
#include <string.h>

#include "cli.h"
#include "cli_load.h"
#include "model/score_stream.h"

static const char *const cold_names[] = { "mean", "drop", "fail", NULL };

static struct {
	struct cli_list models;
	const char *blend, *history, *interactions, *clamp;
	unsigned cold;
	bool fold_in;
	struct cli_common common;
} o = { .clamp = "train", .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_LIST('m', "model", "FILE", &o.models, "model to score with; again for a blend"),
	CLI_STRING(0, "blend", "W1,W2,...", &o.blend, "weight of each model (default: 1 each)"),
	CLI_FILE(0, "history", &o.history, "histories of users: for similarities, and for users that a factor model doesn't hold"),
	CLI_FLAG(0, "fold-in", &o.fold_in, "factor models: solve every user from --history, stored ones too"),
	CLI_FILE(0, "interactions", &o.interactions, "what users hold, for user-user models"),
	CLI_CHOICE(0, "cold", "mean|drop|fail", &o.cold, cold_names, "pairs that no model can score"),
	CLI_STRING(0, "clamp", "LO:HI|train|none", &o.clamp, "bounds of the scores; train: the range of training values, where the model knows it"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, NULL, CLI_TRUST_HELP),
	CLI_END,
};

static const struct cli_spec spec = {
	.name = "rec-score",
	.summary = "score given pairs",
	.synopsis = "rec-score -m MODEL [options] < pairs > scored",
	.hint = "reads stdin: rec-score -m model.rec < pairs.tsv",
	.opts = opts,
	.common = &o.common,
};

static struct work {
	struct cli_models models;
	struct rec_sparse history, interactions;
	struct rec_pairs history_pairs;
	struct rec_scorer scorer;
	struct rec_score_counts counts;
	struct rec_rows *rows;
} w;

static void check_options(void)
{
	if (o.models.n == 0)
		cli_usage("no model: give -m FILE");
	if (o.fold_in && !o.history)
		cli_usage("--fold-in needs --history FILE");
}

static int load(struct rec_run *run, struct rec_err *e)
{
	cli_phase("load");
	if (cli_load_models(&w.models, &o.models, o.blend, run, e) != 0 ||
	    cli_load_pairs(&w.history, o.history, "histories", w.models.explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM, run, e) != 0 ||
	    cli_load_pairs(&w.interactions, o.interactions, "interactions", REC_REPEATS_SUM, run, e) != 0)
		return -1;
	return cli_load_rows(&w.rows, "pairs", 0, run, e);
}

static int make(struct rec_run *run, struct rec_err *e)
{
	struct rec_scorer_opts so = {
		.model = w.models.list, .nmodels = w.models.n, .weight = w.models.weight, .fold_in = o.fold_in, .unknown_users = o.history,
		.interactions = o.interactions ? &w.interactions : NULL, .index = true,
	};
	size_t i;

	cli_phase("prepare");
	if (rec_scorer_new(&w.scorer, &so, run, e))
		return -1;
	for (i = 0; i < w.scorer.nparts && !o.history; i++)
		if (w.scorer.part[i].kind == REC_PART_SPARSE || w.scorer.part[i].kind == REC_PART_DENSE)
			return rec_err_set(e, REC_EUSAGE, "%s: a similarity scores the histories of users: give --history FILE", o.models.item[i]);
	return o.history ? rec_pairs_new(&w.history_pairs, &w.history, &w.scorer.items, true, run->pool, e) : 0;
}

/* train is the range in the metadata; a blend has none. */
static int bounds(struct rec_score_opts *so, struct rec_err *e)
{
	int rc = 1;

	if (!strcmp(o.clamp, "none"))
		return 0;
	if (strcmp(o.clamp, "train"))
		rc = rec_clamp_parse(&so->lo, &so->hi, o.clamp, e) ? -1 : 1;
	else
		rc = w.scorer.blend ? 0 : rec_clamp_train(&so->lo, &so->hi, &w.models.model[0].meta, e);
	so->clamp = rc > 0;
	return rc < 0 ? -1 : 0;
}

static uint64_t memory(const struct rec_run *run)
{
	return cli_models_bytes(&w.models) + rec_score_scratch_size(&w.scorer) * rec_pool_size(run->pool) + 12 * (w.history.m.nnz + w.interactions.m.nnz);
}

static int score(struct rec_err *e)
{
	struct rec_score_opts so = { .cold = (enum rec_cold_pair)o.cold, .history = o.history ? &w.history_pairs : NULL };
	struct rec_out *out;

	if (bounds(&so, e) || cli_out(&out, o.common.output, o.common.binary, e))
		return -1;
	cli_phase("score");
	return rec_score_stream(&w.scorer, &so, w.rows, out, o.common.binary, &w.counts, e);
}

/* Values are replaced by scores, and times go out as they were written, but in recmat. */
static void tell_lost(void)
{
	struct rec_lost l = *rec_rows_lost(w.rows);

	l.values = 0;
	if (o.common.binary)
		cli_tell_lost(&l);
}

static void tell(void)
{
	tell_lost();
	cli_stat_u64("rows", w.counts.pairs);
	cli_stat_u64("rows.cold", w.counts.cold);
	cli_stat_u64("rows.clamped", w.counts.clamped);
	if (w.counts.cold)
		cli_note(o.cold == REC_COLD_PAIR_DROP ? "%llu of %llu pairs can be scored by no model: dropped" :
							"%llu of %llu pairs can be scored by no model: given what is known of them (--cold drop drops them)",
			 (unsigned long long)w.counts.cold, (unsigned long long)w.counts.pairs);
}

static void free_work(void)
{
	rec_scorer_free(&w.scorer);
	rec_pairs_free(&w.history_pairs);
	rec_rows_close(w.rows);
	rec_sparse_free(&w.history);
	rec_sparse_free(&w.interactions);
	cli_free_models(&w.models);
}

static int run(struct rec_err *e)
{
	struct cli_amount more[] = { { "items", 0 }, { NULL, 0 } };
	struct rec_run *r;
	int rc;

	check_options();
	if (cli_run(&r, e) != 0 || load(r, e) != 0 || make(r, e) != 0)
		return -1;
	more[0].n = w.scorer.items.n;
	rc = cli_need(memory(r), more, e);
	if (rc == 0)
		rc = score(e);
	if (rc < 0)
		return -1;
	tell();
	if (o.cold == REC_COLD_PAIR_DROP && w.counts.pairs && w.counts.cold == w.counts.pairs)
		return rec_err_set(e, REC_EDATA, "no pair could be scored");
	free_work();
	return cli_commit(e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

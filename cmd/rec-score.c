/* SPDX-License-Identifier: MIT */
/*
 * rec-score - scores given pairs: stdin comes out as it went in, with the score
 * as value.
 */
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/cli/side.h"
#include "recmat/recmat.h"
#include "score/stream.h"

static const char *const cold_names[] = { "mean", "drop", "fail", NULL };

static struct {
	struct cli_list models;
	const char *blend, *history, *interactions, *clamp;
	unsigned cold;
	bool fold_in;
	struct cli_common common;
} o = { .clamp = "train", .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_LIST('m', "model", "FILE", &o.models, "the model; more than one for a blend"),
	CLI_STRING(0, "blend", "W1,W2,...", &o.blend, "weight of each model (default: 1 each)"),
	CLI_FILE(0, "history", &o.history,
		 "histories of users, for similarities and for users that a factor model "
		 "does not hold"),
	CLI_FLAG(0, "fold-in", &o.fold_in,
		 "factor models: compute every user's vector from --history, even if the "
		 "model has one"),
	CLI_FILE(0, "interactions", &o.interactions, "pairs of all users, for user-user models"),
	CLI_CHOICE(0, "cold", "mean|drop|fail", &o.cold, cold_names,
		   "what to do with pairs that no model can score"),
	CLI_STRING(0, "clamp", "LO:HI|train|none", &o.clamp,
		   "bounds of the scores; train: the range of the training values, if the "
		   "model holds it"),
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
	    cli_load_pairs(&w.history, o.history, "histories",
			   w.models.explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM, run,
			   e) != 0 ||
	    cli_load_pairs(&w.interactions, o.interactions, "interactions", REC_REPEATS_SUM, run,
			   e) != 0)
		return -1;
	return cli_load_rows(&w.rows, "pairs", 0, run, e);
}

/* The items of the first model, to compare others with. */
static const struct rec_labels *model_items(void)
{
	const struct rec_model *m = w.models.list[0];

	return m->has_factors ? &m->item.row : m->has_similarity ? &m->row : &m->offset.row;
}

/* Histories name items of the models; interactions are those of neighbours. */
static int check_sides(struct rec_err *e)
{
	struct cli_side history = { "history", o.history, &w.history, true },
			users = { "interactions", o.interactions, &w.interactions, true };
	bool used = false;

	if (o.history) {
		if (cli_side_filled(&history, e) != 0 ||
		    cli_side_apart(&history, "no model holds any of its items", &w.history.col,
				   &w.scorer.items, "in the model", e) != 0)
			return -1;
		cli_side_count(&history, w.history_pairs.column_to_item, "that no model holds");
	}
	if (!o.interactions)
		return 0;
	if (cli_side_filled(&users, e) != 0)
		return -1;
	for (size_t i = 0; i < w.scorer.nparts; i++) {
		const struct rec_scorer_part *p = &w.scorer.part[i];

		used = used || p->kind == REC_PART_USERS;
		if (p->kind == REC_PART_USERS &&
		    cli_side_apart(&users, "none of its users is in the model", &w.interactions.row,
				   &p->model->col, "in the model", e) != 0)
			return -1;
	}
	if (!used)
		cli_note("--interactions %s: nothing uses it; it is for user-user models",
			 o.interactions);
	return 0;
}

static int make(struct rec_run *run, struct rec_err *e)
{
	struct rec_scorer_opts so = {
		.model = w.models.list,
		.nmodels = w.models.n,
		.weight = w.models.weight,
		.fold_in = o.fold_in,
		.unknown_users = o.history,
		.interactions = o.interactions ? &w.interactions : NULL,
		.index = true,
	};
	size_t i;

	cli_phase("prepare");
	cli_note_empty_models(&w.models, &o.models);
	if (rec_scorer_new(&w.scorer, &so, run, e))
		return -1;
	for (i = 0; i < w.scorer.nparts && !o.history; i++)
		if (w.scorer.part[i].kind == REC_PART_SPARSE ||
		    w.scorer.part[i].kind == REC_PART_DENSE)
			return rec_err_set(e, REC_EUSAGE,
					   "%s: a similarity scores the histories of users: give "
					   "--history FILE",
					   o.models.item[i]);
	if (o.history &&
	    rec_pairs_new(&w.history_pairs, &w.history, &w.scorer.items, true, run->pool, e) != 0)
		return -1;
	return check_sides(e);
}

/*
 * The first implicit model whose scores go from 0 to 1, or NULL: they are no
 * ratings.
 */
static const char *implicit_model(void)
{
	for (size_t i = 0; i < w.models.n; i++) {
		const char *loss = rec_meta_get(&w.models.model[i].meta, "loss"),
			   *target = rec_meta_get(&w.models.model[i].meta, "target");

		if (loss && !strcmp(loss, "implicit") && target && !strcmp(target, "one"))
			return o.models.item[i];
	}
	return NULL;
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
		rc = w.scorer.blend ? 0 :
				      rec_clamp_train(&so->lo, &so->hi, &w.models.model[0].meta, e);
	so->clamp = rc > 0;
	return rc < 0 ? -1 : 0;
}

static uint64_t memory(const struct rec_run *run)
{
	return cli_models_bytes(&w.models) +
	       rec_score_scratch_size(&w.scorer) * rec_pool_size(run->pool) +
	       12 * (w.history.m.nnz + w.interactions.m.nnz);
}

static int score(struct rec_err *e)
{
	struct rec_score_opts so = { .cold = (enum rec_cold_pair)o.cold,
				     .history = o.history ? &w.history_pairs : NULL,
				     .name = implicit_model() ? REC_SCORES_IMPLICIT : NULL };
	struct rec_out *out;

	if (bounds(&so, e) || cli_out(&out, o.common.output, o.common.binary, e))
		return -1;
	cli_phase("score");
	return rec_score_stream(&w.scorer, &so, w.rows, out, o.common.binary, &w.counts, e);
}

/*
 * Values are replaced by scores, and times go out as they were written, but in
 * recmat.
 */
static void tell_lost(void)
{
	struct rec_lost l = *rec_rows_lost(w.rows);

	l.values = 0;
	if (o.common.binary)
		cli_tell_lost(&l);
}

/* Histories of others alone. */
static void tell_no_history(void)
{
	char there[REC_LABEL_SHOWN], here[REC_LABEL_SHOWN];
	size_t n;
	const char *first = rec_label(&w.history.row, 0, &n);

	cli_note("--history %s: none of its users is on stdin: %s there, %s on stdin", o.history,
		 rec_label_show(there, first, n),
		 rec_label_show(here, w.counts.user, w.counts.user_len));
}

static void tell(void)
{
	tell_lost();
	cli_stat_u64("rows", w.counts.pairs);
	cli_stat_u64("rows.cold", w.counts.cold);
	cli_stat_u64("rows.clamped", w.counts.clamped);
	if (w.counts.pairs == 0)
		cli_note("the input is empty: no pairs to score");
	else if (w.counts.cold == w.counts.pairs && w.counts.known == 0)
		return;	/* an error says it */
	if (w.counts.cold)
		cli_note("%llu of %llu pair%s can be scored by no model: %s",
			 (unsigned long long)w.counts.cold, (unsigned long long)w.counts.pairs,
			 cli_s(w.counts.pairs),
			 o.cold == REC_COLD_PAIR_DROP ?
				 "dropped" :
				 "given what is known of them (--cold drop drops them)");
	if (o.history && w.counts.pairs && !w.counts.with_history)
		tell_no_history();
	if (w.counts.pairs && implicit_model())
		cli_note("%s: scores of an implicit model are no ratings; rmse and mae are for "
			 "rec-als --explicit",
			 implicit_model());
}

/*
 * The label of the first pair that the first model doesn't hold, and the one
 * most like it.
 */
static int fail_unknown(const char *what, const char *label, size_t len,
			const struct rec_labels *held, struct rec_err *e)
{
	char mine[REC_LABEL_SHOWN], like[REC_LABEL_SHOWN] = "nothing";
	uint32_t i = rec_labels_like(held, label, len);
	const char *x;
	size_t n;

	if (i != REC_NONE) {
		x = rec_label(held, i, &n);
		rec_label_show(like, x, n);
	}
	return rec_err_set(e, REC_EDATA,
			   "no pair could be scored: the first is of %s %s, which %s does not "
			   "hold; it holds %s",
			   what, rec_label_show(mine, label, len), o.models.item[0], like);
}

/* No pair has a score, and nothing is known of any. */
static int fail_unscored(struct rec_err *e)
{
	const struct rec_score_counts *c = &w.counts;
	const struct rec_model *m = w.models.list[0];

	if (rec_scorer_item(&w.scorer, c->item, c->item_len) == REC_NONE)
		return fail_unknown("item", c->item, c->item_len, model_items(), e);
	if (m->has_factors && !o.history &&
	    rec_labels_find(&m->user.row, c->user, c->user_len) == REC_NONE)
		return fail_unknown("user", c->user, c->user_len, &m->user.row, e);
	if (o.history && c->with_history == 0)
		tell_no_history();
	return rec_err_set(e, REC_EDATA,
			   "no pair could be scored: %llu of %llu have no score under any model",
			   (unsigned long long)c->cold, (unsigned long long)c->pairs);
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
	if (rc == 0)
		tell();
	if (w.counts.pairs && w.counts.cold == w.counts.pairs &&
	    (o.cold == REC_COLD_PAIR_DROP || w.counts.known == 0))
		return fail_unscored(e);
	free_work();
	return cli_commit(e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

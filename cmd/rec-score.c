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
	bool fold_in, chunk;
	struct cli_common common;
} o = { .clamp = "train", .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_LIST('m', "model", "FILE", &o.models, "the model; more than one for a blend"),
	CLI_STRING(0, "blend", "W1,W2,...", &o.blend, "weight of each model (default: 1 each)"),
	CLI_FILE(0, "history", &o.history,
		"histories of users, for similarities and for users that a factor model does "
		"not hold"),
	CLI_FLAG(0, "fold-in", &o.fold_in,
		"factor models: compute every user's vector from --history, even if the "
		"model has one"),
	CLI_FILE(0, "interactions", &o.interactions, "pairs of all users, for user-user models"),
	CLI_CHOICE(0, "cold", "mean|drop|fail", &o.cold, cold_names,
		"what to do with pairs that no model can score"),
	CLI_FLAG(0, "chunk", &o.chunk,
		"stdin is one of several chunks of the pairs: all of it may be cold"),
	CLI_STRING(0, "clamp", "LO:HI|train|none", &o.clamp,
		"bounds of the scores; train: the range of the training values, if the model "
		"holds it"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, NULL, CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-score",
	.summary = "score given pairs",
	.synopsis = "rec-score -m MODEL [options] < pairs > scored",
	.hint = "reads stdin: rec-score -m model.rec < pairs.tsv",
	.opts = opts,
	.common = &o.common,
};

struct inputs {
	struct cli_models models;
	struct rec_sparse history, interactions;
	struct rec_rows *pairs;	/* stdin */
};

struct scoring {
	struct rec_scorer scorer;
	struct rec_pairs history;	/* by item of the scorer */
};

static void check_options(void)
{
	if (o.models.n == 0)
		cli_usage("no model: give -m FILE");
	if (o.fold_in && !o.history)
		cli_usage("--fold-in needs --history FILE");
}

static int load(struct inputs *x, const struct rec_run *run, struct rec_err *e)
{
	cli_phase("load");
	if (cli_load_models(&x->models, &o.models, o.blend, run, e) != 0 ||
	    cli_load_pairs(&x->history, o.history, "histories",
			   x->models.explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM, run,
			   e) != 0 ||
	    cli_load_pairs(&x->interactions, o.interactions, "interactions", REC_REPEATS_SUM, run,
			   e) != 0)
		return -1;
	return cli_load_rows(&x->pairs, "pairs", 0, run, e);
}

static const struct rec_labels *items_of(const struct rec_model *m)
{
	return m->has_factors ? &m->item.row : m->has_similarity ? &m->row : &m->offset.row;
}

/* A history names items of the models. */
static int check_history(const struct inputs *x, const struct scoring *s, struct rec_err *e)
{
	struct cli_side side = { "history", o.history, &x->history, true };

	if (cli_side_filled(&side, e) != 0 ||
	    cli_side_apart(&side, "no model holds any of its items", &x->history.col,
			   &s->scorer.items, "in the model", e) != 0)
		return -1;
	cli_side_count(&side, s->history.column_to_item, "that no model holds");
	return 0;
}

/* Interactions are those of neighbours. */
static int check_interactions(const struct inputs *x, const struct scoring *s, struct rec_err *e)
{
	struct cli_side users = { "interactions", o.interactions, &x->interactions, true };
	bool used = false;

	if (cli_side_filled(&users, e) != 0)
		return -1;
	for (size_t i = 0; i < s->scorer.nparts; i++) {
		const struct rec_scorer_part *p = &s->scorer.part[i];

		used = used || p->neighbours;
		if (p->neighbours &&
		    cli_side_apart(&users, "none of its users is in the model",
				   &x->interactions.row, p->neighbours, "in the model", e) != 0)
			return -1;
	}
	if (!used)
		cli_note("--interactions %s: it is not used: it is for user-user models",
			 o.interactions);
	return 0;
}

static int make(struct scoring *s, const struct inputs *x, const struct rec_run *run,
		struct rec_err *e)
{
	struct rec_scorer_opts so = {
		.model = x->models.list,
		.nmodels = x->models.n,
		.weight = x->models.weight,
		.fold_in = o.fold_in,
		.unknown_users = o.history,
		.interactions = o.interactions ? &x->interactions : NULL,
		.index = true,
	};

	cli_phase("prepare");
	cli_note_empty_models(&x->models, &o.models);
	if (rec_scorer_new(&s->scorer, &so, run, e) != 0)
		return -1;
	for (size_t i = 0; i < s->scorer.nparts && !o.history; i++)
		if (s->scorer.part[i].needs_history)
			return rec_err_set(e, REC_EUSAGE,
					   "%s: a similarity needs the histories of users: give "
					   "--history FILE",
					   o.models.item[i]);
	if (o.history &&
	    (rec_pairs_new(&s->history, &x->history, &s->scorer.items, true, run->pool, e) != 0 ||
	     check_history(x, s, e) != 0))
		return -1;
	return o.interactions ? check_interactions(x, s, e) : 0;
}

/*
 * The first implicit model whose scores go from 0 to 1, or NULL: they are no
 * ratings.
 */
static const char *implicit_model(const struct cli_models *ms)
{
	for (size_t i = 0; i < ms->n; i++) {
		const char *loss = rec_meta_get(&ms->model[i].meta, "loss"),
			   *target = rec_meta_get(&ms->model[i].meta, "target");

		if (loss && strcmp(loss, "implicit") == 0 && target && strcmp(target, "one") == 0)
			return o.models.item[i];
	}
	return NULL;
}

/* train is the range in the metadata; a blend has none. */
static int bounds(struct rec_score_opts *so, const struct inputs *x, bool blend, struct rec_err *e)
{
	int rc;

	if (strcmp(o.clamp, "none") == 0 || (blend && strcmp(o.clamp, "train") == 0))
		return 0;
	if (strcmp(o.clamp, "train") == 0)
		rc = rec_clamp_train(&so->lo, &so->hi, &x->models.model[0].meta, e);
	else
		rc = rec_clamp_parse(&so->lo, &so->hi, o.clamp, e) == 0 ? 1 : -1;
	so->clamp = rc > 0;
	return rc < 0 ? -1 : 0;
}

static uint64_t memory(const struct inputs *x, const struct scoring *s, const struct rec_run *run)
{
	enum { PAIR = 12 };	/* bytes: a column, a value, and an allowance for labels */

	return cli_models_bytes(&x->models) +
	       rec_score_scratch_size(&s->scorer) * rec_pool_size(run->pool) +
	       PAIR * (x->history.m.nnz + x->interactions.m.nnz);
}

static int score(struct rec_score_counts *c, const struct scoring *s, const struct inputs *x,
		 struct rec_err *e)
{
	struct rec_score_opts so = { .cold = (enum rec_cold_pair)o.cold,
				     .history = o.history ? &s->history : NULL,
				     .name = implicit_model(&x->models) ? REC_SCORES_IMPLICIT :
									  NULL };
	struct rec_out *out;

	if (bounds(&so, x, s->scorer.blend, e) != 0 ||
	    cli_out(&out, o.common.output, o.common.binary, e) != 0)
		return -1;
	cli_phase("score");
	return rec_score_stream(&s->scorer, &so, x->pairs, out, o.common.binary, c, e);
}

/*
 * Values are replaced by scores, and times go out as they were written, but in
 * recmat.
 */
static void tell_lost(const struct rec_rows *rows)
{
	struct rec_lost l = *rec_rows_lost(rows);

	l.values = 0;
	if (o.common.binary)
		cli_tell_lost(&l);
}

/* Histories of others alone. */
static void tell_no_history(const struct rec_labels *users, const struct rec_score_counts *c)
{
	char there[REC_LABEL_SHOWN], here[REC_LABEL_SHOWN];
	size_t n;
	const char *first = rec_label(users, 0, &n);

	cli_note("--history %s: none of its users is on stdin: %s there, %s on stdin", o.history,
		 rec_label_show(there, first, n), rec_label_show(here, c->user, c->user_len));
}

static void tell(const struct inputs *x, const struct rec_score_counts *c)
{
	const char *implicit = implicit_model(&x->models);

	tell_lost(x->pairs);
	cli_stat_u64("rows", c->pairs);
	cli_stat_u64("rows.cold", c->cold);
	cli_stat_u64("rows.clamped", c->clamped);
	if (c->pairs == 0)
		cli_note("the input is empty: no pairs to score");
	else if (c->cold == c->pairs && c->known == 0 && !o.chunk)
		return;	/* an error says it */
	if (c->cold)
		cli_note("%llu of %llu pair%s cannot be scored by any model: %s",
			 (unsigned long long)c->cold, (unsigned long long)c->pairs, cli_s(c->pairs),
			 o.cold == REC_COLD_PAIR_DROP ?
				 "dropped" :
				 "given what is known of them (--cold drop drops them)");
	if (o.history && c->pairs && !c->with_history)
		tell_no_history(&x->history.row, c);
	if (c->pairs && implicit)
		cli_note("%s: scores of an implicit model are not ratings; rmse and mae are for "
			 "rec-als --explicit",
			 implicit);
}

/*
 * The label of the first pair that the first model does not hold, and the one
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
static int fail_unscored(const struct inputs *x, const struct scoring *s,
			 const struct rec_score_counts *c, struct rec_err *e)
{
	const struct rec_model *m = x->models.list[0];

	if (rec_scorer_item(&s->scorer, c->item, c->item_len) == REC_NONE)
		return fail_unknown("item", c->item, c->item_len, items_of(m), e);
	if (m->has_factors && !o.history &&
	    rec_labels_find(&m->user.row, c->user, c->user_len) == REC_NONE)
		return fail_unknown("user", c->user, c->user_len, &m->user.row, e);
	if (o.history && c->with_history == 0)
		tell_no_history(&x->history.row, c);
	return rec_err_set(e, REC_EDATA,
			   "no pair could be scored: %llu of %llu have no score under any model",
			   (unsigned long long)c->cold, (unsigned long long)c->pairs);
}

static int work(struct inputs *x, struct scoring *s, const struct rec_run *run, struct rec_err *e)
{
	struct cli_amount more[] = { { "items", 0 }, { NULL, 0 } };
	struct rec_score_counts c = { 0 };
	int rc;

	if (load(x, run, e) != 0 || make(s, x, run, e) != 0)
		return -1;
	more[0].n = s->scorer.items.n;
	rc = cli_need(memory(x, s, run), more, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (score(&c, s, x, e) != 0)
		return -1;
	tell(x, &c);
	if (!o.chunk && c.pairs && c.cold == c.pairs &&
	    (o.cold == REC_COLD_PAIR_DROP || c.known == 0))
		return fail_unscored(x, s, &c, e);
	return 0;
}

static int run(struct rec_err *e)
{
	struct inputs x = { 0 };
	struct scoring s = { 0 };
	struct rec_run *r;
	int rc;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	rc = work(&x, &s, r, e);
	rec_scorer_free(&s.scorer);
	rec_pairs_free(&s.history);
	rec_rows_close(x.pairs);
	rec_sparse_free(&x.history);
	rec_sparse_free(&x.interactions);
	cli_free_models(&x.models);
	return rc == 0 ? cli_commit(e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

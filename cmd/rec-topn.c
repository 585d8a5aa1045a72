/* SPDX-License-Identifier: MIT */
/*
 * rec-topn - ranks items for each row of stdin, leaving out what that row
 * already holds.
 *
 * Inputs are loaded (cmd/topn/load.h), what answers rows is put together
 * (cmd/topn/make.h), rows are answered (topn/topn.h), and what a reader of the
 * lists should know is said on stderr (cmd/topn/tell.h).
 */
#include <string.h>

#include "cmd/topn/make.h"
#include "cmd/topn/merge.h"

static const char *const scale_names[] = { "raw", "zscore", "rank", NULL };
static const char *const cold_names[] = { "drop", "popular", "fail", NULL };
static const char *const fill_names[] = { "none", "popular", NULL };

static struct topn_options o = { .top = 10, .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_LIST('m', "model", "FILE", &o.models, "the model; more than one for a blend"),
	CLI_STRING(0, "blend", "W1,W2,...", &o.blend, "weight of each model (default: 1 each)"),
	CLI_CHOICE(0, "scale", "raw|zscore|rank", &o.scale, scale_names,
		"scale the scores of each model before blending"),
	CLI_U32('n', "top", "N", &o.top, 1, 4294967295, "items in a list"),
	CLI_FILE(0, "seen", &o.seen, "more pairs that are not to be listed"),
	CLI_FLAG(0, "keep-seen", &o.keep_seen, "list items that the user already holds, too"),
	CLI_FLAG(0, "fold-in", &o.fold_in,
		"factor models: compute every user's vector from the history, even if the "
		"model has one"),
	CLI_FILE(0, "allow", &o.allow, "list only items with these labels"),
	CLI_FILE(0, "deny", &o.deny, "list no item with these labels"),
	CLI_FILE(0, "candidates", &o.candidates, "for each user list only these items (pairs)"),
	CLI_CHOICE(0, "cold", "drop|popular|fail", &o.cold, cold_names,
		"what users get that no model can score"),
	CLI_CHOICE(0, "fill", "none|popular", &o.fill, fill_names,
		"complete short lists with popular items"),
	CLI_FILE(0, "interactions", &o.interactions,
		"pairs of all users, for user-user models and for popularity"),
	CLI_FLAG(0, "stream", &o.stream,
		"answer each user at once; the lines of a user stand together"),
	CLI_FLAG(0, "similar-items", &o.similar,
		"stdin names items; list the most similar items (rec-sim --side user: users)"),
	CLI_U32(0, "explain", "K", &o.explain, 1, 1000000,
		"after each score the K items of the history that weigh most, with their shares"),
	CLI_PART(0, "part", &o.part, "answer part I of N of the users"),
	CLI_FLAG(0, "merge", &o.merge,
		"stdin is lists over different items; write the best of all"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, NULL, CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-topn",
	.summary = "list the best items for each user that the user does not hold yet",
	.synopsis = "rec-topn -m MODEL [options] < histories > lists\n       rec-topn --merge "
		    "[options] < lists > lists",
	.hint = "reads stdin: rec-topn -m model.rec < train.tsv",
	.opts = opts,
	.common = &o.common,
};

/* The options before --merge in the table ask a model, except for --top. */
static void check_merge(void)
{
	for (const struct cli_opt *opt = opts; strcmp(opt->name, "merge") != 0; opt++)
		if (strcmp(opt->name, "top") != 0 && cli_given(opt->name))
			cli_usage("--merge cannot work with --%s: it takes lists, and no model",
				  opt->name);
}

static void check_options(void)
{
	if (o.merge) {
		check_merge();
		return;
	}
	if (o.models.n == 0)
		cli_usage("no model: give -m FILE");
	if (o.stream && o.common.binary)
		cli_usage("--stream cannot work with --binary: it writes text");
	if (o.stream && o.part.n)
		cli_usage("--stream cannot work with --part");
	if (o.stream && o.common.estimate)
		cli_usage("--stream cannot work with --estimate");
	if (o.explain && o.common.binary)
		cli_usage("--explain cannot work with --binary: it writes text");
	if (o.explain && o.similar)
		cli_usage("--explain cannot work with --similar-items: there is no history");
	if (o.explain && o.scale)
		cli_usage("--explain cannot work with --scale: a scale looks at all items");
	if (o.keep_seen && o.seen)
		cli_usage("--keep-seen cannot work with --seen");
	if (o.similar && o.fold_in)
		cli_usage("--similar-items cannot work with --fold-in");
}

static int answer(const struct topn_maker *m, const struct topn_inputs *x,
		  struct rec_topn_counts *counts, struct rec_err *e)
{
	struct rec_out *out;

	if (cli_out(&out, o.common.output, o.common.binary, e) != 0)
		return -1;
	cli_phase("rank");
	if (o.stream)
		return rec_topn_stream(m->topn, x->stream, &m->rows, topn_repeats(x), out, counts,
				       e);
	return rec_topn_write(m->topn, &m->rows, out, o.common.binary, counts, e);
}

/* 1: --estimate was given, and is answered. */
static int need(const struct topn_maker *m, const struct topn_inputs *x, const struct rec_run *run,
		struct rec_err *e)
{
	const struct cli_amount more[] = { { "rows", x->histories.row.n },
					   { "items", m->scorer.items.n },
					   { NULL, 0 } };

	return cli_need(topn_bytes(m, &o, x, run), more, e);
}

static int rank(struct topn_inputs *x, struct topn_maker *m, const struct rec_run *run,
		struct rec_err *e)
{
	struct rec_topn_counts counts = { 0 };
	int rc;

	if (topn_load(x, &o, run, e) != 0 || topn_make(m, &o, x, run, e) != 0)
		return -1;
	rc = need(m, x, run, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (answer(m, x, &counts, e) != 0 || topn_check_looks(&m->view, &counts, e) != 0)
		return -1;
	topn_count(&counts);
	topn_tell(&m->view, &counts);
	if (x->stream)
		cli_tell_lost(rec_rows_lost(x->stream));
	if (counts.rows && !counts.answered && !o.part.n)
		return topn_fail_unanswered(&m->view, e);
	return 0;
}

static int rank_rows(const struct rec_run *run, struct rec_err *e)
{
	struct topn_inputs x = { 0 };
	struct topn_maker m = { 0 };
	int rc = rank(&x, &m, run, e);

	topn_maker_free(&m);
	topn_inputs_free(&x);
	return rc == 0 ? cli_commit(e) : -1;
}

static int run(struct rec_err *e)
{
	struct rec_run *r;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	return o.merge ? topn_merge(&o, r, e) : rank_rows(r, e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

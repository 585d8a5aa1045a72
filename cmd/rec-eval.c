/* SPDX-License-Identifier: MIT */
/*
 * rec-eval - recommendation lists, or scored pairs, against held-out truth.
 *
 * Three ways through: lists to results to a summary; lists to results to
 * per-user lines (--per-user); such lines back to results and a summary
 * (--summarize). Gates (--fail-if) look at the finished summary.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/cli/side.h"
#include "cmd/eval/gate.h"
#include "eval/maps.h"
#include "eval/part.h"
#include "eval/peruser.h"
#include "eval/summary.h"
#include "recpipe/eval.h"

static const char *const missing_names[] = { "zero", "skip", NULL };
static const char *const ties_names[] = { "label", "mean", "worst", "best", NULL };
static const char *const test_names[] = { "t", "wilcoxon", "randomization", NULL };

static struct {
	const char *truth, *train, *candidates, *groups, *compare;
	double relevant;
	unsigned missing, ties, test;
	bool per_user, summarize, shallow, json;
	uint32_t bootstrap;
	struct cli_list fail_if;
	struct cli_part part;
	struct cli_common common;
} o = { .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_FILE('t', "truth", &o.truth, "held-out pairs"),
	CLI_DOUBLE(0, "relevant", "X", &o.relevant, 1e-30, 1e30,
		"pairs of truth with value X or more are relevant (default: above 0)"),
	CLI_FILE(0, "train", &o.train,
		"train pairs; adds floor, ceiling, head, middle, tail, values by length of "
		"history, and the share of truth in train"),
	CLI_FILE(0, "candidates", &o.candidates,
		"the candidates of each list; checks the lists, and ranks relevant items "
		"last among equal scores"),
	CLI_FLAG(0, "per-user", &o.per_user,
		"write one line for each user and measure, for --summarize"),
	CLI_PART(0, "part", &o.part, "with --per-user: only part I of N of the users"),
	CLI_FLAG(0, "summarize", &o.summarize,
		"stdin is the lines of --per-user, in any number of parts"),
	CLI_CHOICE(0, "missing", "zero|skip", &o.missing, missing_names,
		"count users that have truth and no list as 0, or ignore them"),
	CLI_CHOICE(0, "ties", "label|mean|worst|best", &o.ties, ties_names,
		"order of equal scores: by label, or the mean, worst or best over all orders"),
	CLI_FLAG(0, "shallow", &o.shallow, "allow a cut-off that is deeper than every list"),
	CLI_FILE(0, "groups", &o.groups, "user TAB group; adds the value of each measure by group"),
	CLI_U32(0, "bootstrap", "N", &o.bootstrap, 40, 10000000,
		"add 95 % intervals from N resamplings of the users"),
	CLI_FILE(0, "compare", &o.compare,
		"compare with these lists, with a test of the difference"),
	CLI_CHOICE(0, "significance", "t|wilcoxon|randomization", &o.test, test_names,
		"the test of --compare"),
	CLI_LIST(0, "fail-if", "CONDITION", &o.fail_if,
		"exit 3 if the condition holds, such as 'ndcg@10<0.3'"),
	CLI_FLAG(0, "json", &o.json, "write JSON instead of lines"),
	CLI_COMMON_AS(&o.common, NULL, "seed of --bootstrap and of --significance randomization",
		CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const char extra[] =
	"METRIC: recall precision f1 hit mrr map ndcg, with cut-offs, as in recall@20 "
	"ndcg@5,10 (graded: ndcg(gain=linear)@10, ndcg(gain=exp)@10); auc; coverage gini "
	"novelty, with cut-offs and --train; rmse mae of scored pairs. "
	"Without any METRIC: rmse mae if the input holds exactly the pairs of a truth with "
	"values, otherwise recall ndcg map hit mrr at 10.\n";

/* Options whose value matters to this run, for -v. */
static bool applies(const char *option)
{
	return strcmp(option, "significance") != 0 || o.compare;
}

static struct cli_spec spec = {
	.name = "rec-eval",
	.summary = "compare recommendation lists or scored pairs with held-out truth",
	.synopsis = "rec-eval -t TRUTH [options] [METRIC ...] < lists > measures",
	.operands = "METRICS",
	.hint = "reads stdin: rec-eval -t test.tsv recall@20 < lists.tsv",
	.opts = opts,
	.common = &o.common,
	.extra = extra,
	.applies = applies,
};

struct inputs {
	struct rec_lists lists, other;
	struct rec_sparse truth, train, candidates, groups;
};

static void free_inputs(struct inputs *x)
{
	rec_lists_free(&x->lists);
	rec_lists_free(&x->other);
	rec_sparse_free(&x->truth);
	rec_sparse_free(&x->train);
	rec_sparse_free(&x->candidates);
	rec_sparse_free(&x->groups);
}

static void never_with(const char *a, const char *const *others)
{
	for (; *others; others++)
		if (cli_given(*others))
			cli_usage("--%s cannot work with --%s", a, *others);
}

static void check_options(void)
{
	static const char *const made_before[] = {
		"truth", "relevant", "train",  "candidates", "part",	     "per-user", "missing",
		"ties",	 "shallow",  "groups", "compare",    "significance", "estimate", NULL
	};
	static const char *const summed[] = { "bootstrap", "compare", "fail-if", "json", NULL };
	size_t n;

	cli_operands(&n);
	if (o.common.binary)
		cli_usage("--binary: measures are text; see --json");
	if (o.summarize) {
		never_with("summarize", made_before);
		if (n > 0)
			cli_usage("--summarize takes no METRICS: the input says what was measured");
	} else if (!o.truth) {
		cli_usage("-t TRUTH is missing");
	}
	if (o.per_user)
		never_with("per-user", summed);
	else if (o.part.n)
		cli_usage(
			"--part needs --per-user; the parts together are summed up by --summarize");
	if (cli_given("significance") && !o.compare)
		cli_usage("--significance needs --compare");
	if (o.candidates && !cli_given("ties"))
		o.ties = REC_TIES_WORST;
}

/*
 * Print the summary; a gate that says no ends the command with exit 3 once the
 * output is complete.
 */
static int finish(const struct rec_results *r, const struct rec_results *other, struct rec_run *run,
		  struct rec_err *e)
{
	struct rec_summary_opts so = { .bootstrap = o.bootstrap,
				       .compare = other,
				       .test = (enum rec_test)o.test,
				       .seed = o.common.seed };
	struct rec_summary s;
	struct rec_buf said = { 0 };
	struct rec_out *out;
	int rc;

	cli_phase("sum");
	if (rec_summarize(&s, r, &so, run->pool, e) != 0)
		return -1;
	rc = eval_check_gates(&said, &o.fail_if, &s, e);
	if (rc == 0)
		rc = cli_out(&out, o.common.output, false, e);
	if (rc == 0)
		rc = rec_summary_write(out, &s, o.json, e);
	cli_stat_u64("users", r->user.n);
	if (rc == 0)
		rc = cli_commit(e);
	if (rc == 0 && said.n > 0)
		rc = rec_err_set(e, REC_EGATE, "%s", said.p);
	rec_buf_free(&said);
	rec_summary_free(&s);
	return rc;
}

static int write_per_user(const struct rec_results *r, struct rec_err *e)
{
	struct rec_out *out;

	if (cli_out(&out, o.common.output, false, e) != 0 || rec_peruser_write(out, r, e) != 0)
		return -1;
	cli_stat_u64("users", r->user.n);
	return cli_commit(e);
}

static int load_lists(struct rec_lists *l, const char *path, struct rec_run *run, struct rec_err *e)
{
	struct rec_in *in;

	if (cli_in(&in, path, "lists", e) != 0)
		return -1;
	return rec_lists_load(l, in, o.common.trust, run->pool, e);
}

static int load_matrix(struct rec_sparse *m, const char *path, const char *what,
		       struct rec_run *run, struct rec_err *e)
{
	return cli_load_pairs(m, path, what, REC_REPEATS_MAX, run, e);
}

static int load(struct inputs *x, struct rec_run *run, struct rec_err *e)
{
	cli_phase("load");
	if (load_lists(&x->lists, NULL, run, e) != 0 ||
	    load_matrix(&x->truth, o.truth, "truth", run, e) != 0 ||
	    load_matrix(&x->train, o.train, "train", run, e) != 0 ||
	    load_matrix(&x->candidates, o.candidates, "candidates", run, e) != 0 ||
	    load_matrix(&x->groups, o.groups, "groups", run, e) != 0)
		return -1;
	if (o.compare && load_lists(&x->other, o.compare, run, e) != 0)
		return -1;
	cli_stat_u64("rows.lists", x->lists.nnz);
	cli_stat_u64("rows.truth", x->truth.m.nnz);
	return 0;
}

/*
 * Lists and truth have users in common, and items: few users may have none by
 * chance, as may the users of a part. What else is given speaks of these.
 */
static int check_sides(const struct inputs *x, struct rec_err *e)
{
	enum { CHANCE = 10 };
	bool whole = !o.per_user;
	struct cli_side truth = { "truth", o.truth, &x->truth, whole },
			train = { "train", o.train, &x->train, true };
	struct cli_side candidates = { "candidates", o.candidates, &x->candidates, true },
			groups = { "groups", o.groups, &x->groups, true };

	if (x->lists.row.n == 0 || x->truth.row.n == 0)	/* other errors */
		return 0;
	if (cli_side_apart(&truth, "none of its users has a list", &x->truth.row, &x->lists.row,
			   "on stdin", e) != 0)
		return -1;
	truth.fail = whole && rec_labels_common(&x->truth.row, &x->lists.row) >= CHANCE;
	if (cli_side_apart(&truth, "none of its items is in a list", &x->truth.col, &x->lists.col,
			   "on stdin", e) != 0)
		return -1;
	if (cli_side_filled(&train, e) != 0 || cli_side_filled(&candidates, e) != 0 ||
	    cli_side_filled(&groups, e) != 0)
		return -1;
	if (o.train && !rec_labels_meet(&x->train.col, &x->truth.col) &&
	    cli_side_apart(&train, "none of its items is in a list or in the truth", &x->train.col,
			   &x->lists.col, "on stdin", e) != 0)
		return -1;
	train.fail = false;
	if (cli_side_apart(&train, "none of its users is in the truth", &x->train.row,
			   &x->truth.row, "in the truth", e) != 0)
		return -1;
	if (cli_side_apart(&candidates, "none of its users has a list", &x->candidates.row,
			   &x->lists.row, "on stdin", e) != 0 ||
	    cli_side_apart(&candidates, "none of its items is in a list", &x->candidates.col,
			   &x->lists.col, "on stdin", e) != 0)
		return -1;
	return cli_side_apart(&groups, "none of its users is in the truth", &x->groups.row,
			      &x->truth.row, "in the truth", e);
}

static int parse_metrics(struct rec_metrics *ms, struct rec_err *e)
{
	size_t n;
	char **operand = cli_operands(&n);

	for (size_t i = 0; i < n; i++)
		if (rec_metrics_parse(ms, operand[i], e) != 0) {
			if (cli_is_file(operand[i]))
				cli_unexpected(operand[i]);
			return -1;
		}
	for (size_t i = 0; i < ms->n; i++)
		if (ms->m[i].measure->kind == REC_CATALOGUE && cli_given("ties") &&
		    o.ties != REC_TIES_LABEL)
			return rec_err_set(e, REC_EUSAGE,
					   "--ties %s: %s is defined for label order only",
					   ties_names[o.ties], ms->m[i].name);
	return 0;
}

/* No METRICS: what suits the input. */
static int default_metrics(struct rec_metrics *ms, const struct inputs *x, struct rec_err *e)
{
	static const char *const ranking[] = { "recall", "ndcg", "map", "hit", "mrr" };
	uint64_t longest = rec_csr_longest(x->lists.ptr, x->lists.row.n);
	bool pairs = false;
	char text[48];

	if (x->truth.has_value && rec_eval_same_pairs(&pairs, &x->lists, &x->truth, e) != 0)
		return -1;
	if (pairs)
		return rec_metrics_parse(ms, "rmse", e) != 0 ||
				       rec_metrics_parse(ms, "mae", e) != 0 ?
			       -1 :
			       0;
	for (size_t i = 0; i < sizeof ranking / sizeof *ranking; i++) {
		snprintf(text, sizeof text, "%s@%u", ranking[i],
			 longest > 0 && longest < REC_DEFAULT_CUT ? (unsigned)longest :
								    REC_DEFAULT_CUT);
		if (rec_metrics_parse(ms, text, e) != 0)
			return -1;
	}
	return 0;
}

static void tell(const struct rec_eval_notes *n, const struct inputs *x)
{
	if (n->lists_without_truth)
		cli_verbose("%llu of %u list%s belong%s to users without truth and %s left out",
			    (unsigned long long)n->lists_without_truth, x->lists.row.n,
			    cli_s(x->lists.row.n), cli_verb_s(n->lists_without_truth),
			    n->lists_without_truth == 1 ? "is" : "are");
	if (n->tied_lists)
		cli_note("in %llu of %u list%s all scores are equal; the order is that of --ties",
			 (unsigned long long)n->tied_lists, x->lists.row.n, cli_s(x->lists.row.n));
	if (n->swapped)
		cli_note("stdin holds ratings, and %s scores in rows of one length: are -t and "
			 "stdin swapped?",
			 o.truth);
	if (n->extra_pairs)
		cli_note("%llu scored pair%s left out: the truth does not hold %s",
			 (unsigned long long)n->extra_pairs, n->extra_pairs == 1 ? " is" : "s are",
			 n->extra_pairs == 1 ? "it" : "them");
	if (n->uncorrected)
		cli_note("%s", n->uncorrected);
}

static struct rec_eval_input input_of(const struct rec_lists *lists, const struct inputs *x)
{
	return (struct rec_eval_input){ lists, &x->truth, o.train ? &x->train : NULL,
					o.candidates ? &x->candidates : NULL };
}

static int measure_one(struct rec_results *r, const struct rec_lists *lists, const struct inputs *x,
		       const struct rec_eval_opts *eo, bool speak, const struct rec_run *run,
		       struct rec_err *e)
{
	struct rec_eval_input in = input_of(lists, x);
	struct rec_eval_notes notes;

	if (rec_evaluate(r, &in, eo, run, &notes, e) != 0)
		return -1;
	if (speak)
		tell(&notes, x);
	return o.groups ? rec_results_groups(r, &x->groups, e) : 0;
}

/* Measure the lists, and those of --compare, and write what came out. */
static int measure_all(const struct inputs *x, const struct rec_eval_opts *eo, struct rec_run *run,
		       struct rec_err *e)
{
	struct rec_results mine = { 0 }, other = { 0 };
	int rc;

	cli_phase("measure");
	rc = measure_one(&mine, &x->lists, x, eo, true, run, e);
	if (rc == 0 && o.compare) {
		rc = measure_one(&other, &x->other, x, eo, false, run, e);
		if (rc != 0)
			rec_err_prefix(e, "--compare: ");
	}
	if (rc == 0)
		rc = o.per_user ? write_per_user(&mine, e) :
				  finish(&mine, o.compare ? &other : NULL, run, e);
	rec_results_free(&mine);
	rec_results_free(&other);
	return rc;
}

static int measure(const struct inputs *x, const struct rec_metrics *ms, struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_eval_opts eo = { ms->m,	    ms->n,     o.relevant, (enum rec_ties)o.ties,
				    o.missing == 1, o.shallow, 0,	   0 };
	struct rec_eval_input in = input_of(&x->lists, x);
	int rc = o.part.n ? rec_eval_part(&eo.first, &eo.last, &in, o.part.i, o.part.n, e) : 0;

	if (rc == 0)
		rc = cli_need(rec_eval_bytes(&in, &eo, run), NULL, e);
	if (rc == 0)
		return measure_all(x, &eo, run, e);
	return rc == 1 ? cli_commit(e) : -1;
}

static int from_lists(struct rec_run *run, struct rec_err *e)
{
	struct rec_metrics ms = { 0 };
	struct inputs x = { 0 };
	int rc = parse_metrics(&ms, e);

	if (rc == 0)
		rc = load(&x, run, e) == 0 ? check_sides(&x, e) : -1;
	if (rc == 0 && ms.n == 0)
		rc = default_metrics(&ms, &x, e);
	if (rc == 0)
		rc = measure(&x, &ms, run, e);
	rec_metrics_free(&ms);
	free_inputs(&x);
	return rc;
}

static int from_per_user(struct rec_run *run, struct rec_err *e)
{
	struct rec_results r;
	struct rec_in *in;
	int rc;

	cli_phase("load");
	if (cli_in(&in, NULL, "the output of --per-user", e) != 0)
		return -1;
	rc = rec_peruser_read(&r, in, e);
	rec_in_close(in);
	if (rc == 0) {
		rc = finish(&r, NULL, run, e);
		rec_results_free(&r);
	}
	return rc;
}

static int run(struct rec_err *e)
{
	struct rec_run *r;

	check_options();
	eval_parse_gates(&o.fail_if);
	if (cli_run(&r, e) != 0)
		return -1;
	return o.summarize ? from_per_user(r, e) : from_lists(r, e);
}

/*
 * The measures, with the cut-off of those that take one: words for completion.
 */
static void name_measures(void)
{
	static char words[512];
	size_t n = 0;

	for (const struct rec_measure *m = rec_measures; m->name && n < sizeof words; m++)
		n += (size_t)snprintf(words + n, sizeof words - n, "%s%s%s", n ? " " : "", m->name,
				      m->cut ? "@10" : "");
	spec.words = words;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	name_measures();
	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

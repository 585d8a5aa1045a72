/* SPDX-License-Identifier: MIT */
/*
 * rec-sim - item models: interactions in, weights of pairs of items out. The
 * methods are a table of the library (model/sim.h); help and checks follow it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/append.h"
#include "base/near.h"
#include "blas/blas.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/sim/shards.h"
#include "cmd/sim/tell.h"
#include "io/num.h"
#include "matrix/csr_row.h"
#include "sim/cost.h"
#include "sim/factors.h"
#include "sim/methods.h"
#include "sim/sim.h"

static const char *const keeps[] = { "candidate", "history", NULL };
static const char *const normalizes[] = { "none", "l1", "l2", NULL };
static const char *const weights[] = { "none", "linear", "log", "tfidf", "bm25", NULL };
static const char *const sides[] = { "item", "user", NULL };

static struct {
	uint32_t neighbours, min_support, max_user;
	unsigned keep, normalize, weights, side, duplicates;
	double alpha, epsilon, shrink, min_sim, reg, power, asymmetry;
	const char *bm25, *exponents, *walk, *factors;
	bool center;
	struct cli_part part, columns;
	struct sim_shards shards;
	struct cli_common common;
} o = { .neighbours = 100,
	.min_support = 1,
	.alpha = 1,
	.epsilon = 1,
	.reg = 100,
	.power = 1,
	.asymmetry = 0.5,
	.bm25 = "1.2,0.75",
	.exponents = "1,0.5,0.5",
	.walk = "1,0.6",
	.common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_U32('n', "neighbours", "N", &o.neighbours, 0, 4294967294,
		"weights kept of each column (see --keep); 0 all; ease, linear: 0"),
	CLI_CHOICE(0, "keep", "candidate|history", &o.keep, keeps,
		   "keep N of each candidate (column), or of each history item (row)"),
	CLI_CHOICE(
		0, "normalize", "none|l1|l2", &o.normalize, normalizes,
		"then scale along the same direction: sum of |weights|, or of squares, becomes 1"),
	CLI_DOUBLE(0, "min-sim", "X", &o.min_sim, 0, 1e30, "drop smaller |weights|"),
	CLI_U32(0, "min-support", "N", &o.min_support, 1, 4294967294,
		"drop pairs that fewer users hold both of"),
	CLI_CHOICE(0, "weights", "none|linear|log|tfidf|bm25", &o.weights, weights,
		   "weight of a value v: 1, v, ln(1 + v / epsilon), tf-idf, BM25 (dot: v itself)"),
	CLI_DOUBLE(0, "alpha", "X", &o.alpha, 1e-12, 1e12, "weights linear, log: their mean"),
	CLI_DOUBLE(0, "epsilon", "X", &o.epsilon, 1e-12, 1e12, "weights log: scale of values"),
	CLI_STRING(0, "bm25", "K1,B", &o.bm25,
		   "weights bm25: saturation, and how much length counts"),
	CLI_DOUBLE(0, "shrink", "X", &o.shrink, 0, 1e30, "added to the denominator of the measure"),
	CLI_DOUBLE(0, "reg", "X", &o.reg, 1e-12, 1e30, "ease: L"),
	CLI_STRING(0, "exponents", "C,A,B", &o.exponents,
		   "linear: powers of the lengths of users, history items, candidates"),
	CLI_DOUBLE(0, "power", "P", &o.power, 1e-3, 1e3, "linear: power of each weight"),
	CLI_DOUBLE(0, "asymmetry", "A", &o.asymmetry, 0, 1,
		   "asymmetric: share of the history item; 0.5 is cosine"),
	CLI_STRING(0, "walk", "A,B", &o.walk,
		   "p3alpha, rp3beta: power of the steps, popularity penalty (rp3beta)"),
	CLI_FLAG(0, "center", &o.center,
		 "score = S (x - mean) + mean, mean of each item over all users; needs -b"),
	CLI_CHOICE(0, "side", "item|user", &o.side, sides,
		   "of items, or of users (scored by rec-topn --interactions)"),
	CLI_U32(0, "max-user", "N", &o.max_user, 1, 4294967294,
		"of a user with more pairs take N, by hash (default: all)"),
	CLI_CHOICE(0, "duplicates", "sum|max|last|fail", &o.duplicates, cli_repeats,
		   "a pair given more than once"),
	CLI_FILE(0, "from-factors", &o.factors,
		 "cosine, dot: of the vectors of this model; stdin is not read"),
	CLI_PART(0, "part", &o.part, "part I of N of the rows"),
	CLI_PART(0, "columns", &o.columns,
		 "part I of N of the candidates: its share of the work too, where --keep candidate "
		 "chooses among all rows"),
	CLI_FLAG(0, "survey", &o.shards.survey, "of a shard: write what adds up to --whole"),
	CLI_FLAG(0, "partial", &o.shards.partial,
		 "of a shard: write sums over its users, for --merge"),
	CLI_FLAG(0, "merge", &o.shards.merge, "stdin is sums of all shards: write the model"),
	CLI_FILE(0, "whole", &o.shards.file, "surveys of all shards"),
	CLI_COMMON(&o.common),
	CLI_END
};

static struct cli_spec spec = {
	.name = "rec-sim",
	.summary = "neighbours and linear item models",
	.synopsis = "rec-sim METHOD [options] < interactions > weights",
	.operands = "METHOD",
	.hint = "reads stdin: rec-sim cosine < train.tsv",
	.opts = opts,
	.common = &o.common,
};

/* -- the table of methods, for --help and messages -- */

static char method_names[512], method_text[4096];

/*
 * An option that the method takes, and that isn't one of weights which are not
 * asked for.
 */
static bool applies(const char *option)
{
	size_t n;
	char **operand = cli_operands(&n);
	const struct rec_sim_method *m = n ? rec_sim_method(operand[0]) : NULL;
	const char *kind = weights[o.weights];

	if (strcmp(option, "bm25") == 0 && strcmp(kind, option) != 0)
		return false;
	if ((strcmp(option, "alpha") == 0 || strcmp(option, "epsilon") == 0) &&
	    o.weights != REC_WEIGH_LINEAR && o.weights != REC_WEIGH_LOG)
		return false;
	return m && rec_sim_takes(m, option);
}

static void describe_methods(void)
{
	const struct rec_sim_method *m;
	size_t names = 0, text;

	text = rec_append(method_text, sizeof method_text, 0,
			  "Methods, and the weight of history item i for candidate j (d: pairs, c: "
			  "users of both, U: all users, "
			  "X: --shrink):\n");
	for (size_t i = 0; (m = rec_sim_method_at(i)) != NULL; i++) {
		names = rec_append(method_names, sizeof method_names, names, "%s%s", i ? " " : "",
				   rec_sim_name(m));
		text = rec_append(method_text, sizeof method_text, text, "  %-16s %s\n",
				  rec_sim_name(m), rec_sim_formula(m));
	}
	spec.applies = applies;
	spec.extra = method_text;
	spec.words = method_names;
}

/* -- options -- */

static _Noreturn void no_such_method(const char *name)
{
	const struct rec_sim_method *m;
	struct rec_near near;

	if (cli_is_file(name))
		cli_unexpected(name);
	rec_near_begin(&near, name, strlen(name));
	for (size_t i = 0; (m = rec_sim_method_at(i)) != NULL; i++)
		rec_near_try(&near, rec_sim_name(m));
	if (near.names)
		cli_usage("unknown method '%s'; did you mean %s? (all: %s)", name, near.name[0],
			  method_names);
	cli_usage("unknown method '%s'; one of: %s", name, method_names);
}

static const struct rec_sim_method *the_method(void)
{
	const struct rec_sim_method *m;
	size_t n;
	char **operand = cli_operands(&n);

	if (n == 0)
		cli_usage("which METHOD? one of: %s", method_names);
	m = rec_sim_method(operand[0]);
	if (!m)
		no_such_method(operand[0]);
	if (n > 1)
		cli_unexpected(operand[1]);
	return m;
}

static void numbers(double *x, unsigned n, const char *option, const char *arg, double lo,
		    double hi)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len = strcspn(arg, ",");

		if (rec_num_f64(arg, len, &x[i]) != REC_NUM_OK || (arg[len] == ',') != (i + 1 < n))
			cli_usage("--%s needs %u numbers with commas between them", option, n);
		if (x[i] < lo || x[i] > hi)
			cli_usage("--%s: %g is not between %g and %g", option, x[i], lo, hi);
		arg += len + (arg[len] == ',');
	}
}

static void check_method_options(const struct rec_sim_method *m)
{
	for (size_t i = 0; opts[i].name; i++)
		if (cli_given(opts[i].name) && !rec_sim_takes(m, opts[i].name))
			cli_usage("--%s cannot work with %s", opts[i].name, rec_sim_name(m));
	if (cli_given("epsilon") && o.weights != REC_WEIGH_LOG)
		cli_usage("--epsilon needs --weights log");
	if (cli_given("bm25") && o.weights != REC_WEIGH_BM25)
		cli_usage("--bm25 needs --weights bm25");
	if (cli_given("alpha") && o.weights != REC_WEIGH_LINEAR && o.weights != REC_WEIGH_LOG)
		cli_usage("--alpha needs --weights linear or log");
	if (o.center && o.side == 1)
		cli_usage("--center cannot work with --side user");
}

static void check_factors_options(void)
{
	static const char *const of_data[] = { "min-support", "weights",    "alpha",
					       "epsilon",     "bm25",	    "center",
					       "max-user",    "duplicates", NULL };

	for (size_t i = 0; o.factors && of_data[i]; i++)
		if (cli_given(of_data[i]))
			cli_usage("--%s cannot work with --from-factors", of_data[i]);
}

static void check_columns(const struct rec_sim_opts *s)
{
	if (!s->columns)
		return;
	if (o.part.n)
		cli_usage("--columns cannot work with --part");
	if (o.factors)
		cli_usage("--columns cannot work with --from-factors");
	if (rec_sim_takes(s->method, "reg"))
		cli_usage("--columns cannot work with %s", rec_sim_name(s->method));
	if (s->keep_history)
		cli_usage("--columns cannot work with --keep history: rows are chosen from; --part "
			  "does it");
}

static struct rec_sim_opts settings(const struct rec_sim_method *m)
{
	struct rec_sim_opts s;
	double bm25[2];

	check_method_options(m);
	check_factors_options();
	rec_sim_defaults(&s, m);
	if (cli_given("neighbours"))
		s.neighbours = o.neighbours;
	s.keep_history = o.keep == 1;
	s.normalize = (enum rec_sim_normalize)o.normalize;
	s.center = o.center;
	s.side_user = o.side == 1;
	if (cli_given("weights"))
		s.weights.kind = (enum rec_weighting_kind)o.weights;
	s.weights.alpha = o.alpha;
	s.weights.epsilon = o.epsilon;
	numbers(bm25, 2, "bm25", o.bm25, 0, 1e6);
	if (bm25[1] > 1)
		cli_usage("--bm25: B is a share, not %g", bm25[1]);
	s.weights.k1 = bm25[0];
	s.weights.b = bm25[1];
	numbers(s.exponents, 3, "exponents", o.exponents, -10, 10);
	numbers(s.walk, 2, "walk", o.walk, 0, 10);
	s.shrink = o.shrink;
	s.min_sim = o.min_sim;
	s.reg = o.reg;
	s.power = o.power;
	s.asymmetry = o.asymmetry;
	s.min_support = o.min_support;
	s.max_user = o.max_user;
	s.seed = o.common.seed;
	s.columns = o.columns.n > 0;
	s.part = s.columns ? o.columns.i : o.part.n ? o.part.i : 1;
	s.parts = s.columns ? o.columns.n : o.part.n ? o.part.n : 1;
	check_columns(&s);
	sim_shards_check(&o.shards, &s);
	if (!o.common.binary && !o.common.estimate && !o.factors && !o.shards.survey &&
	    !o.shards.partial && rec_sim_needs_binary(&s))
		cli_usage("a model with an offset or weighted histories does not go into text: use "
			  "-b");
	return s;
}

/*
 * OpenBLAS reads these when it is loaded: one thread, for ours carry its tiles;
 * and the kernels this CPU can run, unless the user has said.
 */
static void prepare_blas(void)
{
	const char *core = rec_blas_core();

	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	if (core)
		setenv("OPENBLAS_CORETYPE", core, 0);
}

/* -- the work -- */

/*
 * The least that is worth giving to pages of files: one window each for what is
 * read and what is written.
 */
enum { WINDOWS = 5, LEAST_WINDOW = 512 << 10, MOST_WINDOW = 64 << 20 };

/*
 * Memory is bounded and does not hold it all: half of what is left goes to
 * lines, the rest to pages of files. Returns how often the data pass by.
 */
static uint64_t use_files(struct rec_sim_opts *s, uint64_t bytes, uint64_t line_bytes,
			  uint32_t lines, unsigned threads)
{
	uint64_t left = o.common.mem > bytes ? o.common.mem - bytes : 0,
		 group = threads + left / 2 / line_bytes, window = left / 2 / WINDOWS, passes;

	s->spill = cli_spill();
	s->spill->limit = window < LEAST_WINDOW ? LEAST_WINDOW :
			  window < MOST_WINDOW	? window :
						  MOST_WINDOW;
	s->group = group < lines ? (uint32_t)group : lines;
	passes = rec_sim_takes(s->method, "neighbours") && s->group ?
			 (lines + (uint64_t)s->group - 1) / s->group :
			 1;
	cli_stat_u64("passes", passes);
	cli_verbose("works from files in %s: the data are read %llu time%s", s->spill->dir,
		    (unsigned long long)passes, cli_s(passes));
	return passes;
}

/* 1: --estimate has answered. */
static int plan(struct rec_sim_opts *s, struct rec_sparse *x, struct rec_run *run,
		struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool);
	struct rec_sim_cost all, far;
	uint64_t line_bytes, held = o.common.mem && !x->m.far ? 8 * x->m.nnz : 0, least;
	struct cli_amount more[] = {
		{ "operations", 0 }, { "bytes.least", 0 }, { NULL, 0 }, { NULL, 0 }
	};

	rec_sim_cost(&all, x, s, threads);
	rec_sim_cost_far(&far, &line_bytes, x, s, threads);
	far.bytes += far.bytes ? threads * line_bytes + WINDOWS * (uint64_t)LEAST_WINDOW :
				 all.bytes;
	/*
	 * a part for pairs that were read before it was known that not all of
	 * them fit
	 */
	least = far.bytes / 16 * 17 + 16;
	if (least > all.bytes)
		least = all.bytes;
	more[0].n = all.operations;
	more[1].n = (double)least;
	if (all.bytes > o.common.mem && least <= o.common.mem)
		more[2] = (struct cli_amount){
			"passes", (double)use_files(s, far.bytes + held, line_bytes,
						    s->side_user ? x->m.nrows : x->m.ncols, threads)
		};
	if (s->spill)
		rec_csr_limit(&x->m, s->spill->limit);
	return cli_need(o.common.estimate ? all.bytes : least, more, e);
}

/* 1: --estimate has answered. */
static int check_cost(const struct rec_sim_cost *c, struct rec_err *e)
{
	struct cli_amount more[] = { { "operations", c->operations }, { NULL, 0 } };

	return cli_need(c->bytes, more, e);
}

static int from_interactions(struct rec_model *m, struct rec_sparse *x, struct rec_sim_opts *s,
			     struct rec_run *run, struct rec_err *e)
{
	uint64_t thinned = 0;
	int rc;

	if (cli_load_interactions(x, (enum rec_repeats)o.duplicates, run, e) != 0)
		return -1;
	rc = plan(s, x, run, e);
	if (rc != 0)
		return rc;
	cli_phase("compute");
	if (rec_sim_train(m, x, s, run, &thinned, e) != 0)
		return -1;
	cli_stat_u64("thinned", thinned);
	sim_tell_values(x, s);
	if (thinned)
		cli_note("--max-user thinned %llu user%s", (unsigned long long)thinned,
			 cli_s(thinned));
	return rec_meta_set(&m->meta, "duplicates", cli_repeats[o.duplicates], e);
}

static int from_factors(struct rec_model *m, struct rec_model *from, const struct rec_sim_opts *s,
			struct rec_run *run, struct rec_err *e)
{
	struct rec_sim_cost cost;
	int rc;

	cli_phase("read");
	if (cli_load_model(from, o.factors, run, e) != 0)
		return -1;
	rec_sim_factors_cost(&cost, from, s, rec_pool_size(run->pool));
	rc = check_cost(&cost, e);
	if (rc != 0)
		return rc;
	cli_phase("compute");
	return rec_sim_from_factors(m, from, s, run, e);
}

static int write_model(struct rec_model *m, const struct rec_sim_opts *s, struct rec_run *run,
		       struct rec_err *e)
{
	struct rec_out *out;

	cli_stat_u64("cells",
		     m->dense ? (uint64_t)m->sim_dense.row.n * m->sim_dense.ncols : m->sim.nnz);
	if (rec_meta_get(&m->meta, "blas.core")) {
		cli_stat_text("blas.version", rec_meta_get(&m->meta, "blas.version"));
		cli_stat_text("blas.core", rec_meta_get(&m->meta, "blas.core"));
	}
	sim_tell_table(m, s, s->tally, o.factors);
	cli_phase("write");
	if (rec_meta_set(&m->meta, "version", REC_VERSION, e) != 0)
		return -1;
	if (cli_out(&out, o.common.output, o.common.binary, e) != 0)
		return -1;
	return rec_model_write(out, m, o.common.binary, run->pool, e);
}

static int run(struct rec_err *e)
{
	struct rec_sim_opts s = settings(the_method());
	struct rec_model m = { 0 }, from = { 0 };
	struct rec_sparse x = { 0 };
	struct rec_pair_tally tally = { 0 };
	struct rec_run *r;
	int rc = cli_run(&r, e);

	s.tally = &tally;
	prepare_blas();
	if (rc == 0)
		rc = sim_shards_whole(&o.shards, &s, e);
	if (rc == 0 && (o.shards.survey || o.shards.partial))
		return sim_shards_write(&o.shards, &s, (enum rec_repeats)o.duplicates, &o.common, r,
					e) < 0 ?
			       -1 :
			       cli_commit(e);
	if (rc == 0)
		rc = o.shards.merge ? sim_shards_merge(&m, &s, (enum rec_repeats)o.duplicates,
						       &o.common, r, e) :
		     o.factors	    ? from_factors(&m, &from, &s, r, e) :
				      from_interactions(&m, &x, &s, r, e);
	if (rc == 0)
		rc = write_model(&m, &s, r, e);
	rec_model_free(&m);
	rec_model_free(&from);
	rec_sparse_free(&x);
	return rc < 0 ? -1 : cli_commit(e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	describe_methods();
	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

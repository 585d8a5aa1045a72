/* SPDX-License-Identifier: MIT */
/*
 * rec-sim - item models: interactions in, weights of pairs of items out. The
 * methods are a table of the library (sim/methods.h), and so are their
 * parameters (sim/options.c); help and checks follow them.
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
#include "matrix/csr_row.h"
#include "sim/cost.h"
#include "sim/factors.h"
#include "sim/methods.h"
#include "sim/sim.h"

static struct {
	struct rec_sim_opts sim;	/* the table of parameters: sim/options.c */
	unsigned duplicates;
	const char *factors;
	struct cli_part part, columns;
	struct sim_shards shards;
	struct cli_common common;
} o = { .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_CHOICE(0, "duplicates", "sum|max|last|fail", &o.duplicates, cli_repeats,
		   "how to combine a pair that appears more than once"),
	CLI_FILE(0, "from-factors", &o.factors,
		 "cosine, dot: compute from the vectors of this model; stdin is not read"),
	CLI_PART(0, "part", &o.part, "write part I of N of the rows"),
	CLI_PART(0, "columns", &o.columns,
		 "compute only part I of N of the candidates (columns); unlike --part, "
		 "this also divides the work with --keep candidate"),
	CLI_FLAG(0, "survey", &o.shards.survey,
		 "stdin is one shard; write its survey, for --whole"),
	CLI_FLAG(0, "partial", &o.shards.partial,
		 "stdin is one shard; write its sums, for --merge"),
	CLI_FLAG(0, "merge", &o.shards.merge,
		 "stdin is the sums of all shards; write the model; with --partial: stdin is "
		 "sums of some shards; write their total"),
	CLI_U32(0, "groups", "N", &o.shards.groups, 1, 4096,
		"with --partial: divide the sums into N files, by items"),
	CLI_STRING(0, "to", "TEMPLATE", &o.shards.to,
		   "names of the files, with one %d or %0Nd"),
	CLI_FILE(0, "whole", &o.shards.file, "the surveys of all shards"),
	CLI_COMMON(&o.common),
	CLI_END
};

static struct cli_spec spec = {
	.name = "rec-sim",
	.summary = "neighbours and linear item models",
	.synopsis = "rec-sim METHOD [options] < interactions > weights",
	.operands = "METHOD",
	.hint = "reads stdin: rec-sim cosine < train.tsv",
	.params = rec_sim_params,
	.settings = &o.sim,
	.opts = opts,
	.common = &o.common,
};

/* -- the table of methods, for --help and messages -- */

static char method_names[512], method_text[4096];

/* Parameters that the method takes, and the other options. */
static bool applies(const char *option)
{
	size_t n;
	char **operand = cli_operands(&n);
	const struct rec_sim_method *m = n ? rec_sim_method(operand[0]) : NULL;

	for (const struct rec_param *p = rec_sim_params; p->name; p++)
		if (strcmp(p->name, option) == 0)
			return m && rec_sim_takes(m, p->mask);
	return true;
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

static void check_method_options(const struct rec_sim_method *m)
{
	static const struct {
		const char *name;
		unsigned bits;
	} others[] = { { "part", REC_SIM_LIST },
		       { "columns", REC_SIM_LIST },
		       { "from-factors", REC_SIM_FACTORS } };

	for (const struct rec_param *p = rec_sim_params; p->name; p++)
		if (p->help && cli_given(p->name) && !rec_sim_takes(m, p->mask))
			cli_usage("--%s cannot work with %s", p->name, rec_sim_name(m));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (cli_given(others[i].name) && !rec_sim_takes(m, others[i].bits))
			cli_usage("--%s cannot work with %s", others[i].name, rec_sim_name(m));
	cli_check_params();
	if (o.sim.center && o.sim.side_user)
		cli_usage("--center cannot work with --side user");
	if (o.sim.weights.bm25[1] > 1)
		cli_usage("--bm25: B is a share, not %g", o.sim.weights.bm25[1]);
}

static void check_factors_options(void)
{
	if (!o.factors)
		return;
	for (const struct rec_param *p = rec_sim_params; p->name; p++)
		if (p->help && (p->mask & REC_SIM_DATA) && cli_given(p->name))
			cli_usage("--%s cannot work with --from-factors", p->name);
	if (cli_given("duplicates"))
		cli_usage("--duplicates cannot work with --from-factors");
}

static void check_columns(const struct rec_sim_opts *s)
{
	if (!s->columns)
		return;
	if (o.part.n)
		cli_usage("--columns cannot work with --part");
	if (o.factors)
		cli_usage("--columns cannot work with --from-factors");
	if (rec_sim_takes(s->method, REC_SIM_REG))
		cli_usage("--columns cannot work with %s", rec_sim_name(s->method));
	if (s->keep_history)
		cli_usage("--columns cannot work with --keep history: rows are chosen from; --part "
			  "does it");
}

static struct rec_sim_opts settings(const struct rec_sim_method *m)
{
	struct rec_sim_opts s = o.sim, usual;

	check_method_options(m);
	check_factors_options();
	rec_sim_defaults(&usual, m);
	s.method = m;
	if (!cli_given("neighbours"))
		s.neighbours = usual.neighbours;
	if (!cli_given("weights"))
		s.weights.kind = usual.weights.kind;
	s.seed = o.common.seed;
	s.columns = o.columns.n > 0;
	s.part = s.columns ? o.columns.i : o.part.n ? o.part.i : 1;
	s.parts = s.columns ? o.columns.n : o.part.n ? o.part.n : 1;
	check_columns(&s);
	sim_shards_check(&o.shards, &s, &o.common);
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
 * Pages of files are used through windows, one for each file that is in use at
 * once: the input, the pairs that take part, their weights, the cells that are
 * being transposed, and the transpose. LEAST_WINDOW is eight times what the
 * kernel maps around a page that is touched (matrix/csr_row.h); MOST_WINDOW
 * leaves the rest to its page cache.
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
	passes = rec_sim_takes(s->method, REC_SIM_LIST) && s->group ?
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
	 * A sixteenth more, for pairs that were read into memory before it was
	 * known that not all of them fit; 16 bytes for what the division loses.
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
	if (!o.shards.part)
		sim_tell_table(m, s, s->tally, o.factors);
	cli_phase("write");
	if (rec_meta_set(&m->meta, "version", REC_VERSION, e) != 0)
		return -1;
	if (cli_out(&out, o.common.output, o.common.binary, e) != 0)
		return -1;
	return rec_model_write(out, m, o.common.binary, run->pool, e);
}

enum mode { TRAIN, FACTORS, SHARD, MERGE };

static enum mode mode(void)
{
	if (o.shards.survey || o.shards.partial)
		return SHARD;
	return o.shards.merge ? MERGE : o.factors ? FACTORS : TRAIN;
}

/* 1: --estimate has answered. */
static int work(struct rec_model *m, struct rec_sparse *x, struct rec_model *from,
		struct rec_sim_opts *s, struct rec_run *run, struct rec_err *e)
{
	enum rec_repeats repeats = (enum rec_repeats)o.duplicates;

	switch (mode()) {
	case SHARD: return sim_shards_write(&o.shards, s, repeats, &o.common, run, e);
	case MERGE: return sim_shards_merge(&o.shards, m, s, repeats, &o.common, run, e);
	case FACTORS: return from_factors(m, from, s, run, e);
	case TRAIN: break;
	}
	return from_interactions(m, x, s, run, e);
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
	if (rc == 0)
		rc = work(&m, &x, &from, &s, r, e);
	if (rc == 0 && mode() != SHARD)
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

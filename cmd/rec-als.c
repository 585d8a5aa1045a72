/* SPDX-License-Identifier: MIT */
/*
 * rec-als - matrix factorisation by alternating least squares: interactions in,
 * a model out.
 */
#include <stdio.h>
#include <string.h>

#include "als/als.h"
#include "cmd/als/tell.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/cli/side.h"
#include "matrix/csr_row.h"
#include "matrix/sparse.h"

static struct {
	struct rec_als_opts als;	/* the table of parameters: als/options.c */
	unsigned half, duplicates;
	bool objective, transposed;
	const char *init, *model;
	struct cli_part part;
	struct cli_common common;
} o = { .common = CLI_COMMON_INIT };

static const char *const halves[] = { "user", "item", NULL };

static const struct cli_opt opts[] = {
	CLI_FILE(0, "init-from", &o.init,
		 "start from the vectors of this model, by label; other labels start as "
		 "--init-sd says"),
	CLI_FLAG(0, "objective", &o.objective,
		 "after each half-step print objective TAB iteration TAB side TAB value "
		 "on stderr, and write it to --stats"),
	CLI_CHOICE(0, "duplicates", "RULE", &o.duplicates, cli_repeats,
		   "how to combine a pair that appears more than once: sum, max, last by "
		   "time, or fail (explicit: last)"),
	CLI_CHOICE(0, "half", "user|item", &o.half, halves,
		   "do one half-step: solve this side, with the other side and the settings "
		   "of --model"),
	CLI_FILE('m', "model", &o.model, "the model for --half"),
	CLI_PART(0, "part", &o.part, "with --half: solve part I of N of the rows"),
	CLI_FLAG(0, "transposed", &o.transposed, "with --half: the input is item TAB user"),
	CLI_COMMON_AS(&o.common, NULL, "seed of the start values", CLI_TRUST_HELP),
	CLI_END
};

/* Options, beside the parameters, whose value -v tells. */
static bool applies(const char *option)
{
	return strcmp(option, "half") != 0 &&
	       (strcmp(option, "duplicates") != 0 || !o.als.explicit_loss);
}

static const struct cli_spec spec = {
	.name = "rec-als",
	.summary = "matrix factorisation by alternating least squares",
	.synopsis = "rec-als [options] < interactions > model",
	.hint = "reads stdin: rec-als < train.tsv",
	.params = rec_als_params,
	.settings = &o.als,
	.opts = opts,
	.common = &o.common,
	.applies = applies,
};

/*
 * Options that say how a model is made; with --half they come from the model.
 */
static void refuse_with_half(void)
{
	static const char *const others[] = { "init-from", "objective", "seed", NULL };

	for (const struct rec_param *p = rec_als_params; p->name; p++)
		if (p->help && cli_given(p->name))
			cli_usage("--%s cannot work with --half: settings come from the model",
				  p->name);
	for (size_t i = 0; others[i]; i++)
		if (cli_given(others[i]))
			cli_usage("--%s cannot work with --half: settings come from the model",
				  others[i]);
	if (!o.model)
		cli_usage("--half needs --model");
}

static void check_options(void)
{
	if (cli_given("half"))
		refuse_with_half();
	else if (cli_given("model") || cli_given("part") || o.transposed)
		cli_usage("--%s needs --half", cli_given("model") ? "model" :
					       o.transposed	  ? "transposed" :
								    "part");
	cli_check_params();
}

static void print_objective(void *arg, uint32_t iteration, const char *half, double value)
{
	char key[64];

	(void)arg;
	cli_note("objective\t%u\t%s\t%.17g", iteration, half, value);
	snprintf(key, sizeof key, "objective.%u.%s", iteration, half);
	cli_stat_f64(key, value);
}

/* Under explicit loss sums of ratings make no sense: the last one counts. */
static enum rec_repeats repeats_rule(bool ratings)
{
	if (cli_given("duplicates"))
		return (enum rec_repeats)o.duplicates;
	return ratings ? REC_REPEATS_LAST : REC_REPEATS_SUM;
}

static uint64_t matrix_bytes(const struct rec_sparse *x)
{
	return x->m.nnz * 8 + x->m.nrows * (uint64_t)8;
}

static double operations(const struct rec_sparse *x, const struct rec_als_opts *a)
{
	double k = a->factors, rows = (double)x->m.nrows + x->m.ncols;

	return (2 * (double)x->m.nnz * k * k + rows * k * k * k / 3) * a->iterations;
}

/*
 * Bytes that rec_als_bytes_far does not count: OVERHEAD of libraries and
 * buffers, THREAD of the stack and the buffers of a thread. What is left of
 * --mem is shared by the pages of files. Several files are walked at once, so
 * each gets a share of WINDOWS, at least LEAST_WINDOW and at most MOST_WINDOW.
 */
enum {
	OVERHEAD = 8 << 20,
	THREAD = 2 << 20,
	WINDOWS = 8,
	LEAST_WINDOW = 256 << 10,
	MOST_WINDOW = 64 << 20
};

/*
 * The least --mem to train with: pairs and tables in files. A sixteenth more is
 * for pairs that were read before it was known that not all of them fit.
 */
static uint64_t least_memory(const struct rec_sparse *x, const struct rec_als_opts *a,
			     unsigned threads)
{
	uint64_t tables;

	return (rec_als_bytes_far(x, a, threads, true, &tables) + OVERHEAD +
		threads * (uint64_t)THREAD + WINDOWS * (uint64_t)LEAST_WINDOW) /
		       16 * 17 +
	       16;
}

/* --mem does not hold all: what goes to files, and how much of them is held. */
static void use_files(struct rec_als_job *job, struct rec_sparse *x, unsigned threads)
{
	const struct rec_als_opts *a = &o.als;
	uint64_t mem = o.common.mem,
		 held = OVERHEAD + threads * (uint64_t)THREAD + (x->m.far ? 0 : 8 * x->m.nnz),
		 least = WINDOWS * (uint64_t)LEAST_WINDOW, window, tables;

	job->spill = cli_spill();
	job->spill_tables = held + rec_als_bytes_far(x, a, threads, false, &tables) + least > mem;
	held += rec_als_bytes_far(x, a, threads, job->spill_tables, &tables);
	window = mem > held + least ? (mem - held) / WINDOWS : LEAST_WINDOW;
	job->spill->limit = window < MOST_WINDOW ? window : MOST_WINDOW;
	job->transpose_limit = job->spill->limit + tables / WINDOWS;
	rec_csr_limit(&x->m, job->spill->limit);
	cli_verbose("works from files in %s: pairs%s", job->spill->dir,
		    job->spill_tables ? ", factors" : "");
}

/* 1: --estimate has answered. */
static int plan(struct rec_als_job *job, struct rec_sparse *x, struct rec_run *run,
		struct rec_err *e)
{
	const struct rec_als_opts *a = &o.als;
	unsigned threads = rec_pool_size(run->pool);
	uint64_t all = matrix_bytes(x) +
		       rec_als_bytes(x->m.nrows, x->m.ncols, x->m.nnz, a, threads),
		 least = least_memory(x, a, threads);
	struct cli_amount more[] = { { "operations", operations(x, a) },
				     { "bytes.least", (double)(least < all ? least : all) },
				     { NULL, 0 } };
	int rc = cli_need(o.common.estimate || all < least ? all : least, more, e);

	if (rc == 0 && o.common.mem && all > o.common.mem)
		use_files(job, x, threads);
	return rc;
}

/* 1: --estimate has answered. */
static int check_memory(const struct rec_sparse *x, const struct rec_als_opts *a,
			struct rec_run *run, struct rec_err *e)
{
	struct cli_amount more[] = { { "operations", operations(x, a) }, { NULL, 0 } };

	return cli_need(matrix_bytes(x) + rec_als_bytes(x->m.nrows, x->m.ncols, x->m.nnz, a,
							rec_pool_size(run->pool)),
			more, e);
}

/* Other models have no equations to go on with. */
static int load_own_model(struct rec_model *m, const char *path, struct rec_run *run,
			  struct rec_err *e)
{
	const char *algorithm;

	if ((cli_given("half") ? cli_load_half_model : cli_load_model)(m, path, run, e) != 0)
		return -1;
	algorithm = rec_meta_get(&m->meta, "algorithm");
	if (!m->has_factors || !algorithm || strcmp(algorithm, "als") != 0)
		return rec_err_set(e, REC_EDATA, "%s: not a model of rec-als", path);
	return 0;
}

static int train(struct rec_model *m, struct rec_sparse *x, struct rec_model *init,
		 struct rec_run *run, struct rec_err *e)
{
	struct rec_als_report report = { 0 };
	struct rec_als_job job = { .init = o.init ? init : NULL,
				   .objective = o.objective,
				   .objective_fn = print_objective,
				   .report = &report };
	enum rec_repeats repeats = repeats_rule(o.als.explicit_loss);
	int rc;

	o.als.seed = o.common.seed;
	if (cli_load_interactions(x, repeats, run, e) != 0)
		return -1;
	rc = plan(&job, x, run, e);
	if (rc != 0)
		return rc;
	if (o.init && load_own_model(init, o.init, run, e) != 0)
		return rec_err_prefix(e, "--init-from: ");
	if (o.init && x->m.nnz > 0 && als_check_init(init, o.init, x, &o.als, e) != 0)
		return -1;
	als_tell_values(x, &o.als);
	cli_phase("train");
	if (rec_als_train(m, x, &o.als, &job, run, e) != 0)
		return -1;
	als_tell_report(&report, &o.als, m);
	if (rec_meta_set(&m->meta, "duplicates", cli_repeats[repeats], e) != 0)
		return -1;
	return rec_meta_set(&m->meta, "version", REC_VERSION, e);
}

/*
 * What --mem and --estimate need to know of a half-step: the sizes that its
 * model has.
 */
static struct rec_als_opts half_settings(const struct rec_model *from)
{
	const char *loss = rec_meta_get(&from->meta, "loss");
	struct rec_als_opts a;

	rec_als_defaults(&a);
	a.iterations = 1;
	a.explicit_loss = loss && strcmp(loss, "explicit") == 0;
	a.factors = from->user.ncols > from->item.ncols ? from->user.ncols : from->item.ncols;
	return a;
}

/* Parts keep repeats, so these are combined as in training. */
static enum rec_repeats half_repeats(const struct rec_model *from, bool ratings)
{
	const char *rule = rec_meta_get(&from->meta, "duplicates");

	for (unsigned i = 0; rule && !cli_given("duplicates") && cli_repeats[i]; i++)
		if (strcmp(rule, cli_repeats[i]) == 0)
			return (enum rec_repeats)i;
	return repeats_rule(ratings);
}

static int half(struct rec_model *m, struct rec_sparse *x, struct rec_model *from,
		struct rec_run *run, struct rec_err *e)
{
	uint64_t unknown = 0;
	struct rec_als_half_opts h = { .users = o.half == 0,
				       .transposed = o.transposed,
				       .part = o.part.n ? o.part.i : 1,
				       .parts = o.part.n ? o.part.n : 1,
				       .unknown = &unknown };
	struct rec_als_opts a;
	int rc;

	if (load_own_model(from, o.model, run, e) != 0)
		return -1;
	a = half_settings(from);
	if (cli_load_pairs_alone(x, half_repeats(from, a.explicit_loss), o.transposed, run, e) != 0)
		return -1;
	rc = check_memory(x, &a, run, e);
	if (rc != 0)
		return rc;
	cli_phase("train");
	if (rec_als_half(m, from, x, &h, run, e) != 0)
		return -1;
	cli_stat_u64("unknown", unknown);
	return als_tell_half(m, from, o.model, x, &h, e);
}

static int work(struct rec_model *m, struct rec_sparse *x, struct rec_model *from,
		struct rec_run *run, struct rec_err *e)
{
	struct rec_out *out;
	int rc = cli_given("half") ? half(m, x, from, run, e) : train(m, x, from, run, e);

	if (rc < 0)
		return -1;
	cli_phase("write");
	if (rc == 0)
		if (cli_out(&out, o.common.output, true, e) != 0 ||
		    rec_model_write(out, m, true, run->pool, e) != 0)
			return -1;
	return cli_commit(e);
}

static int run(struct rec_err *e)
{
	struct rec_model m = { 0 }, from = { 0 };
	struct rec_sparse x = { 0 };
	struct rec_run *r;
	int rc;

	check_options();
	rc = cli_run(&r, e);
	if (rc == 0)
		rc = cli_expect_out(o.common.output, !o.common.estimate, e);
	if (rc == 0)
		rc = work(&m, &x, &from, r, e);
	rec_model_free(&m);
	rec_model_free(&from);
	rec_sparse_free(&x);
	return rc;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

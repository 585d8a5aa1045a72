/* SPDX-License-Identifier: MIT */
/*
 * cmd/sim/shards.c - rec-sim over shards: writes the survey or sums of one
 * shard, adds up sums, and makes a model from the sums of all shards.
 */
#include "cmd/sim/shards.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/cli/template.h"
#include "cmd/sim/tell.h"
#include "sim/combine.h"
#include "sim/cost.h"
#include "sim/partial.h"
#include "sim/methods.h"
#include "sim/sim.h"
#include "sim/sums_check.h"
#include "sim/sums_load.h"

/* -- options -- */

static const char *mode_of(const struct sim_shards *o)
{
	return o->survey ? "survey" : o->partial ? "partial" : "merge";
}

static void check_groups(const struct sim_shards *o, const struct rec_sim_opts *s,
			 const struct cli_common *common)
{
	if (!o->groups && !o->to)
		return;
	if (!o->groups || !o->to)
		cli_usage("--%s needs --%s", o->to ? "to" : "groups", o->to ? "groups" : "to");
	if (!o->partial)
		cli_usage("--groups needs --partial");
	if (o->merge)
		cli_usage("--groups cannot work with --merge: it divides the sums of a shard, and "
			  "those of each group are then added up on their own");
	if (rec_sim_takes(s->method, REC_SIM_REG))
		cli_usage("--groups cannot work with %s", rec_sim_name(s->method));
	if (common->output)
		cli_usage("--groups cannot work with --output");
	if (!common->binary)
		cli_usage("--groups needs -b: sums in text do not say of which items they are");
}

/* Options that make no sense with a mode. */
static void check_mode(const struct sim_shards *o, const struct rec_sim_opts *s)
{
	if (o->survey + o->partial + o->merge == 0 && o->file)
		cli_usage("--whole needs --partial or --merge");
	if (o->survey && (o->partial || o->merge))
		cli_usage("--survey cannot work with --%s", o->merge ? "merge" : "partial");
	if (o->partial && o->merge && o->file)
		cli_usage("--whole cannot work with --partial --merge: sums are added up as they "
			  "are");
	if ((o->survey || o->partial) && (cli_given("part") || cli_given("columns")))
		cli_usage("--%s cannot work with --%s: make more shards%s", mode_of(o),
			  cli_given("part") ? "part" : "columns",
			  o->partial && !o->merge ? ", or --groups" : "");
	if (o->survey && (o->file || cli_given("binary")))
		cli_usage("--survey cannot work with --%s", o->file ? "whole" : "binary");
	if (o->partial && !o->merge && !o->file && rec_partial_wants_whole(s))
		cli_usage("--partial of %s needs --whole: weights of users are rounded by what all "
			  "shards are (see --survey)",
			  rec_sim_name(s->method));
}

void sim_shards_check(const struct sim_shards *o, const struct rec_sim_opts *s,
		      const struct cli_common *common)
{
	const char *reason = rec_partial_refuses(s);
	bool any = o->survey || o->partial || o->merge;

	if (any && cli_given("from-factors"))
		cli_usage("--%s cannot work with --from-factors", mode_of(o));
	if (any && reason)
		cli_usage("--%s cannot work with %s: %s; --part over the whole data does it",
			  mode_of(o), rec_sim_name(s->method), reason);
	check_mode(o, s);
	check_groups(o, s, common);
}

int sim_shards_whole(struct sim_shards *o, struct rec_sim_opts *s, struct rec_err *e)
{
	struct rec_in *in;
	int rc;

	if (!o->file)
		return 0;
	if (cli_in(&in, o->file, "a survey", e) != 0)
		return -1;
	rc = rec_survey_read(&o->whole, in, e);
	rec_in_close(in);
	s->whole = &o->whole;
	return rc == 0 ? rec_sums_check_whole(&o->whole, s, e) : -1;
}

/* -- from a shard -- */

/* 1: --estimate has answered. */
static int check_cost(const struct rec_sim_cost *c, struct rec_err *e)
{
	struct cli_amount more[] = { { "operations", c->operations }, { NULL, 0 } };

	return cli_need(c->bytes, more, e);
}

static int write_survey(const struct rec_sparse *x, const struct rec_sim_opts *s,
			const struct cli_common *common, uint64_t *thinned, struct rec_err *e)
{
	struct rec_survey survey;
	struct rec_out *out;

	if (rec_partial_survey(&survey, x, s, thinned, e) != 0 ||
	    cli_out(&out, common->output, false, e) != 0)
		return -1;
	return rec_survey_write(out, &survey, e);
}

struct outputs {
	struct rec_out **out;
	bool binary;
};

static int open_group(void *arg, uint32_t i, const char *name, struct rec_err *e)
{
	struct outputs *o = arg;

	return cli_out(&o->out[i], name, o->binary, e);
}

static int write_sums(const struct sim_shards *o, const struct rec_sparse *x, struct rec_partial *p,
		      const struct cli_common *common, const struct rec_run *run,
		      struct rec_err *e)
{
	struct outputs outs = { rec_zalloc(p->groups, sizeof *outs.out, e), p->binary };
	int rc = outs.out ? 0 : -1;

	if (rc == 0)
		rc = o->groups ? cli_template_open(o->to, o->groups, open_group, &outs, e) :
				 cli_out(outs.out, common->output, p->binary, e);
	cli_phase("compute");
	if (rc == 0)
		rc = rec_partial_write(outs.out, x, p, run, e);
	cli_stat_u64("cells", p->cells);
	free(outs.out);
	return rc;
}

static int from_shard(const struct sim_shards *o, const struct rec_sim_opts *s,
		      enum rec_repeats repeats, const struct cli_common *common,
		      const struct rec_run *run, struct rec_err *e)
{
	struct rec_partial p = { .o = s,
				 .duplicates = cli_repeats[repeats],
				 .version = REC_VERSION,
				 .binary = common->binary,
				 .groups = o->groups ? o->groups : 1 };
	struct rec_sparse x = { 0 };
	struct rec_sim_cost cost;
	int rc = cli_load_interactions(&x, repeats, run, e);

	if (rc == 0) {
		rec_partial_cost(&cost, &x, s, o->survey ? 0 : p.groups, rec_pool_size(run->pool));
		rc = check_cost(&cost, e);
	}
	if (rc == 0)
		rc = o->survey ? write_survey(&x, s, common, &p.thinned, e) :
				 write_sums(o, &x, &p, common, run, e);
	if (rc == 0)
		sim_tell_values(&x, s);
	if (rc == 0 && p.thinned)
		cli_note("--max-user thinned %llu user%s", (unsigned long long)p.thinned,
			 cli_s(p.thinned));
	rec_sparse_free(&x);
	return rc;
}

/* -- from sums -- */

static int load_sums(struct rec_sums *sums, const struct rec_sim_opts *s, bool some,
		     const struct cli_common *common, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_sums_load how = { .o = s, .some = some, .trust = common->trust };
	struct rec_in *in;

	cli_phase("read");
	if (cli_in(&in, NULL, "sums", e) != 0 || rec_sums_load(sums, in, &how, run->pool, e) != 0)
		return -1;
	cli_stat_u64("shards", sums->all.shards);
	cli_stat_u64("users", sums->all.users);
	cli_stat_u64("items", sums->item.n);
	return 0;
}

static int add_up(const struct rec_sim_opts *s, const struct cli_common *common,
		  const struct rec_run *run, struct rec_err *e)
{
	struct rec_sums sums = { 0 };
	struct rec_sim_cost cost;
	struct rec_out *out;
	uint64_t cells = 0;
	int rc = load_sums(&sums, s, true, common, run, e);

	if (rc == 0) {
		rec_combine_cost(&cost, &sums, rec_pool_size(run->pool));
		rc = check_cost(&cost, e);
	}
	cli_phase("compute");
	if (rc == 0)
		rc = cli_out(&out, common->output, common->binary, e) == 0 ?
			     rec_combine_write(out, &sums, common->binary, &cells, run, e) :
			     -1;
	cli_stat_u64("cells", cells);
	rec_sums_free(&sums);
	return rc;
}

int sim_shards_write(const struct sim_shards *o, const struct rec_sim_opts *s,
		     enum rec_repeats repeats, const struct cli_common *common,
		     const struct rec_run *run, struct rec_err *e)
{
	return o->merge ? add_up(s, common, run, e) : from_shard(o, s, repeats, common, run, e);
}

/* Take --duplicates from the sums. */
static int set_duplicates(struct rec_model *m, const struct rec_sums *sums,
			  enum rec_repeats repeats, struct rec_err *e)
{
	const char *made = rec_meta_get(&sums->meta, "duplicates");

	if (made && cli_given("duplicates") && strcmp(made, cli_repeats[repeats]) != 0)
		return rec_err_set(e, REC_EUSAGE,
				   "the sums were made with --duplicates %s: give the same", made);
	return rec_meta_set(&m->meta, "duplicates", made ? made : cli_repeats[repeats], e);
}

static int merge(struct rec_model *m, const struct rec_sums *sums, const struct rec_sim_opts *s,
		 enum rec_repeats repeats, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sim_cost cost;
	int rc;

	rec_sim_merge_cost(&cost, sums, s, rec_pool_size(run->pool));
	rc = check_cost(&cost, e);
	if (rc != 0)
		return rc;
	if (sums->untold)
		cli_note("%llu user%s of the shards %s not named in the sums (text, or made by an "
			 "older rec-sim): a user in two shards is not noticed",
			 (unsigned long long)sums->untold, cli_s(sums->untold),
			 sums->untold == 1 ? "is" : "are");
	cli_phase("compute");
	return rec_sim_merge(m, sums, s, run, e) == 0 ? set_duplicates(m, sums, repeats, e) : -1;
}

int sim_shards_merge(struct sim_shards *o, struct rec_model *m, const struct rec_sim_opts *s,
		     enum rec_repeats repeats, const struct cli_common *common,
		     const struct rec_run *run, struct rec_err *e)
{
	struct rec_sums sums = { 0 };
	int rc = load_sums(&sums, s, false, common, run, e);

	if (rc != 0)
		return -1;
	o->part = sums.groups > 1;
	rc = merge(m, &sums, s, repeats, run, e);
	rec_sums_free(&sums);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * cmd/sim/shards.c - rec-sim over shards: writes the survey or sums of one
 * shard, and makes a model from the sums of all shards.
 */
#include "cmd/sim/shards.h"

#include <string.h>

#include "cmd/cli/load.h"
#include "cmd/sim/tell.h"
#include "sim/partial.h"
#include "sim/cost.h"
#include "sim/methods.h"
#include "sim/sim.h"
#include "sim/sums_check.h"
#include "sim/sums_load.h"

/* -- options -- */

static const char *mode_of(const struct sim_shards *o)
{
	return o->survey ? "survey" : o->partial ? "partial" : "merge";
}

void sim_shards_check(const struct sim_shards *o, const struct rec_sim_opts *s)
{
	const char *reason = rec_partial_refuses(s);

	if (o->survey + o->partial + o->merge > 1)
		cli_usage("--%s cannot work with --%s", o->survey ? "survey" : "partial",
			  o->merge ? "merge" : "partial");
	if (o->survey + o->partial + o->merge == 0 && o->file)
		cli_usage("--whole needs --partial or --merge");
	if (o->survey + o->partial + o->merge == 0)
		return;
	if (cli_given("from-factors"))
		cli_usage("--%s cannot work with --from-factors", mode_of(o));
	if (reason)
		cli_usage("--%s cannot work with %s: %s; --part over the whole data does it",
			  mode_of(o), rec_sim_name(s->method), reason);
	if (!o->merge && (cli_given("part") || cli_given("columns")))
		cli_usage("--%s cannot work with --%s: make more shards", mode_of(o),
			  cli_given("part") ? "part" : "columns");
	if (o->survey && (o->file || cli_given("binary")))
		cli_usage("--survey cannot work with --%s", o->file ? "whole" : "binary");
	if (o->partial && !o->file && rec_partial_wants_whole(s))
		cli_usage("--partial of %s needs --whole: weights of users are rounded by what all "
			  "shards are (see --survey)",
			  rec_sim_name(s->method));
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

static int write_sums(const struct rec_sparse *x, const struct rec_sim_opts *s,
		      enum rec_repeats repeats, const struct cli_common *common, uint64_t *thinned,
		      const struct rec_run *run, struct rec_err *e)
{
	struct rec_partial p = { .o = s,
				 .duplicates = cli_repeats[repeats],
				 .version = REC_VERSION,
				 .binary = common->binary };
	struct rec_out *out;
	int rc = cli_out(&out, common->output, common->binary, e);

	cli_phase("compute");
	if (rc == 0)
		rc = rec_partial_write(out, x, &p, run, e);
	*thinned = p.thinned;
	cli_stat_u64("cells", p.cells);
	return rc;
}

int sim_shards_write(const struct sim_shards *o, const struct rec_sim_opts *s,
		     enum rec_repeats repeats, const struct cli_common *common,
		     const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse x = { 0 };
	struct rec_sim_cost cost;
	uint64_t thinned = 0;
	int rc = cli_load_interactions(&x, repeats, run, e);

	if (rc == 0) {
		struct cli_amount more[] = { { "operations", 0 }, { NULL, 0 } };

		rec_partial_cost(&cost, &x, s, !o->survey, rec_pool_size(run->pool));
		more[0].n = cost.operations;
		rc = cli_need(cost.bytes, more, e);
	}
	if (rc == 0)
		rc = o->survey ? write_survey(&x, s, common, &thinned, e) :
				 write_sums(&x, s, repeats, common, &thinned, run, e);
	if (rc == 0)
		sim_tell_values(&x, s);
	if (rc == 0 && thinned)
		cli_note("--max-user thinned %llu user%s", (unsigned long long)thinned,
			 cli_s(thinned));
	rec_sparse_free(&x);
	return rc;
}

/* -- from sums -- */

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
	struct cli_amount more[] = { { "operations", 0 }, { NULL, 0 } };
	int rc;

	rec_sim_merge_cost(&cost, sums, s, rec_pool_size(run->pool));
	more[0].n = cost.operations;
	cli_stat_u64("shards", sums->all.shards);
	cli_stat_u64("users", sums->all.users);
	cli_stat_u64("items", sums->item.n);
	rc = cli_need(cost.bytes, more, e);
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

int sim_shards_merge(struct rec_model *m, const struct rec_sim_opts *s, enum rec_repeats repeats,
		     const struct cli_common *common, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sums sums = { 0 };
	struct rec_in *in;
	int rc;

	cli_phase("read");
	if (cli_in(&in, NULL, "sums", e) != 0 ||
	    rec_sums_load(&sums, in, s, common->trust, run->pool, e) != 0)
		return -1;
	rc = merge(m, &sums, s, repeats, run, e);
	rec_sums_free(&sums);
	return rc;
}

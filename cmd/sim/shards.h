/* SPDX-License-Identifier: MIT */
/* cmd/sim/shards.h - rec-sim over shards: --survey, --partial, --merge. */
#ifndef REC_CMD_SIM_SHARDS_H
#define REC_CMD_SIM_SHARDS_H

#include "cmd/cli/cli.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "sim/options.h"
#include "sim/survey.h"

struct sim_shards {
	bool survey, partial, merge;
	uint32_t groups;	/* 0: not given */
	const char *to;		/* names of their files */
	const char *file;	/* file of --whole */
	struct rec_survey whole;
	bool part;		/* set: the sums, and so the model, were of a group */
};

/* Check the options. A contradiction ends the process as bad usage does. */
void sim_shards_check(const struct sim_shards *o, const struct rec_sim_opts *s,
		      const struct cli_common *common);

/* Read --whole, if given, and let s point to it. */
REC_MUST int sim_shards_whole(struct sim_shards *o, struct rec_sim_opts *s, struct rec_err *e);

/*
 * Run --survey or --partial: from interactions, or with --merge from sums, to
 * numbers that add up over shards. Returns 1 if --estimate has answered.
 */
REC_MUST int sim_shards_write(const struct sim_shards *o, const struct rec_sim_opts *s,
			      enum rec_repeats repeats, const struct cli_common *common,
			      const struct rec_run *run, struct rec_err *e);

/*
 * Run --merge: from sums to a model. Returns 1 if --estimate has answered.
 * repeats is the value given or the default.
 */
REC_MUST int sim_shards_merge(struct sim_shards *o, struct rec_model *m,
			      const struct rec_sim_opts *s, enum rec_repeats repeats,
			      const struct cli_common *common, const struct rec_run *run,
			      struct rec_err *e);

#endif

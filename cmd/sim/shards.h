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
	const char *file;	/* of --whole */
	struct rec_survey whole;
};

/* Options that cannot work together end the process as bad usage does. */
void sim_shards_check(const struct sim_shards *o, const struct rec_sim_opts *s);

/* Read --whole, where it was given, for s to point to. */
REC_MUST int sim_shards_whole(struct sim_shards *o, struct rec_sim_opts *s, struct rec_err *e);

/* --survey and --partial: interactions to what adds up. */
REC_MUST int sim_shards_write(const struct sim_shards *o, const struct rec_sim_opts *s,
			      enum rec_repeats repeats, const struct cli_common *common,
			      const struct rec_run *run, struct rec_err *e);

/*
 * --merge: sums to a model. 1: --estimate has answered. repeats: as given, or
 * the default.
 */
REC_MUST int sim_shards_merge(struct rec_model *m, const struct rec_sim_opts *s,
			      enum rec_repeats repeats, const struct cli_common *common,
			      const struct rec_run *run, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* sim/sums_load.h - sums of shards from a recmat stream or text. */
#ifndef REC_SIM_SUMS_LOAD_H
#define REC_SIM_SUMS_LOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "sim/options.h"
#include "sim/sums.h"

struct rec_sums_load {
	const struct rec_sim_opts *o;
	bool some;	/* of some shards, to add them up: recmat alone, some may be missing */
	bool trust;
};

/*
 * Read sums for a method. They must be the sums that it needs; they must be
 * compatible and distinct, no user may be in two shards, and if the total over
 * all shards is known, none may be missing. Text has no metadata, so it needs
 * o->whole. Takes in over, also on failure.
 */
REC_MUST int rec_sums_load(struct rec_sums *s, struct rec_in *in, const struct rec_sums_load *how,
			   struct rec_pool *pool, struct rec_err *e);

#endif

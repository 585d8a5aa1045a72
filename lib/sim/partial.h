/* SPDX-License-Identifier: MIT */
/*
 * sim/partial.h - makes of one shard what adds up over shards: a survey
 * (sim/survey.h), or sums (sim/sums.h).
 *
 * Sums are written in blocks of rows, each of some million cells, so that
 * memory is that of the data and of one block. A user is whole in one shard.
 */
#ifndef REC_SIM_PARTIAL_H
#define REC_SIM_PARTIAL_H

#include <stdbool.h>

#include "base/err.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "matrix/sparse.h"
#include "sim/cost.h"
#include "sim/options.h"
#include "sim/survey.h"

/* Why sums over shards cannot be made for o; NULL if they can. */
const char *rec_partial_refuses(const struct rec_sim_opts *o);

/* The sums are of weights, for which o->whole is needed. */
bool rec_partial_wants_whole(const struct rec_sim_opts *o);

REC_MUST int rec_partial_survey(struct rec_survey *s, const struct rec_sparse *x,
				const struct rec_sim_opts *o, uint64_t *thinned, struct rec_err *e);

/* duplicates: the rule by which x was read, for the metadata. */
struct rec_partial {
	const struct rec_sim_opts *o;
	const char *duplicates, *version;
	bool binary;
	uint32_t groups;	/* of items (sim/sums.h); 1: all items, and text may be written */
	uint64_t thinned, cells;	/* set: users that max_user thinned, cells written */
};

/* Memory and work for sums, or for a survey alone: groups is 0. */
void rec_partial_cost(struct rec_sim_cost *c, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, uint32_t groups, unsigned threads);

/* Sums of x, which may be empty; those of group g go to out[g]. */
REC_MUST int rec_partial_write(struct rec_out *const *out, const struct rec_sparse *x,
			       struct rec_partial *p, const struct rec_run *run, struct rec_err *e);

#endif

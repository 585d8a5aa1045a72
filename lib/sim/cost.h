/* SPDX-License-Identifier: MIT */
/* sim/cost.h - what a model will take, known before it is made. */
#ifndef REC_SIM_COST_H
#define REC_SIM_COST_H

#include <stdint.h>

#include "base/lang.h"
#include "matrix/sparse.h"
#include "sim/options.h"

REC_BEGIN_C

struct rec_sums;

/*
 * What it takes: bytes at most (the input included), and multiplications with
 * addition.
 */
struct rec_sim_cost {
	uint64_t bytes;
	double operations;
};
void rec_sim_cost(struct rec_sim_cost *c, const struct rec_sparse *x, const struct rec_sim_opts *o,
		  unsigned threads);

/*
 * The least for a run with spill, but for what spill->limit allows; 0 where
 * there is none (methods without weights of pairs). c->bytes is with groups of
 * a line a thread; line_bytes is what each further line takes.
 */
void rec_sim_cost_far(struct rec_sim_cost *c, uint64_t *line_bytes, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, unsigned threads);

/* For a model made of the sums of shards. */
void rec_sim_merge_cost(struct rec_sim_cost *c, const struct rec_sums *s,
			const struct rec_sim_opts *o, unsigned threads);

REC_END_C

#endif

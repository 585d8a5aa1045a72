/* SPDX-License-Identifier: MIT */
/* sim/cost.h - memory and work of a model, known before it is made. */
#ifndef REC_SIM_COST_H
#define REC_SIM_COST_H

#include <stdint.h>

#include "matrix/sparse.h"
#include "sim/options.h"

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
 * The least memory for a run from files, without what spill->limit allows;
 * c->bytes is 0 if the method cannot work from files (it has no weights of
 * pairs). c->bytes counts groups of one line a thread; each further line of a
 * group takes line_bytes.
 */
void rec_sim_cost_far(struct rec_sim_cost *c, uint64_t *line_bytes, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, unsigned threads);

/* For a model made of the sums of shards. */
void rec_sim_merge_cost(struct rec_sim_cost *c, const struct rec_sums *s,
			const struct rec_sim_opts *o, unsigned threads);

#endif

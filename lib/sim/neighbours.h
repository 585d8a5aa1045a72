/* SPDX-License-Identifier: MIT */
/*
 * sim/neighbours.h - the similarity of items that follows from the users they
 * share (sim/overlap.h): the weight of every pair, and which weights are kept.
 */
#ifndef REC_SIM_NEIGHBOURS_H
#define REC_SIM_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "sim/overlap.h"

/*
 * How many pairs of items share a user, in the lines that were computed, and
 * how many of them were dropped. (i, j) and (j, i) are two pairs.
 */
struct rec_pair_tally {
	uint64_t pairs;
	uint64_t rare;		/* below min_support */
	uint64_t zero;		/* of weight 0 */
	uint64_t small;		/* of a |weight| below min_sim */
};

struct rec_neighbours {
	struct rec_overlap overlap;
	rec_pair_fn *weight;	/* the measure: finite, 0 for none */
	const void *arg;
	uint32_t keep;		/* 0 for all */
	bool keep_history;	/* of each row; else of each column */
	float min_sim;		/* smaller |weights| are dropped */
	uint32_t min_support;	/* pairs that fewer users share are dropped */
	uint32_t from, to;	/* rows wanted, or columns */
	bool columns;		/* not with keep_history */
	const unsigned char *only;	/* flags of the lines wanted; NULL: all */
	/*
	 * Lines that are summed at once, if the data lie in files
	 * (sim/groups.h). 0: one line a thread.
	 */
	uint32_t group;
	struct rec_pair_tally *tally;	/* added to; NULL: nobody asks */
};

/*
 * The similarity, items x items. Fails where a weight is not finite in float32.
 */
REC_MUST int rec_neighbours(struct rec_csr *s, const struct rec_neighbours *how,
			    const struct rec_run *run, struct rec_err *e);

#endif

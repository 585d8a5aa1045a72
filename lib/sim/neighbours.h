/* SPDX-License-Identifier: MIT */
/*
 * sim/neighbours.h - the similarity of items that follows from the users they
 * share (sim/overlap.h): the weight of every pair, and which weights are kept.
 *
 * Where N of each line are kept, most weights need not be made. A bound comes
 * from the weights of a sample of the line; the sieve of the measure names the
 * pairs that may reach it; their weights are made, and those that reach the
 * bound are counted. If they are N or more, no other pair is among the N
 * largest. Else the bound was too high, and a lower one is tried. The sample
 * decides how much work there is, not what is kept.
 */
#ifndef REC_SIM_NEIGHBOURS_H
#define REC_SIM_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "sim/line.h"
#include "sim/overlap.h"

/*
 * How many pairs of items share a user, in the lines that were computed, and
 * how many of them were dropped. (i, j) and (j, i) are two pairs. Pairs that
 * were sifted out count as pairs alone; there are none if no weight is kept.
 */
struct rec_pair_tally {
	uint64_t pairs;
	uint64_t rare;		/* below min_support */
	uint64_t zero;		/* of weight 0 */
	uint64_t small;		/* of a |weight| below min_sim */
};

struct rec_neighbours {
	struct rec_overlap overlap;
	const struct rec_sim_measure *measure;	/* finite, 0 for none */
	const void *arg;	/* of its functions */
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

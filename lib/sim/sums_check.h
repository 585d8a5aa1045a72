/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_check.h - whether sums are right by themselves, agree with each
 * other, and are the ones that a method needs. For sim/sums_load.c, which reads
 * them.
 */
#ifndef REC_SIM_SUMS_CHECK_H
#define REC_SIM_SUMS_CHECK_H

#include "matrix/digest.h"
#include "recmat/recmat.h"
#include "sim/sums.h"

/* Digests of the shards read so far. */
struct rec_sums_shards {
	struct rec_digest *digest;
	size_t n, cap;
};

/*
 * Metadata of a further shard (or of several put together before). A shard that
 * is there already is an error.
 */
REC_MUST int rec_sums_add_meta(struct rec_sums *s, struct rec_sums_shards *seen,
			       const struct rec_block *b, struct rec_err *e);

/*
 * All metadata are there: are these the sums that o wants, and are none
 * missing? Sets what follows from them. some: they may be of some shards, and
 * no model is made.
 */
REC_MUST int rec_sums_check_meta(struct rec_sums *s, const struct rec_sim_opts *o, bool some,
				 struct rec_err *e);

/* Every cell, and (j, i) for every (i, j); then the pairs of every item. */
REC_MUST int rec_sums_check_cells(struct rec_sums *s, const struct rec_sim_opts *o,
				  struct rec_pool *pool, struct rec_err *e);

/* --whole goes with o. */
REC_MUST int rec_sums_check_whole(const struct rec_survey *whole, const struct rec_sim_opts *o,
				  struct rec_err *e);

#endif

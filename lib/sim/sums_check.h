/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_check.h - between sim/sums.c, which reads and adds up, and
 * sim/sums_check.c, which says what goes together. For sim*.c alone.
 */
#ifndef REC_SIM_SUMS_CHECK_H
#define REC_SIM_SUMS_CHECK_H

#include <math.h>

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
 * missing? Sets what follows from them.
 */
REC_MUST int rec_sums_check_meta(struct rec_sums *s, const struct rec_sim_opts *o,
				 struct rec_err *e);

/* Every cell, and (j, i) for every (i, j); then the pairs of every item. */
REC_MUST int rec_sums_check_cells(struct rec_sums *s, const struct rec_sim_opts *o,
				  struct rec_pool *pool, struct rec_err *e);

/* Users of cell c of p; diagonal: of one item. */
static inline double rec_sums_users(const struct rec_sums *s, const struct rec_sums_part *p,
				    uint64_t c, bool diagonal)
{
	bool exact = p->time && !isnan(p->time[c]) && (diagonal || !s->weighted);

	return exact ? p->time[c] : (double)p->val[c];
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sim/combine.h - sums of several shards (or of groups of them, one and the
 * same group of items) as the sums of these shards together. Since all sums are
 * exact, it does not matter in which order, or in how many steps, shards are
 * put together.
 */
#ifndef REC_SIM_COMBINE_H
#define REC_SIM_COMBINE_H

#include <stdbool.h>

#include "base/err.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "sim/cost.h"
#include "sim/sums.h"

/* Refuse text of a group, which would not say which. */
REC_MUST int rec_combine_write(struct rec_out *out, const struct rec_sums *s, bool binary,
			       uint64_t *cells, const struct rec_run *run, struct rec_err *e);

void rec_combine_cost(struct rec_sim_cost *c, const struct rec_sums *s, unsigned threads);

#endif

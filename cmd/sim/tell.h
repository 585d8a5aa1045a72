/* SPDX-License-Identifier: MIT */
/*
 * cmd/sim/tell.h - what rec-sim says of the values it read and the table it
 * made.
 */
#ifndef REC_CMD_SIM_TELL_H
#define REC_CMD_SIM_TELL_H

#include "model/model.h"
#include "sim/neighbours.h"
#include "sim/options.h"

/* What values are taken for, and which pairs take no part because of them. */
void sim_tell_values(const struct rec_sparse *x, const struct rec_sim_opts *s);

/*
 * Why a whole table holds nothing, or almost nothing. factors: it was made of
 * vectors.
 */
void sim_tell_table(const struct rec_model *m, const struct rec_sim_opts *s,
		    const struct rec_pair_tally *t, bool factors);

#endif

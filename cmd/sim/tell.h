/* SPDX-License-Identifier: MIT */
/*
 * cmd/sim/tell.h - messages of rec-sim about the values it read and the table
 * it made.
 */
#ifndef REC_CMD_SIM_TELL_H
#define REC_CMD_SIM_TELL_H

#include "model/model.h"
#include "sim/neighbours.h"
#include "sim/options.h"

/*
 * Tell how values are understood, and which pairs are left out because of them.
 */
void sim_tell_values(const struct rec_sparse *x, const struct rec_sim_opts *s);

/*
 * Tell why a whole table is empty, or almost empty. factors: the table was made
 * of vectors.
 */
void sim_tell_table(const struct rec_model *m, const struct rec_sim_opts *s,
		    const struct rec_pair_tally *t, bool factors);

#endif

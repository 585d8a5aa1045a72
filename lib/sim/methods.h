/* SPDX-License-Identifier: MIT */
/*
 * sim/methods.h - the table of methods, as commands, help and tests see it:
 * every method has a name, a formula, and the options that it takes.
 */
#ifndef REC_SIM_METHODS_H
#define REC_SIM_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#include "recmat/meta.h"
#include "recpipe/sim.h"
#include "sim/options.h"

/* Whether the method has all of these bits; every method has REC_SIM_DATA. */
bool rec_sim_takes(const struct rec_sim_method *m, unsigned bits);

/*
 * Whether the model of these metadata was made by a measure with S_ij = S_ji,
 * to the bit; --normalize comes after it.
 */
bool rec_sim_is_symmetric(const struct rec_meta *made);

#endif

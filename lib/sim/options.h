/* SPDX-License-Identifier: MIT */
/*
 * sim/options.h - the table of the settings in recpipe/sim.h. Every file of
 * this room reads it.
 */
#ifndef REC_SIM_OPTIONS_H
#define REC_SIM_OPTIONS_H

#include "model/params.h"
#include "recpipe/sim.h"
#include "sim/weighting.h"

/*
 * What a parameter belongs to: the mask of its row in rec_sim_params. A method
 * takes the rows whose bits it has (rec_sim_method.takes).
 */
enum {
	REC_SIM_LIST = 1,	/* it makes a list of neighbours */
	REC_SIM_SUPPORT = 2,
	REC_SIM_SHRINK = 4,
	REC_SIM_WEIGHTS = 8,	/* it weighs values */
	REC_SIM_REG = 16,
	REC_SIM_LINEAR = 32,
	REC_SIM_ASYMMETRY = 64,
	REC_SIM_WALK = 128,
	REC_SIM_FACTORS = 256,	/* it can be made of factors */
	REC_SIM_DATA = 512,	/* of interactions, so not where it is made of factors */
};

extern const struct rec_param rec_sim_params[];

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sim/options.h - what rec-sim is told: the method, its parameters, and which
 * part of the model to make. Every file of this room reads it.
 */
#ifndef REC_SIM_OPTIONS_H
#define REC_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lang.h"
#include "model/params.h"
#include "sim/weighting.h"

REC_BEGIN_C

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

struct rec_sim_method;
struct rec_survey;
struct rec_pair_tally;

enum rec_sim_normalize { REC_SIM_NORMALIZE_NONE, REC_SIM_NORMALIZE_L1, REC_SIM_NORMALIZE_L2 };

struct rec_sim_opts {
	const struct rec_sim_method *method;
	uint32_t neighbours;		/* 0: all */
	bool keep_history, center, side_user;
	enum rec_sim_normalize normalize;
	struct rec_weighting weights;
	double shrink, min_sim, reg, power, asymmetry;
	double exponents[3];		/* c, a, b */
	double walk[2];			/* a, b */
	uint32_t min_support, max_user;
	uint64_t seed;
	uint32_t part, parts;		/* 1 .. parts */
	bool columns;			/* parts are of the candidates; not with keep_history */
	/* for interactions that lie in files; NULL: they are in memory */
	struct rec_spill *spill;
	uint32_t group;			/* with spill: lines summed at once */
	const struct rec_survey *whole;	/* of all data where x is a shard; NULL where x is all */
	/* filled if weights are made by pairs; NULL: not wanted */
	struct rec_pair_tally *tally;
};

extern const struct rec_param rec_sim_params[];

REC_END_C

#endif

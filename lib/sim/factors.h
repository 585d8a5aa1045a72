/* SPDX-License-Identifier: MIT */
/* sim/factors.h - a similarity of the vectors that rec-als made. */
#ifndef REC_SIM_FACTORS_H
#define REC_SIM_FACTORS_H

#include "base/err.h"
#include "kernel/kernel.h"
#include "model/model.h"
#include "sim/cost.h"
#include "sim/options.h"

/* What rec_sim_from_factors takes. */
void rec_sim_factors_cost(struct rec_sim_cost *c, const struct rec_model *from,
			  const struct rec_sim_opts *o, unsigned threads);

#endif

/* SPDX-License-Identifier: MIT */
/* sim/factors.h - a similarity of the vectors that rec-als made. */
#ifndef REC_SIM_FACTORS_H
#define REC_SIM_FACTORS_H

#include "base/err.h"
#include "base/lang.h"
#include "kernel/kernel.h"
#include "model/model.h"
#include "sim/cost.h"
#include "sim/options.h"

REC_BEGIN_C

/*
 * A similarity from the factors of from: dot or cosine of item vectors
 * (side_user: of user vectors). Bias components are left out.
 */
void rec_sim_factors_cost(struct rec_sim_cost *c, const struct rec_model *from,
			  const struct rec_sim_opts *o, unsigned threads);
REC_MUST int rec_sim_from_factors(struct rec_model *m, const struct rec_model *from,
				  const struct rec_sim_opts *o, const struct rec_run *run,
				  struct rec_err *e);

REC_END_C

#endif

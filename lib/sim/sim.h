/* SPDX-License-Identifier: MIT */
/*
 * sim/sim.h - item models: similarities of items (or of users), linear item
 * models, popularity. sim/methods.h has the table of methods.
 *
 * Data flow, and the file of each step:
 *   interactions
 *   pairs that take part, and their weights         sim/weighting.h
 *   weights of item pairs                           sim/neighbours.h
 *     or dense                                      sim/ease.h, sim/factors.h
 *   the N largest of each column or row             sim/select.h
 *   --normalize along the same direction, offset of
 *   --center, rows of --part, labels of what is left  sim/finish.h
 */
#ifndef REC_SIM_SIM_H
#define REC_SIM_SIM_H

#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/sim.h"
#include "sim/options.h"

/*
 * Make a model of the sums of shards: the one that rec_sim_train makes of all
 * data.
 */
struct rec_sums;
REC_MUST int rec_sim_merge(struct rec_model *m, const struct rec_sums *s,
			   const struct rec_sim_opts *o, const struct rec_run *run,
			   struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* als/objective.h - what training lowers, in double. */
#ifndef REC_ALS_OBJECTIVE_H
#define REC_ALS_OBJECTIVE_H

#include "als/options.h"
#include "als/step.h"
#include "base/err.h"
#include "recpipe/pool.h"

REC_MUST int rec_als_objective(double *objective, const struct rec_als_opts *o,
			       const struct rec_als_side *user, const struct rec_als_side *item,
			       const struct rec_run *run, struct rec_err *e);

#endif

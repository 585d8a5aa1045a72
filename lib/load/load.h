/* SPDX-License-Identifier: MIT */
/*
 * load.h - models from files: read, joined from their parts, checked.
 *
 * This room stands above those that make models (als, sim), because a check has
 * to know what each of them writes. Nothing in them loads a model: commands do.
 */
#ifndef REC_LOAD_LOAD_H
#define REC_LOAD_LOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "model/model.h"
#include "recpipe/load.h"

/*
 * rec_model_load in the middle of a sweep of rec-als, where items were solved
 * once more than users: `iterations` is that of the items. The parts of a side
 * must be of the same sweep.
 */
REC_MUST int rec_model_load_half(struct rec_model *m, struct rec_in *in, bool trust,
				 struct rec_pool *pool, struct rec_err *e);

#endif

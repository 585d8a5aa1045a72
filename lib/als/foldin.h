/* SPDX-License-Identifier: MIT */
/*
 * als/foldin.h - a user vector from a history by the equations of training,
 * always by Cholesky. After Cholesky training the train histories give the
 * stored vectors to the byte.
 */
#ifndef REC_ALS_FOLDIN_H
#define REC_ALS_FOLDIN_H

#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "model/model.h"
#include "recpipe/pool.h"

REC_BEGIN_C

/* The model must outlive the fold-in. */
struct rec_foldin;
REC_MUST int rec_foldin_new(struct rec_foldin **f, const struct rec_model *m,
			    const struct rec_run *run, struct rec_err *e);
void rec_foldin_free(struct rec_foldin *f);

/* Scratch for one thread, for histories of any length. */
struct rec_foldin_scratch;
REC_MUST int rec_foldin_scratch_new(struct rec_foldin_scratch **s, const struct rec_foldin *f,
				    struct rec_err *e);
void rec_foldin_scratch_free(struct rec_foldin_scratch *s);

/*
 * user (m->item.ncols floats) from n pairs: indices into m->item.row ascending,
 * raw values. n = 0 gives zeros (explicit: bias 0). Thread-safe with own
 * scratch.
 */
REC_MUST int rec_foldin_solve(const struct rec_foldin *f, struct rec_foldin_scratch *s,
			      const uint32_t *item, const float *value, uint32_t n, float *user,
			      struct rec_err *e);

REC_END_C

#endif

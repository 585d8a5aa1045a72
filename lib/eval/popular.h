/* SPDX-License-Identifier: MIT */
/* popular.h - what train says of items. */
#ifndef REC_EVAL_POPULAR_H
#define REC_EVAL_POPULAR_H

#include "eval/evaluation.h"

/* The caller frees p, also after a failure. */
REC_MUST int rec_eval_popular_make(struct rec_eval_popular *p, const struct rec_sparse *train,
				   struct rec_err *e);
void rec_eval_popular_free(struct rec_eval_popular *p);

#endif

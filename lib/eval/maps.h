/* SPDX-License-Identifier: MIT */
/* maps.h - where labels of one input stand in another. */
#ifndef REC_EVAL_MAPS_H
#define REC_EVAL_MAPS_H

#include "base/err.h"
#include "recpipe/eval.h"

struct rec_eval_maps;

/* The caller frees m, also after a failure. */
REC_MUST int rec_eval_maps_make(struct rec_eval_maps *m, const struct rec_eval_input *in,
				struct rec_err *e);
void rec_eval_maps_free(struct rec_eval_maps *m);

/*
 * True where lists and truth hold the same pairs: then they are scored pairs
 * rather than lists.
 */
REC_MUST int rec_eval_same_pairs(bool *same, const struct rec_lists *lists,
				 const struct rec_sparse *truth, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* candidates.h - lists against the candidates that they were chosen from. */
#ifndef REC_EVAL_CANDIDATES_H
#define REC_EVAL_CANDIDATES_H

#include "eval/evaluation.h"
#include "kernel/kernel.h"

/*
 * Check every list against the candidates of its user, count these, and compute
 * the estimates for all items where there can be any: v->sample.
 */
REC_MUST int rec_eval_candidates(struct rec_evaluation *v, const struct rec_run *run,
				 struct rec_eval_notes *notes, struct rec_err *e);

#endif

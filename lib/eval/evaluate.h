/* SPDX-License-Identifier: MIT */
/*
 * evaluate.h - lists against truth: per-user values of every measure, floors,
 * ceilings and breakdowns, in one parallel pass over users.
 */
#ifndef REC_EVAL_EVALUATE_H
#define REC_EVAL_EVALUATE_H

#include "base/err.h"
#include "base/lang.h"
#include "eval/options.h"
#include "eval/results.h"
#include "kernel/kernel.h"

REC_BEGIN_C

/*
 * Fill r. Values are per user of truth, in label order, whatever the threads.
 * Series of a ranking measure NAME: NAME, and with train NAME/floor,
 * NAME/ceiling, NAME/head, NAME/middle, NAME/tail, and with candidates
 * NAME/corrected. r borrows labels of train.
 */
REC_MUST int rec_evaluate(struct rec_results *r, const struct rec_eval_input *in,
			  const struct rec_eval_opts *o, const struct rec_run *run,
			  struct rec_eval_notes *notes, struct rec_err *e);

REC_END_C

#endif

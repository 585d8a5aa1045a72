/* SPDX-License-Identifier: MIT */
/* check.h - inputs that give no measure. */
#ifndef REC_EVAL_CHECK_H
#define REC_EVAL_CHECK_H

#include "eval/evaluation.h"

/* They are errors. Sets v->longest and some notes. */
REC_MUST int rec_eval_check(struct rec_evaluation *v, struct rec_eval_notes *notes,
			    struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* user.h - all measures of one user. */
#ifndef REC_EVAL_USER_H
#define REC_EVAL_USER_H

#include "base/pool.h"
#include "eval/evaluation.h"

/* Users v->first + first .. v->first + last - 1; arg is the evaluation. */
rec_slice rec_eval_users;

#endif

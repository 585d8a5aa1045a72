/* SPDX-License-Identifier: MIT */
/*
 * series.h - the series of values that an evaluation fills, each with its
 * definition.
 */
#ifndef REC_EVAL_SERIES_H
#define REC_EVAL_SERIES_H

#include "eval/evaluation.h"

/*
 * Make all series of v->r and v->series. Needs v->popular, and v->sample where
 * there are candidates.
 */
REC_MUST int rec_eval_series_make(struct rec_evaluation *v, struct rec_err *e);

/*
 * Keep the first entries of the lists of users that have relevant truth, for
 * coverage and gini.
 */
REC_MUST int rec_eval_keep_listed(struct rec_evaluation *v, struct rec_err *e);

#endif

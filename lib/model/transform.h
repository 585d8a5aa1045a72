/* SPDX-License-Identifier: MIT */
/* transform.h - how a value of a history becomes its weight in a model. */
#ifndef REC_MODEL_TRANSFORM_H
#define REC_MODEL_TRANSFORM_H

#include "base/err.h"
#include "base/lang.h"
#include "recmat/meta.h"

REC_BEGIN_C

/* How a value of a history becomes its weight in a similarity model. */
enum rec_transform_kind { REC_TRANSFORM_NONE, REC_TRANSFORM_LINEAR, REC_TRANSFORM_LOG };

struct rec_transform {
	enum rec_transform_kind kind;
	double alpha, epsilon, divisor;
};

/* From history.weights and its companions; absent ones are none, 1, 1, 1. */
REC_MUST int rec_transform_load(struct rec_transform *t, const struct rec_meta *m,
				struct rec_err *e);

/*
 * none: 1 where value > 0, else 0. linear: alpha * value / divisor. log: alpha
 * * ln(1 + value / epsilon) / divisor where value > 0, else 0.
 */
float rec_transform_weight(const struct rec_transform *t, float value);

REC_END_C

#endif

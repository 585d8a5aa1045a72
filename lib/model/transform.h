/* SPDX-License-Identifier: MIT */
/*
 * model/transform.h - a value to its weight; recpipe/model.h has the formulas.
 */
#ifndef REC_MODEL_TRANSFORM_H
#define REC_MODEL_TRANSFORM_H

#include "base/err.h"
#include "base/math.h"
#include "recmat/meta.h"
#include "recpipe/model.h"

/* The words of metadata and options, in the order of the enum. */
extern const char *const rec_transform_names[];

/* What alpha multiplies; v is not negative under log. */
static inline double rec_transform_size(enum rec_transform_kind kind, double epsilon, double v)
{
	return kind == REC_TRANSFORM_LOG ? rec_log1p(v / epsilon) :
	       kind == REC_TRANSFORM_LINEAR ? v : 1;
}

/* Scaled, as above; under none with alpha and divisor too. */
static inline float rec_transform_scaled(const struct rec_transform *t, double v)
{
	return (float)(t->alpha * rec_transform_size(t->kind, t->epsilon, v) / t->divisor);
}

/* From history.weights and its companions; absent ones are none, 1, 1, 1. */
REC_MUST int rec_transform_load(struct rec_transform *t, const struct rec_meta *m,
				struct rec_err *e);

/*
 * Of a value in a history. Under none and log those that are not above 0 weigh
 * 0; alpha and divisor do not count under none.
 */
float rec_transform_weight(const struct rec_transform *t, float value);

#endif

/* SPDX-License-Identifier: MIT */
/* transform.c - how a value of a history becomes its weight. */
#include "model/transform.h"

#include <math.h>
#include <string.h>

#include "base/math.h"

static int positive(const struct rec_meta *m, const char *key, double *x, struct rec_err *e)
{
	*x = 1;
	if (rec_meta_get_f64(m, key, x, e) < 0)
		return -1;
	if (!(*x > 0) || isinf(*x))
		return rec_err_set(e, REC_EDATA,
				   "metadata of the model: %s is not a positive number", key);
	return 0;
}

int rec_transform_load(struct rec_transform *t, const struct rec_meta *m, struct rec_err *e)
{
	const char *name = rec_meta_get(m, "history.weights");

	if (!name || !strcmp(name, "none"))
		t->kind = REC_TRANSFORM_NONE;
	else if (!strcmp(name, "linear"))
		t->kind = REC_TRANSFORM_LINEAR;
	else if (!strcmp(name, "log"))
		t->kind = REC_TRANSFORM_LOG;
	else
		return rec_err_set(
			e, REC_EDATA,
			"metadata of the model: history.weights is '%s', not none, linear or log",
			name);
	if (positive(m, "history.alpha", &t->alpha, e) ||
	    positive(m, "history.epsilon", &t->epsilon, e) ||
	    positive(m, "history.divisor", &t->divisor, e))
		return -1;
	return 0;
}

float rec_transform_weight(const struct rec_transform *t, float value)
{
	switch (t->kind) {
	case REC_TRANSFORM_LINEAR:
		return (float)(t->alpha * (double)value / t->divisor);
	case REC_TRANSFORM_LOG:
		return value > 0 ? (float)(t->alpha * rec_log1p((double)value / t->epsilon) /
					   t->divisor) :
				   0;
	case REC_TRANSFORM_NONE:
		break;
	}
	return value > 0 ? 1.0f : 0.0f;
}

/* SPDX-License-Identifier: MIT */
/* model/transform.c - how a value becomes a weight. */
#include "model/transform.h"

#include <math.h>
#include <string.h>

const char *const rec_transform_names[] = { "none", "linear", "log", NULL };

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
	unsigned kind = REC_TRANSFORM_NONE;

	while (name && rec_transform_names[kind] && strcmp(name, rec_transform_names[kind]) != 0)
		kind++;
	if (!rec_transform_names[kind])
		return rec_err_set(
			e, REC_EDATA,
			"metadata of the model: history.weights is '%s', not none, linear or log",
			name);
	t->kind = (enum rec_transform_kind)kind;
	if (positive(m, "history.alpha", &t->alpha, e) != 0 ||
	    positive(m, "history.epsilon", &t->epsilon, e) != 0)
		return -1;
	return positive(m, "history.divisor", &t->divisor, e);
}

float rec_transform_weight(const struct rec_transform *t, float value)
{
	if (t->kind == REC_TRANSFORM_NONE)
		return value > 0 ? 1.0f : 0.0f;
	if (t->kind == REC_TRANSFORM_LOG && !(value > 0))
		return 0;
	return rec_transform_scaled(t, (double)value);
}

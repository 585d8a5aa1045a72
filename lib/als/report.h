/* SPDX-License-Identifier: MIT */
/* als/report.h - what a person should hear of a training. */
#ifndef REC_ALS_REPORT_H
#define REC_ALS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "als/options.h"
#include "model/outliers.h"

/*
 * The share of its target that the best pair should reach after so many sweeps.
 * Vectors grow from small start values, some sixfold in a half-step.
 */
static inline double rec_als_enough(uint64_t sweeps)
{
	return sweeps == 0 ? 0 : sweeps < 4 ? 1e-4 : 0.01;
}

/*
 * Set reached and empty of r, whose deviation is set: empty where no pair has
 * more than `enough` of its target.
 */
struct rec_als_side;
void rec_als_reach(struct rec_als_report *r, const struct rec_als_opts *o,
		   const struct rec_als_side *user, const struct rec_als_side *item, double enough);

#endif

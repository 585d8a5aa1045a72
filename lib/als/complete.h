/* SPDX-License-Identifier: MIT */
/* als/complete.h - the settings that wait for the data of training. */
#ifndef REC_ALS_COMPLETE_H
#define REC_ALS_COMPLETE_H

#include "als/options.h"
#include "als/report.h"
#include "base/err.h"
#include "matrix/sparse.h"
#include "recpipe/pool.h"

/*
 * Options to what the equations are made of: what goes with the other loss
 * becomes 0, auto becomes a number, and the catalogue, the mean and the divisor
 * are found. Then o is what a model of it reads back. report (or NULL) gets the
 * deviation and the outliers. Fails where x holds nothing to fit.
 */
REC_MUST int rec_als_complete(struct rec_als_opts *o, const struct rec_sparse *x,
			      struct rec_als_report *report, const struct rec_run *run,
			      struct rec_err *e);

#endif

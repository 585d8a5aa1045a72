/* SPDX-License-Identifier: MIT */
/*
 * als/sum.h - sums over rows that do not depend on threads: blocks of 256 rows,
 * then a fixed tree (base/blocks.h).
 */
#ifndef REC_ALS_SUM_H
#define REC_ALS_SUM_H

#include <stdint.h>

#include "base/err.h"
#include "recpipe/pool.h"

/* Sum over rows of row_sum(arg, row), in double. */
typedef double rec_als_row_sum(void *arg, uint32_t row, unsigned thread);
REC_MUST int rec_als_sum_rows(double *sum, uint32_t nrows, rec_als_row_sum *row_sum, void *arg,
			      const struct rec_run *run, struct rec_err *e);

/*
 * t = T'T, full kp x kp, of a table of n rows of kp floats: float within a
 * block, double between blocks.
 */
REC_MUST int rec_als_gramian(double *t, const float *table, uint32_t n, uint32_t kp,
			     const struct rec_run *run, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * build.h - cells that the caller made (splits, merges) to a sparse matrix.
 */
#ifndef REC_MATRIX_BUILD_H
#define REC_MATRIX_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"

REC_BEGIN_C

struct rec_cell {
	uint32_t row, col;	/* indices of labels */
	float value;
	double time;	/* NaN where missing */
};

/*
 * Cells may come in any order. Labels without cells are dropped. Repeats are
 * combined by rule.
 */
REC_MUST int rec_sparse_build(struct rec_sparse *s, const struct rec_labels *row,
			      const struct rec_labels *col, const struct rec_cell *cell, uint64_t n,
			      enum rec_repeats repeats, bool times, struct rec_pool *pool,
			      struct rec_err *e);

REC_END_C

#endif

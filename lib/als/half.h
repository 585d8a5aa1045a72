/* SPDX-License-Identifier: MIT */
/*
 * als/half.h - one half-step apart: rows of one side against the stored factors
 * of the other, with the settings and the metadata of the model they are in.
 */
#ifndef REC_ALS_HALF_H
#define REC_ALS_HALF_H

#include <stdbool.h>
#include <stdint.h>

#include "als/options.h"
#include "base/err.h"
#include "base/lang.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/pool.h"

REC_BEGIN_C

struct rec_als_half_opts {
	bool users;		/* which side is solved */
	bool transposed;	/* the rows of x are items */
	uint32_t part, parts;	/* 1 .. parts */
	/* pairs left out because `from` does not hold their other end */
	uint64_t *unknown;
};

/*
 * m gets the rows of a part of one side alone. Borders of parts fall on blocks
 * of 256 rows of x and balance the cost. A part may be without rows: so is its
 * result. Conjugate gradients go on from the vectors that `from` holds of the
 * solved side.
 */
REC_MUST int rec_als_half(struct rec_model *m, const struct rec_model *from,
			  const struct rec_sparse *x, const struct rec_als_half_opts *o,
			  const struct rec_run *run, struct rec_err *e);

/*
 * What a row costs beside its pairs, in the unit of one pair: building and
 * solving its equations against adding a pair to them. Measured with 16 to 128
 * factors on AVX-512 between 11 and 64, noise included; only how evenly parts
 * take their time depends on it.
 */
uint64_t rec_als_row_cost(enum rec_solver solver, uint32_t factors);

REC_END_C

#endif

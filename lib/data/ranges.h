/* SPDX-License-Identifier: MIT */
/*
 * data/ranges.h - contiguous ranges of rows of a matrix as matrices of
 * their own.
 */
#ifndef REC_DATA_RANGES_H
#define REC_DATA_RANGES_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/sparse.h"

/* Swap rows and columns; out owns all it holds. */
REC_MUST int rec_split_transpose(struct rec_sparse *out, const struct rec_sparse *m,
				 struct rec_pool *pool, struct rec_err *e);

/*
 * Rows first .. last - 1, and the columns that hold a cell in them; out owns
 * all it holds, times included.
 */
REC_MUST int rec_split_rows(struct rec_sparse *out, const struct rec_sparse *m, uint32_t first,
			    uint32_t last, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* merge_join.h - puts the blocks of one name together. */
#ifndef REC_MATRIX_MERGE_JOIN_H
#define REC_MATRIX_MERGE_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/merge_keep.h"
#include "matrix/sparse.h"

/* True if each part begins after the last row of the parts before it. */
bool rec_merge_in_order(const struct rec_merge_part *const *part, size_t n);

/*
 * Join the rows of n parts; a row that appears twice is an error. On entry b is
 * a copy of the first part. Dense parts without rows are removed from the list.
 */
REC_MUST int rec_merge_rows(struct rec_block *b, const struct rec_merge_part **part, size_t n,
			    struct rec_merge_keep *keep, struct rec_pool *pool, struct rec_err *e);

/*
 * Join the cells of n parts of order canonical or stream; the rule combines
 * repeats.
 */
REC_MUST int rec_merge_cells(struct rec_block *b, const struct rec_merge_part *const *part,
			     size_t n, enum rec_repeats repeats, struct rec_merge_keep *keep,
			     struct rec_pool *pool, struct rec_err *e);

#endif

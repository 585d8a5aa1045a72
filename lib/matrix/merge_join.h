/* SPDX-License-Identifier: MIT */
/*
 * merge_join.h - the blocks of one name put together.
 */
#ifndef REC_MATRIX_MERGE_JOIN_H
#define REC_MATRIX_MERGE_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/merge_keep.h"
#include "matrix/sparse.h"

/* Does each part begin after the last row of those before it? */
bool rec_merge_in_order(const struct rec_merge_part *const *part, size_t n);

/*
 * Rows of n parts, no row twice; b begins as a copy of the first part. Dense
 * parts without rows leave the list.
 */
REC_MUST int rec_merge_rows(struct rec_block *b, const struct rec_merge_part **part, size_t n,
			    struct rec_merge_keep *keep, struct rec_pool *pool, struct rec_err *e);

/* Cells of n parts of order canonical or stream, combined by the rule. */
REC_MUST int rec_merge_cells(struct rec_block *b, const struct rec_merge_part *const *part,
			     size_t n, enum rec_repeats repeats, struct rec_merge_keep *keep,
			     struct rec_pool *pool, struct rec_err *e);

#endif

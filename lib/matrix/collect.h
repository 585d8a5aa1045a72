/* SPDX-License-Identifier: MIT */
/*
 * collect.h - rows that arrive one at a time, kept until they are a matrix: for
 * formats that need all of it, and for rows of users held out of a stream.
 */
#ifndef REC_MATRIX_COLLECT_H
#define REC_MATRIX_COLLECT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "matrix/sparse.h"
#include "recpipe/rows.h"

struct rec_collect {	/* {0} is empty */
	struct rec_buf labels;
	struct rec_collected *row;
	size_t n, cap;
};

void rec_collect_free(struct rec_collect *h);

/* Keep a copy of a row (a missing value is 1, a missing time NaN). */
REC_MUST int rec_collect_add(struct rec_collect *h, const struct rec_row *row, struct rec_err *e);

/* All rows kept as a matrix, times included. */
REC_MUST int rec_collect_build(struct rec_sparse *m, const struct rec_collect *h,
			       enum rec_repeats repeats, struct rec_pool *pool, struct rec_err *e);

#endif

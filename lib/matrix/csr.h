/* SPDX-License-Identifier: MIT */
/*
 * csr.h - a canonical sparse matrix in compressed rows (ranked lists are
 * another struct). Open struct: kernels need the arrays.
 */
#ifndef REC_MATRIX_CSR_H
#define REC_MATRIX_CSR_H

#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "base/pool.h"

REC_BEGIN_C

struct rec_csr {
	uint32_t nrows, ncols;
	uint64_t nnz;
	const uint64_t *ptr;	/* nrows + 1 offsets into col, val and time */
	/*
	 * ascending within a row, no repeats (repeats only where a load was
	 * asked to keep them)
	 */
	const uint32_t *col;
	const float *val;	/* nnz values, finite */
	/*
	 * nnz times, NaN where missing; NULL where none was asked for or none
	 * is there
	 */
	const double *time;
	/*
	 * where col, val and time lie in one file and only some of it may be
	 * resident (base/far.h), NULL in memory; own_far as own
	 */
	struct rec_far *far, *own_far;
	/*
	 * ptr, col, val, time as rec_csr_free releases them; NULL where mapped
	 * or borrowed
	 */
	void *own[4];
};

void rec_csr_free(struct rec_csr *m);

/* Cells from .. to - 1 are used by somebody who goes through m in order. */
static inline void rec_csr_walk(const struct rec_csr *m, uint64_t from, uint64_t to)
{
	if (m->far) {
		rec_far_walk(m->far, m->col + from, (size_t)(to - from) * sizeof *m->col);
		rec_far_walk(m->far, m->val + from, (size_t)(to - from) * sizeof *m->val);
	}
}

/*
 * Transpose m into t (times included where present). O(nnz + nrows + ncols),
 * stable. Fails with REC_ENOMEM; t is then empty.
 */
REC_MUST int rec_csr_transpose(struct rec_csr *t, const struct rec_csr *m, struct rec_pool *pool,
			       struct rec_err *e);

/* Cells of the longest row, from the nrows + 1 offsets of any rows. */
uint64_t rec_csr_longest(const uint64_t *ptr, uint64_t nrows);

/* Rows without cells. */
uint64_t rec_csr_empty_rows(const struct rec_csr *m);

/* Where column j stands in row i, or UINT64_MAX. */
uint64_t rec_csr_find(const struct rec_csr *m, uint32_t i, uint32_t j);

/* The row that holds cell c: ptr[row] <= c < ptr[row + 1]. */
uint32_t rec_csr_row_of(const uint64_t *ptr, uint32_t nrows, uint64_t c);

/*
 * Allocate for nrows, ncols, nnz, with times or without, and give writable
 * arrays through own[].
 */
REC_MUST int rec_csr_new(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t nnz, int times,
			 struct rec_err *e);

REC_END_C

#endif

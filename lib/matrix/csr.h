/* SPDX-License-Identifier: MIT */
/*
 * matrix/csr.h - what the library alone does with compressed rows; the struct
 * is in recpipe/matrix.h.
 */
#ifndef REC_MATRIX_CSR_H
#define REC_MATRIX_CSR_H

#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/pool.h"
#include "recpipe/matrix.h"

/* Cells of the longest row, from the nrows + 1 offsets of any rows. */
uint64_t rec_csr_longest(const uint64_t *ptr, uint64_t nrows);

/* Rows without cells. */
uint64_t rec_csr_empty_rows(const struct rec_csr *m);

/* The row that holds cell c: ptr[row] <= c < ptr[row + 1]. */
uint32_t rec_csr_row_of(const uint64_t *ptr, uint32_t nrows, uint64_t c);

/*
 * Allocate for nrows, ncols, nnz, with times or without, and give writable
 * arrays through own[].
 */
REC_MUST int rec_csr_new(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t nnz, int times,
			 struct rec_err *e);

#endif

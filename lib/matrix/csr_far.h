/* SPDX-License-Identifier: MIT */
/*
 * csr_far.h - matrices whose cells lie in a temporary file, for those that do
 * not fit into memory.
 */
#ifndef REC_MATRIX_CSR_FAR_H
#define REC_MATRIX_CSR_FAR_H

#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/pool.h"
#include "matrix/csr.h"

/*
 * As rec_csr_new, without times. With spill the cells lie in a file, and col
 * and val are writable through casts; own[] holds ptr alone. spill NULL: all in
 * memory.
 */
REC_MUST int rec_csr_new_far(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t nnz,
			     struct rec_spill *spill, struct rec_err *e);

/*
 * The transpose of m, without times, its cells in a file; those of m may lie in
 * one. Memory: 16 bytes a row of t, and `limit` bytes (at least spill->limit);
 * afterwards the limit of t is spill->limit.
 */
REC_MUST int rec_csr_transpose_far(struct rec_csr *t, const struct rec_csr *m,
				   struct rec_spill *spill, uint64_t limit, struct rec_pool *pool,
				   struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * block.h - matrices and labels as blocks of recmat, and back. Nothing is
 * copied: both sides borrow the same memory.
 */
#ifndef REC_MATRIX_BLOCK_H
#define REC_MATRIX_BLOCK_H

#include <stdint.h>

#include "matrix/csr.h"
#include "matrix/dense.h"
#include "matrix/labels.h"
#include "recmat/recmat.h"

/* A matrix as a canonical block; name as for rec_block_name. */
struct rec_block rec_csr_block(const struct rec_labels *row, const struct rec_labels *col,
			       const struct rec_csr *m, const char *name);
struct rec_block rec_dense_block(const struct rec_dense *d, const char *name);

/* The labels of a block; none where it has none. */
struct rec_labels rec_block_rows(const struct rec_block *b);
struct rec_labels rec_block_cols(const struct rec_block *b);

/* A dense block as a matrix. */
struct rec_dense rec_block_dense(const struct rec_block *b);

#endif

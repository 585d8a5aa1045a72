/* SPDX-License-Identifier: MIT */
/*
 * matrix/sparse.h - what struct rec_sparse of recpipe/matrix.h holds for the
 * library alone.
 */
#ifndef REC_MATRIX_SPARSE_H
#define REC_MATRIX_SPARSE_H

#include <stdint.h>

#include "base/far.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/digest.h"
#include "matrix/labels.h"
#include "recmat/meta.h"
#include "recpipe/matrix.h"

/*
 * A score that differs from its double: a cell, and a hash of the number as it
 * was written.
 */
struct rec_beyond {
	uint32_t row, col;
	uint64_t hash;
};

/* Seconds reach it in the year 5138, milliseconds in 1973. */
#define REC_LARGE_TIME 1e11

#endif

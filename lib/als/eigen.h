/* SPDX-License-Identifier: MIT */
/*
 * als/eigen.h - all eigenvalues and eigenvectors of a symmetric matrix, in
 * double.
 *
 * Householder tridiagonalisation, then the QL algorithm with implicit shifts
 * (Wilkinson and Reinsch 1971, tred2 and imtql2). Every sum has one order, so
 * that the result does not depend on threads, instruction set or a library.
 */
#ifndef REC_ALS_EIGEN_H
#define REC_ALS_EIGEN_H

#include <stdint.h>

#include "base/err.h"
#include "recpipe/pool.h"

/*
 * a (n x n, row-major, full) = sum over i of value[i] * v_i v_i', where v_i is
 * row i of `vector` (n x n). a is lost. n is a multiple of 8. Fails where a is
 * not finite.
 */
REC_MUST int rec_eigen(double *value, double *vector, double *a, uint32_t n,
		       const struct rec_run *run, struct rec_err *e);

#endif

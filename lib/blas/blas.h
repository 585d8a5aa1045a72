/* SPDX-License-Identifier: MIT */
/*
 * blas.h - the few routines of BLAS and LAPACK that items x items algebra
 * needs, in single precision.
 *
 * The library is opened when it is first needed (dlopen), so commands start
 * without it, and those that never need it run where it is not installed. With
 * -DREC_BLAS_STATIC it is linked instead. Any CBLAS with LAPACK works; tried
 * are libopenblas.so.0, then liblapack.so.3 on libblas.so.3.
 *
 * Every call runs on one BLAS thread: parallel work is tiles handed out by our
 * own pool (OpenBLAS's results change with its thread count, its threads start
 * in a constructor and hang under a tight ulimit -v). So the caller puts
 * OPENBLAS_NUM_THREADS=1 into the environment before rec_blas_open.
 */
#ifndef REC_BLAS_BLAS_H
#define REC_BLAS_BLAS_H

#include <stddef.h>

#include "base/err.h"

/* As <cblas.h> has them. */
enum {
	REC_ROW_MAJOR = 101,
	REC_NO_TRANS = 111,
	REC_TRANS = 112,
	REC_LOWER = 122,
	REC_NON_UNIT = 131,
	REC_LEFT = 141,
	REC_RIGHT = 142
};

/* b becomes a^-1 b or a b (or of the right side), a a triangle. */
typedef void rec_triangle_fn(int order, int side, int uplo, int trans, int diag, int m, int n,
			     float alpha, const float *a, int lda, float *b, int ldb);

/*
 * The routines of LAPACK are Fortran: matrices are column-major, and the last
 * argument is the hidden length of a string.
 */
typedef void rec_lapack_fn(const char *uplo, const int *n, float *a, const int *lda, int *info,
			   size_t len);

struct rec_blas {
	void (*gemm)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
		     int lda, const float *b, int ldb, float beta, float *c, int ldc);
	void (*syrk)(int order, int uplo, int trans, int n, int k, float alpha, const float *a,
		     int lda, float beta, float *c, int ldc);
	rec_triangle_fn *trsm, *trmm;
	rec_lapack_fn *potrf, *lauum;
	void (*trtri)(const char *uplo, const char *diag, const int *n, float *a, const int *lda,
		      int *info, size_t len1, size_t len2);
	/*
	 * Such as "OpenBLAS 0.3.21 ..." and "SkylakeX". If the library does not
	 * say: the name of its file, and "unknown".
	 */
	char version[96], core[32];
	void *handle[2];
};

/* Fails with REC_EDATA if no library is found, or if it lacks a routine. */
REC_MUST int rec_blas_open(struct rec_blas *b, struct rec_err *e);
void rec_blas_close(struct rec_blas *b);

/*
 * The core type that OpenBLAS should be told to use (OPENBLAS_CORETYPE) on this
 * machine, or NULL to leave it alone. "SkylakeX" where there is AVX-512:
 * releases older than a CPU take it for something smaller, and the kernels for
 * Haswell make half the rate.
 */
const char *rec_blas_core(void);

#endif

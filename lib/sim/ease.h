/* SPDX-License-Identifier: MIT */
/*
 * ease.h - EASE (Steck 2019): the weights B that minimise |X - XB|^2 + reg
 * |B|^2 with a zero diagonal: P = (X'X + reg I)^-1, B_ij = -P_ij / P_jj.
 *
 * One n x n array of floats is all there is: the lower triangle of X'X (exact
 * for 0/1 data; else sums in double, rounded once), its inverse in place by
 * tiles (blas/spd.h), then B in place. n^3 multiply-adds.
 */
#ifndef REC_SIM_EASE_H
#define REC_SIM_EASE_H

#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "sim/overlap.h"
#include "sim/select.h"

/*
 * Address space that the BLAS library takes for itself: OpenBLAS maps a buffer
 * of 128 MiB a thread, little of which is ever touched. Where it cannot have
 * them it waits for ever, so rec_ease_solve tries to take as much before it
 * opens the library.
 */
uint64_t rec_ease_room(unsigned threads);

struct rec_ease {
	uint32_t n;
	float *p;	/* n x n: lower triangle of P; B after rec_ease_weights */
	float *diag;	/* P_jj */
	char version[96], core[32];	/* of the BLAS library */
};

/*
 * The lower triangle of P for the items of o (base COUNT for unit data, else
 * SUM). OPENBLAS_NUM_THREADS=1 is to be set before.
 */
REC_MUST int rec_ease_solve(struct rec_ease *s, const struct rec_overlap *o, double reg,
			    const struct rec_run *run, struct rec_err *e);
void rec_ease_free(struct rec_ease *s);

/* P to B, whole; smaller |weights| than min_sim become 0. */
REC_MUST int rec_ease_weights(struct rec_ease *s, float min_sim, const struct rec_run *run,
			      struct rec_err *e);

/* P to the keep largest |weights| of each column, or of each row. */
REC_MUST int rec_ease_select(struct rec_csr *out, struct rec_ease *s,
			     const struct rec_selection *how, float min_sim,
			     const struct rec_run *run, struct rec_err *e);

#endif

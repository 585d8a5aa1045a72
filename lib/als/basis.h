/* SPDX-License-Identifier: MIT */
/*
 * als/basis.h - the eigenvectors of a Gramian as a basis.
 *
 * G = alpha0 T'T = Q L Q'. With x = Q z the equations of a row (als/row.h)
 * become
 *
 *	(L + diag(reg) + sum a_j s_j s_j') z = sum b_j s_j,	s_j = Q' t_j
 *
 * so that the part which all rows share is a diagonal. Products of vectors are
 * what they were. Tables are stored in the basis that they were in: turning a
 * vector there and back is a product with a matrix, by one chain of sums
 * (kernel.scores), alone or among others, so that it always gives the same
 * bits.
 */
#ifndef REC_ALS_BASIS_H
#define REC_ALS_BASIS_H

#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "recpipe/pool.h"

struct rec_als_basis {
	const struct rec_kernel *kn;
	uint32_t kp;
	float *value;			/* the diagonal of L; 0 on padding */
	float least, most;		/* of the others */
	float *to, *from;		/* Q' and Q, packed */
};

/* Of a Gramian (kp x kp, full), which is lost; beyond k it is zero. */
REC_MUST int rec_als_basis_new(struct rec_als_basis **b, double *gram, uint32_t k, uint32_t kp,
			       const struct rec_run *run, struct rec_err *e);
void rec_als_basis_free(struct rec_als_basis *b);	/* accepts NULL */

/* n vectors of kp floats each, 64-byte aligned: out = Q' in; out = Q in. */
void rec_als_turn(const struct rec_als_basis *b, float *out, const float *in, uint32_t n);
void rec_als_turn_back(const struct rec_als_basis *b, float *out, const float *in, uint32_t n);

#endif

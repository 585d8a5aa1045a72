/* SPDX-License-Identifier: MIT */
/*
 * als/fixed.h - the side of a factorisation that rows of the other are solved
 * against.
 */
#ifndef REC_ALS_FIXED_H
#define REC_ALS_FIXED_H

#include <stdbool.h>
#include <stdint.h>

#include "als/options.h"
#include "base/err.h"
#include "matrix/dense.h"
#include "recpipe/pool.h"

struct rec_als_fixed {
	const float *table;	/* n x kp */
	const float *bias;	/* n, or NULL */
	const float *gram;	/* alpha0 * T'T, full kp x kp; NULL under explicit loss */
	uint32_t n, catalogue;
	void *own[3];		/* what rec_als_fixed_free releases */
};

/*
 * From stored factors (user: whether they are those of users), Gramian
 * included. d must outlive q where its memory can be used as it is.
 */
REC_MUST int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_opts *o,
				const struct rec_dense *d, bool user, const struct rec_run *run,
				struct rec_err *e);
void rec_als_fixed_free(struct rec_als_fixed *q);

/* alpha0 * T'T in float, rounded once; the caller frees it. */
REC_MUST int rec_als_gram(float **gram, const struct rec_als_opts *o, const float *table,
			  uint32_t n, const struct rec_run *run, struct rec_err *e);

#endif

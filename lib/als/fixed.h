/* SPDX-License-Identifier: MIT */
/*
 * als/fixed.h - the side of a factorisation that rows of the other are solved
 * against.
 */
#ifndef REC_ALS_FIXED_H
#define REC_ALS_FIXED_H

#include <stdbool.h>
#include <stdint.h>

#include "als/basis.h"
#include "als/options.h"
#include "base/err.h"
#include "matrix/dense.h"
#include "matrix/table.h"
#include "recpipe/pool.h"

struct rec_als_fixed {
	const float *table;	/* n x kp */
	const float *bias;	/* n, or NULL */
	struct rec_als_basis *basis;	/* of alpha0 * T'T; NULL under explicit loss */
	/*
	 * The table in that basis, or NULL: rows are then turned when they are
	 * used, which gives the same bits. It pays where each is used often.
	 */
	const float *turned;
	struct rec_table room;	/* of turned */
	uint32_t n, catalogue;
	void *own[2];		/* what rec_als_fixed_free releases */
};

/*
 * From stored factors (user: whether they are those of users), basis included.
 * d must outlive q where its memory can be used as it is.
 */
REC_MUST int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_opts *o,
				const struct rec_dense *d, bool user, const struct rec_run *run,
				struct rec_err *e);
void rec_als_fixed_free(struct rec_als_fixed *q);

/* Set q->basis, of q->table, unless the loss is explicit. */
REC_MUST int rec_als_fixed_basis(struct rec_als_fixed *q, const struct rec_als_opts *o,
				 const struct rec_run *run, struct rec_err *e);

/* Set q->turned, if there is a basis; in a file of spill, or in memory. */
REC_MUST int rec_als_fixed_turn(struct rec_als_fixed *q, struct rec_spill *spill,
				const struct rec_run *run, struct rec_err *e);

#endif

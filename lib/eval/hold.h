/* SPDX-License-Identifier: MIT */
/* hold.h - rows of a stream that have to wait for their matrix: those of held-out users, where the others pass on. */
#ifndef REC_EVAL_HOLD_H
#define REC_EVAL_HOLD_H

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "io/rows.h"
#include "matrix/sparse.h"

struct rec_hold {	/* {0} is empty */
	struct rec_buf labels;
	struct rec_held *row;
	size_t n, cap;
};

void rec_hold_free(struct rec_hold *h);
REC_MUST int rec_hold_add(struct rec_hold *h, const struct rec_row *row, struct rec_err *e);

/* All held rows as a matrix, repeats and times kept. */
REC_MUST int rec_hold_build(struct rec_sparse *m, const struct rec_hold *h, struct rec_pool *pool, struct rec_err *e);

#endif

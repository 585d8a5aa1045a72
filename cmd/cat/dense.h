/* SPDX-License-Identifier: MIT */
/* dense.h - a dense matrix of a foreign format as a block of recmat. */
#ifndef REC_CMD_CAT_DENSE_H
#define REC_CMD_CAT_DENSE_H

#include "base/mem.h"
#include "foreign/foreign.h"

struct cat_dense {	/* {0} to begin */
	struct rec_block b;	/* borrows from what follows */
	uint64_t *off;
	struct rec_buf bytes;
	float *val;
};

/* The rows of f in the order of their labels, which must be distinct. */
REC_MUST int cat_dense_new(struct cat_dense *d, const struct rec_foreign_dense *f,
			   struct rec_err *e);
void cat_dense_free(struct cat_dense *d);

#endif

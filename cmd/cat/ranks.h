/* SPDX-License-Identifier: MIT */
/*
 * cmd/cat/ranks.h - positions within rows, for rec-cat --rank. Rows of a list
 * come together; a row that comes back is an error, found by a set of hashes.
 */
#ifndef REC_CMD_CAT_RANKS_H
#define REC_CMD_CAT_RANKS_H

#include "base/err.h"
#include "base/mem.h"
#include "rows/rows.h"

struct cat_ranks {	/* {0} to begin */
	struct rec_buf label;	/* of the row at hand */
	uint64_t n;		/* its position */
	uint64_t *seen;
	size_t count, cap;	/* cap a power of two, at most half full */
};

/* The value of the next entry becomes 1 / position. */
REC_MUST int cat_ranks_next(struct cat_ranks *r, struct rec_row *row, struct rec_err *e);
void cat_ranks_free(struct cat_ranks *r);

#endif

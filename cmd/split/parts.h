/* SPDX-License-Identifier: MIT */
/* cmd/split/parts.h - rec-split --parts. */
#ifndef REC_CMD_SPLIT_PARTS_H
#define REC_CMD_SPLIT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"

struct split_parts {
	uint32_t n;
	bool by_item;		/* true: the parts divide items; false: users */
	bool transpose;		/* by_item: the rows of the files are items */
	uint64_t row_cost;	/* cost of a row, if a pair costs 1 */
	const char *to;		/* TEMPLATE */
	bool binary;
};

/*
 * Cut the matrix on stdin into n files, at borders of blocks of 256 users or
 * items. A file may have no rows. A wrong TEMPLATE ends the process as bad
 * usage does.
 */
REC_MUST int split_parts(const struct split_parts *o, const struct rec_run *run, struct rec_err *e);

#endif

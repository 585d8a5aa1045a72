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
	bool by_item;		/* the parts divide items, else users */
	bool transpose;		/* by_item: items are the rows of the files */
	uint64_t row_cost;	/* of a row, where a pair costs 1 */
	const char *to;		/* TEMPLATE */
	bool binary;
};

/*
 * The matrix on stdin, cut into n files at borders of blocks of 256 users or
 * items; a file may be without rows. Ends the process where TEMPLATE is none.
 */
REC_MUST int split_parts(const struct split_parts *o, const struct rec_run *run, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* cmd/split/shards.h - rec-split --shards. */
#ifndef REC_CMD_SPLIT_SHARDS_H
#define REC_CMD_SPLIT_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "kernel/kernel.h"

struct split_shards {
	uint32_t n;
	bool by_item;		/* whose label is hashed */
	const char *to;		/* TEMPLATE */
	bool binary;
};

/*
 * Rows of stdin, each to the shard of its label. A TEMPLATE that is none ends
 * the process as bad usage does.
 */
REC_MUST int split_shards(const struct split_shards *o, const struct rec_run *run,
			  struct rec_err *e);

/* The name of file i by TEMPLATE, in place of what name holds. */
REC_MUST int split_shard_name(struct rec_buf *name, const char *to, uint32_t i, struct rec_err *e);

/* Each shard or part is an open file. */
void split_raise_file_limit(void);

#endif

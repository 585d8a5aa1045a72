/* SPDX-License-Identifier: MIT */
/* cmd/split/shards.h - rec-split --shards. */
#ifndef REC_CMD_SPLIT_SHARDS_H
#define REC_CMD_SPLIT_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"

struct split_shards {
	uint32_t n;
	bool by_item;		/* hash the label of the item, not of the user */
	const char *to;		/* TEMPLATE */
	bool binary;
};

/*
 * Write each row of stdin to the shard of its label. A wrong TEMPLATE ends the
 * process as bad usage does.
 */
REC_MUST int split_shards(const struct split_shards *o, const struct rec_run *run,
			  struct rec_err *e);

#endif

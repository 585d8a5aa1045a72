/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_write.h - writes sums (sim/sums.h), block by block of rows: those of
 * a shard, or those of several shards added up.
 *
 * Memory: a block of some million cells, and for each thread an accumulator of
 * all items (sim/overlap.h).
 */
#ifndef REC_SIM_SUMS_WRITE_H
#define REC_SIM_SUMS_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "matrix/labels.h"
#include "recmat/meta.h"
#include "sim/overlap.h"

/* Where the lines come from. */
struct rec_sums_source {
	const struct rec_labels *item;
	struct rec_overlap overlap;	/* SUM: in units of 2^-scale; or COUNT */
	int scale;
	bool pairs;		/* else (i, i) alone */
	const uint64_t *users;	/* item->n + 1: users of the items before */
	/* the largest number of cells that the line of each item can have */
	uint64_t *most;
};

/*
 * Set src->most, which the caller frees: cells(arg, i) is what the line of item
 * i can have beside (i, i), items that appear twice counted twice.
 */
REC_MUST int rec_sums_most(struct rec_sums_source *src, uint64_t (*cells)(const void *, uint32_t),
			   const void *arg, struct rec_err *e);

/* What is written beside the lines, and of which items. */
struct rec_sums_output {
	bool binary;		/* else text, of cells alone */
	const struct rec_meta *meta;
	const uint64_t *key;	/* of users (sim/users.h) */
	uint64_t nkeys;
	/* flags of the items whose line is written; NULL: all */
	const unsigned char *mine;
};

/*
 * Write a whole stream. An item without a flag has its cell (i, i) alone. Adds
 * to *cells. Fails if a sum of weights is not exact.
 */
REC_MUST int rec_sums_write(struct rec_out *out, const struct rec_sums_output *how,
			    const struct rec_sums_source *src, uint64_t *cells,
			    const struct rec_run *run, struct rec_err *e);

/* Bytes that writing takes, of at most so many cells. */
uint64_t rec_sums_write_bytes(uint32_t items, double cells, bool weighted, unsigned threads);

/* Set the metadata of a group. */
REC_MUST int rec_sums_set_group(struct rec_meta *m, uint32_t group, uint32_t groups,
				struct rec_err *e);

#endif

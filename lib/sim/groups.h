/* SPDX-License-Identifier: MIT */
/*
 * sim/groups.h - overlaps of items whose interactions lie in files.
 *
 * The users of one item are scattered over the data. Line by line, every line
 * would read pages from all over the file. So a group of lines is summed at
 * once, each in accumulators of its own: the data are read in pieces of
 * consecutive users, and every line takes from each piece the users that it has
 * there. A line meets its users in ascending order, as it does in memory, so
 * its sums are the same bits. For each group the data are read once, without
 * what no line of the group needs.
 *
 * Memory: accumulators of the lines of a group, 8 to 32 bytes an item and line.
 */
#ifndef REC_SIM_GROUPS_H
#define REC_SIM_GROUPS_H

#include "kernel/kernel.h"
#include "sim/overlap.h"

struct rec_group {
	const struct rec_overlap *o;
	uint32_t most, first, n;	/* lines that it may hold; lines that it holds */
	struct rec_accumulator *acc;	/* one a line; all zero between groups */
	uint64_t *at;			/* next cell of each line in o->t */
	uint32_t to;			/* end of the piece of users that is being read */
	_Atomic uint64_t touched;	/* bytes of that piece that were used */
};

/* Bytes of the accumulators of a line. */
uint64_t rec_group_line_bytes(enum rec_base base, uint32_t items);

REC_MUST int rec_group_new(struct rec_group *g, const struct rec_overlap *o, uint32_t most,
			   struct rec_err *e);
void rec_group_free(struct rec_group *g);

/* Sum lines first .. end - 1, no more than most. */
REC_MUST int rec_group_sum(struct rec_group *g, uint32_t first, uint32_t end,
			   const struct rec_run *run, struct rec_err *e);

#endif

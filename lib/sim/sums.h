/* SPDX-License-Identifier: MIT */
/*
 * sim/sums.h - all that a measure on 0/1 data needs to know of the users: sums
 * over the users of one shard (rec-sim --partial writes them), and those of all
 * shards together (--merge reads them).
 *
 * Sums are a recmat stream of metadata and sparse canonical blocks named
 * "sums", or the same cells in text. A cell that appears more than once adds
 * up. Cell (i, j) is about the users who hold both items, as (j, i) is; cell
 * (i, i) is about the users of item i, with value 0 if none of its pairs takes
 * part.
 *   value   how many users
 *   time    of (i, i): the same number, exact beyond the 2^24 of a float32; may
 *           be missing
 *           of (i, j), if the method counts users: the same
 *           of (i, j), if it weighs users: the sum of their weights, as a whole
 *           number of units of 2^-scale (sim/survey.h); never missing
 *
 * In recmat a block of keys named "users" comes first: the users of the shard
 * (sim/users.h).
 *
 * Items can be divided into groups by the hash of their label (rec_shard). Sums
 * of a group have all cells (i, j) of the items i of the group, and (i, i) of
 * all items; so they are enough for all weights of i. Of the keys of users they
 * have those that are the group modulo the number of groups.
 *
 * Metadata:
 *   algorithm      "sums"
 *   sums           items: (i, i) alone; count; weight
 *   user-power     of sums of weights: the p of d_u^-p
 *   scale          of sums of weights: they are in units of 2^-scale
 *   max-user       as for rec-sim
 *   seed           as for rec-sim; only if max-user is not 0
 *   duplicates     as for rec-sim
 *   group groups   of sums of a group: which one, from 0, and how many there
 *                  are
 *   users cells digest shards
 *                  of the shards whose sums these are; they add up
 *   whole.users whole.cells whole.digest whole.shards
 *                  the same of all shards, if --whole was given
 *
 * Blocks are not copied: their cells are read in a mapped file. Memory beside
 * them: the labels of the items, and 16 bytes for each row of a block.
 */
#ifndef REC_SIM_SUMS_H
#define REC_SIM_SUMS_H

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "io/out.h"
#include "sim/method.h"

struct rec_users;

enum { REC_SUMS_EXACT = 1 << 24 };	/* float32 holds whole numbers below this */

/* The cells of one block, or of a text. */
struct rec_sums_piece {
	struct rec_labels row, col;
	const uint64_t *ptr;
	const uint32_t *idx;
	const float *val;
	const double *time;	/* or NULL */
	uint32_t *item;		/* the item of each column */
};

/* Where the cells of an item are: row of a piece. */
struct rec_sums_place {
	uint32_t piece, row;
};

struct rec_sums {
	struct rec_meta meta;		/* of all shards */
	struct rec_survey all;		/* users, digest, shards */
	bool weighted;			/* there are sums of weights */
	double unit;			/* of a sum of weights: 2^-scale */
	double limit;			/* the largest sum of weights that is exact */
	struct rec_labels item;
	/*
	 * Sums of a group: of how many, and flags of the items of this one.
	 * Else groups is 1, mine NULL.
	 */
	uint64_t group, groups;
	unsigned char *mine;
	/*
	 * Set by rec_sums_line: the lowest item that shares more users with
	 * another than it has, REC_NONE for none. No true sums give that.
	 */
	_Atomic(uint32_t) *over;
	uint64_t *pairs;		/* item.n + 1: sums of the pairs of items before */
	uint64_t *first;		/* item.n + 1: places of an item */
	struct rec_sums_place *place;
	struct rec_sums_piece *piece;
	size_t n, cap;
	struct rec_users *users;	/* keys of each shard that has them */
	size_t nusers, users_cap;
	/* users of shards without keys: they may be in other shards too */
	uint64_t untold;
	uint64_t bytes;			/* of blocks that are held in memory */
	/* what the pieces borrow from */
	struct rec_in *in;
	struct rec_block *block;
	size_t nblocks, block_cap;
	struct rec_sparse text;
};

void rec_sums_free(struct rec_sums *s);

/*
 * Add a line to an accumulator, as rec_overlap_line does: its source is a
 * struct rec_sums.
 */
void rec_sums_line(struct rec_accumulator *a, const void *sums, uint32_t line);

/* After all lines: fails if `over` was set. */
REC_MUST int rec_sums_check_over(const struct rec_sums *s, struct rec_err *e);

/* Users of cell c of p; diagonal: it is a cell (i, i). */
static inline double rec_sums_users(const struct rec_sums *s, const struct rec_sums_piece *p,
				    uint64_t c, bool diagonal)
{
	bool exact = p->time && !isnan(p->time[c]) && (diagonal || !s->weighted);

	return exact ? p->time[c] : (double)p->val[c];
}

/* Flags of the items of a group, in memory that the caller frees. */
REC_MUST int rec_sums_group(unsigned char **mine, const struct rec_labels *item, uint32_t group,
			    uint32_t groups, struct rec_err *e);

/* Cells of an item over all blocks. */
uint64_t rec_sums_cells(const struct rec_sums *s, uint32_t item);

#endif

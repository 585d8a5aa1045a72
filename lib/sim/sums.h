/* SPDX-License-Identifier: MIT */
/*
 * sim/sums.h - sums over the users of one shard (written), and those of all
 * shards as one (read): all that a measure on 0/1 data sees of the users.
 *
 * Sums are a recmat stream of metadata and sparse canonical blocks named
 * "sums", or the same cells in text; in both what is given more than once adds
 * up. A cell of items i and j stands for the users that hold both, (i, j) and
 * (j, i) alike; a cell (i, i) for the users of item i, 0 for an item none of
 * whose pairs takes part.
 *   value   how many users
 *   time    (i, i), where there is one: how many, exact beyond the 2^24 of a
 *           float32 (i, j), methods that only count: the same (i, j), methods
 *           that weigh users: the sum of their weights as a whole number of
 *           units of 2^-scale (sim/survey.h); always there
 *
 * Before them in recmat there is a block of keys named "users": which users the
 * shard has (sim/users.h).
 *
 * Metadata:
 *   algorithm                     "sums"
 *   sums                          items: (i, i) alone; count; weight
 *   user-power scale              sums of weights: d_u^-power, in units of
 *                                 2^-scale
 *   max-user seed duplicates      as for rec-sim; seed only where max-user
 *                                 isn't 0
 *   users cells digest shards     of the shards in it: they add up
 *   whole.users whole.cells whole.digest whole.shards    where they were told:
 *                                                        what the sums of all
 *                                                        shards come to
 *
 * Blocks are used where they lie (in a mapped file); beside them there are the
 * item labels, and for each row of a block 16 bytes.
 */
#ifndef REC_SIM_SUMS_H
#define REC_SIM_SUMS_H

#include <math.h>
#include <stdbool.h>

#include "base/lang.h"
#include "io/out.h"
#include "sim/method.h"

REC_BEGIN_C

struct rec_users;

struct rec_sums_part {
	struct rec_labels row, col;
	const uint64_t *ptr;
	const uint32_t *idx;
	const float *val;
	const double *time;	/* or NULL */
	uint32_t *item;		/* of a column */
};

/* Where the cells of an item are: row of a part. */
struct rec_sums_place {
	uint32_t part, row;
};

struct rec_sums {
	struct rec_meta meta;		/* of all shards */
	struct rec_survey all;		/* users, digest, shards */
	bool weighted;			/* there are sums of weights */
	double unit, limit;		/* of a sum of weights; the largest that is exact */
	struct rec_labels item;
	/*
	 * lowest item so far that shares more users with another than it has,
	 * by rec_sums_line; REC_NONE: none
	 */
	REC_ATOMIC(uint32_t) *over;
	uint64_t *pairs;		/* item.n + 1: sums of the pairs of items before */
	uint64_t *first;		/* item.n + 1: places of an item */
	struct rec_sums_place *place;
	struct rec_sums_part *part;
	size_t n, cap;
	struct rec_users *users;	/* keys of each shard that tells them */
	size_t nusers, users_cap;
	/*
	 * users of shards that don't: whether they are in others too is not
	 * known
	 */
	uint64_t untold;
	uint64_t bytes;			/* of blocks that are held in memory */
	/* what keeps the memory */
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

/*
 * After all lines: an error where some item shared more users with another than
 * it has.
 */
REC_MUST int rec_sums_check_over(const struct rec_sums *s, struct rec_err *e);

/* Users of cell c of p; diagonal: of one item. */
static inline double rec_sums_users(const struct rec_sums *s, const struct rec_sums_part *p,
				    uint64_t c, bool diagonal)
{
	bool exact = p->time && !isnan(p->time[c]) && (diagonal || !s->weighted);

	return exact ? p->time[c] : (double)p->val[c];
}

/* Cells of an item over all blocks. */
uint64_t rec_sums_cells(const struct rec_sums *s, uint32_t item);

REC_END_C

#endif

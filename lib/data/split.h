/* SPDX-License-Identifier: MIT */
/*
 * split.h - which side of a split a pair is on.
 *
 * The side follows from keyed hashes of labels, never from the order of rows:
 *
 *	H(user, item) = mix2(XXH64(user, key), XXH64(item, key))   rec_hash_pair
 *	key = rec_key(seed, purpose)
 *
 * where purpose is the method with its argument ("ratio 0.2", "folds 5", "leave
 * 1"), so draws of different methods, and a split of a split, are independent.
 * A pair that stands on several rows is on one side with all of them.
 */
#ifndef REC_DATA_SPLIT_H
#define REC_DATA_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/sparse.h"
#include "rows/rows.h"

enum rec_side { REC_TRAIN, REC_TEST, REC_VALID, REC_INPUT, REC_DROPPED };

enum rec_split_method {
	REC_SPLIT_NONE,
	REC_SPLIT_RATIO,
	REC_SPLIT_LEAVE,
	REC_SPLIT_LAST,
	REC_SPLIT_LAST_RATIO,
	REC_SPLIT_AFTER,
	REC_SPLIT_FOLDS,
	REC_SPLIT_USERS
};

/*
 * How much of a held-out user's history is given: a share, a number, or all but
 * a number.
 */
struct rec_given {
	enum { REC_GIVEN_NONE, REC_GIVEN_SHARE, REC_GIVEN_COUNT, REC_GIVEN_ALL_BUT } kind;
	double share;
	uint32_t count;
};
/* "0.8", "5", "all-but-1": 0 or -1. */
REC_MUST int rec_given_parse(struct rec_given *g, const char *s);

struct rec_split {
	enum rec_split_method method;
	uint64_t seed;
	double ratio;			/* RATIO, LAST_RATIO, USERS */
	double valid_users;		/* USERS: share of users that go to valid, 0 for none */
	uint32_t count;			/* LEAVE, LAST; FOLDS: number of folds */
	uint32_t fold;			/* FOLDS: 1 .. count */
	double after;			/* AFTER: rows at or after this time are test */
	struct rec_given given;
	double valid_ratio;		/* of what is left for train, 0 for none */
	/* AFTER, LAST, LAST_RATIO: test pairs that are in train stay */
	bool keep_repeats;
	/*
	 * test and valid rows without train rows of their user, item are
	 * dropped
	 */
	bool warm_user, warm_item;
	uint64_t key, valid_key;	/* set by rec_split_prepare */
};

struct rec_split_counts {
	uint64_t rows[REC_DROPPED + 1];		/* by side */
	/*
	 * users with too few pairs to be split, wholly in train (USERS: left
	 * out)
	 */
	uint64_t users_short;
	uint64_t rows_left_out;			/* USERS: rows of those */
	uint64_t repeats_dropped;		/* test rows whose pair is in train */
	uint64_t cold_dropped;			/* by warm_only */
};

void rec_split_prepare(struct rec_split *s);

/*
 * True where a row's side follows from that row alone (memory need not grow
 * with rows). USERS: all but rows of held-out users.
 */
bool rec_split_by_row(const struct rec_split *s);

/*
 * Side of one row, for methods of rec_split_by_row; time is needed by AFTER
 * alone (NaN is the caller's error). For USERS a held-out user's row gives TEST
 * or VALID: rec_split_assign parts it later.
 */
enum rec_side rec_split_row(const struct rec_split *s, const struct rec_row *row);

/*
 * Sides of all cells of m, which was loaded with its repeats kept and times:
 * side[nnz]. Fails where a time is missing that is needed.
 */
REC_MUST int rec_split_assign(unsigned char *side, struct rec_split_counts *c,
			      const struct rec_split *s, const struct rec_sparse *m,
			      struct rec_err *e);

/* The cells of one side as a matrix of its own, repeats kept. */
REC_MUST int rec_split_take(struct rec_sparse *out, const struct rec_sparse *m,
			    const unsigned char *side, enum rec_side which, struct rec_pool *pool,
			    struct rec_err *e);

#endif

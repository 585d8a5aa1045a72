/* SPDX-License-Identifier: MIT */
/*
 * sim/users.h - which users the sums of a shard are of, so that a user of two
 * shards is noticed. For sim*.c alone.
 *
 * A user is the XXH64 of the label, seed 0: 8 bytes each, sorted, in a block of
 * keys. Of n users some two have one key with a probability of about n^2 /
 * 2^65: with 10^8 users in one of 3,700 runs.
 */
#ifndef REC_SIM_USERS_H
#define REC_SIM_USERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "matrix/labels.h"

/* The keys of all users, ascending, in memory that the caller frees. */
REC_MUST int rec_users_keys(uint64_t **key, const struct rec_labels *users, struct rec_err *e);

/* Keys of a shard: those of its n users. */
struct rec_users {
	const uint64_t *key;
	uint64_t n;
};

/*
 * *shared: how many users are in more than one of the shards. Takes 16 bytes a
 * shard, and for each user as many comparisons as the shards have binary
 * digits.
 */
REC_MUST int rec_users_shared(uint64_t *shared, const struct rec_users *shard, size_t shards,
			      struct rec_err *e);

#endif

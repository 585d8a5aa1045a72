/* SPDX-License-Identifier: MIT */
/*
 * sim/users.h - the users of a shard, so that a user who is in two shards is
 * noticed.
 *
 * A key stands for a user: the XXH64 of the label with seed 0, 8 bytes. The
 * keys of a shard are sorted in a block of keys. Among n users two have the
 * same key with a probability of about n^2 / 2^65: with 10^8 users in one of
 * 3,700 runs.
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
 * Set *shared to the number of users who are in more than one shard. Takes 16
 * bytes a shard, and log2(shards) comparisons a user.
 */
REC_MUST int rec_users_shared(uint64_t *shared, const struct rec_users *shard, size_t shards,
			      struct rec_err *e);

/*
 * The keys of all shards, ascending, in memory that the caller frees; *n of
 * them.
 */
REC_MUST int rec_users_join(uint64_t **key, uint64_t *n, const struct rec_users *shard,
			    size_t shards, struct rec_err *e);

#endif

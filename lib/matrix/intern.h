/* SPDX-License-Identifier: MIT */
/*
 * intern.h - numbers for labels, given by all threads at once: a concurrent,
 * insert-only hash table.
 *
 * The table is 64 stripes by the upper bits of the hash. A stripe is open
 * addressing over slots of 32 bytes that hold the hash, the number and the
 * label itself (16 bytes; of a longer one the address), so that a look-up
 * mostly touches one cache line. It takes no lock: a slot's hash is published
 * after the rest, and a table that grew is published after it was filled. A
 * label that isn't found is inserted under the lock of its stripe. Outgrown
 * tables stay until the end, because a look-up may still walk them. A label
 * takes 43 to 85 bytes of slots, half of that again for outgrown tables on
 * average, and its own bytes where it is long.
 *
 * Numbers (ids) are 0, 1, ... in order of arrival, which differs from run to
 * run; rec_intern_finish sorts the labels and gives the rank of each id.
 */
#ifndef REC_MATRIX_INTERN_H
#define REC_MATRIX_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/labels.h"

struct rec_intern;

struct rec_intern_key {
	const char *label;
	uint32_t len;
	uint32_t id;	/* out */
	uint64_t hash;	/* out: rec_hash of the label with seed 0 */
};

REC_MUST int rec_intern_new(struct rec_intern **t, struct rec_err *e);
void rec_intern_free(struct rec_intern *t);

/*
 * Fill hash and id of n keys. Any thread; in groups, so that waiting for memory
 * overlaps. Fails with REC_EDATA where labels outnumber uint32.
 */
REC_MUST int rec_intern_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n,
			     struct rec_err *e);

/*
 * The sorted set, and rank[id] (allocated here). One thread calls; t can only
 * be freed after.
 */
REC_MUST int rec_intern_finish(struct rec_intern *t, struct rec_labels *out, uint32_t **rank,
			       struct rec_pool *pool, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * intern.h - numbers labels, with all threads at once. It is a concurrent hash
 * table from which nothing is removed.
 *
 *	place:  | 6 bits: stripe | ...... | first slot in the stripe's table |
 *
 * The table consists of 64 stripes, chosen by the upper bits of a fast hash of
 * the label. A stripe uses open addressing over slots of 32 bytes. A slot holds
 * the number, rec_hash of the label (made once) and the label itself (up to 16
 * bytes, compared as two words; the address of a longer one), so a look-up
 * mostly touches one cache line. A look-up takes no lock: the number of a slot
 * is published after the rest of the slot, and a larger table after it is
 * filled. A label that is not found is inserted under the lock of its stripe.
 * Tables that were replaced stay until the end, because a look-up may still use
 * them. A label takes 43 to 85 bytes of slots, half of that again for replaced
 * tables on average, and its own bytes if it is long.
 *
 * Numbers (ids) are 0, 1, ... in order of arrival, which differs from run to
 * run. rec_intern_finish sorts the labels and gives the rank of each id.
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
 * Fill hash and id of n keys. Any thread may call it. Give many keys at once,
 * so that waits for memory overlap. Fails with REC_EDATA if there are more
 * labels than uint32 can number.
 */
REC_MUST int rec_intern_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n,
			     struct rec_err *e);

/*
 * Make the sorted set out, and rank[id], allocated here. Only one thread may
 * call this, and t can only be freed afterwards.
 */
REC_MUST int rec_intern_finish(struct rec_intern *t, struct rec_labels *out, uint32_t **rank,
			       struct rec_pool *pool, struct rec_err *e);

#endif

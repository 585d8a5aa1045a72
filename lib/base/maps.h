/* SPDX-License-Identifier: MIT */
/*
 * maps.h - where files are mapped, for a signal handler that is given an
 * address: a page of a mapped file that is gone (cut short in place, a disk
 * that fails) can only be told by SIGBUS, and no other SIGBUS may be taken for
 * that.
 *
 * Owned by the caller, {0} is empty. Entries are added and removed by any
 * thread; rec_maps_hold may be called by a handler at any time.
 */
#ifndef REC_BASE_MAPS_H
#define REC_BASE_MAPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rec_map;

struct rec_maps {
	/* entries are used again, and released by rec_maps_free alone */
	_Atomic(struct rec_map *) first;
};

/*
 * Room for one mapping: taken before the file is mapped, so that no mapping is
 * ever unknown. m NULL: *slot is NULL, which the other calls accept.
 */
REC_MUST int rec_maps_take(struct rec_maps *m, struct rec_map **slot, struct rec_err *e);
void rec_maps_set(struct rec_map *slot, const void *p, size_t n);
/* Before it is unmapped, or where there is none. */
void rec_maps_drop(struct rec_map *slot);

bool rec_maps_hold(const struct rec_maps *m, const void *at);
void rec_maps_free(struct rec_maps *m);

#endif

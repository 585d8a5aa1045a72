/* SPDX-License-Identifier: MIT */
/*
 * maps.h - a list of mapped files, for a signal handler that receives an
 * address. If a page of a mapped file is missing (the file was cut short in
 * place, or the disk fails), the only sign is SIGBUS. The list tells this
 * SIGBUS from all others.
 *
 * The caller owns the list; {0} is empty. Any thread may add and remove
 * entries. A signal handler may call rec_maps_hold at any time.
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
	/* entries are reused, and freed only by rec_maps_free */
	_Atomic(struct rec_map *) first;
};

/*
 * Take an entry for one mapping, before the file is mapped, so that no mapping
 * is ever missing from the list. If m is NULL, *slot becomes NULL, which the
 * other functions accept.
 */
REC_MUST int rec_maps_take(struct rec_maps *m, struct rec_map **slot, struct rec_err *e);
void rec_maps_set(struct rec_map *slot, const void *p, size_t n);
/* Call this before unmapping the file, or if mapping it failed. */
void rec_maps_drop(struct rec_map *slot);

bool rec_maps_hold(const struct rec_maps *m, const void *at);
void rec_maps_free(struct rec_maps *m);

#endif

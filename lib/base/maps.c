/* SPDX-License-Identifier: MIT */
/*
 * A list that only grows. In an entry n is 0 (free), TAKEN, or the number of
 * bytes mapped at `from`; `from` is valid only in the last case.
 */
#include "base/maps.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

#define TAKEN SIZE_MAX

struct rec_map {
	struct rec_map *next;
	_Atomic uintptr_t from;
	_Atomic size_t n;
};

static struct rec_map *take_free(struct rec_maps *m)
{
	for (struct rec_map *p = atomic_load(&m->first); p; p = p->next) {
		size_t none = 0;

		if (atomic_compare_exchange_strong(&p->n, &none, TAKEN))
			return p;
	}
	return NULL;
}

int rec_maps_take(struct rec_maps *m, struct rec_map **slot, struct rec_err *e)
{
	struct rec_map *p = m ? take_free(m) : NULL;

	*slot = p;
	if (p || !m)
		return 0;
	p = rec_zalloc(1, sizeof *p, e);
	if (!p)
		return -1;
	atomic_store(&p->n, TAKEN);
	p->next = atomic_load(&m->first);
	while (!atomic_compare_exchange_weak(&m->first, &p->next, p))
		;
	*slot = p;
	return 0;
}

void rec_maps_set(struct rec_map *slot, const void *p, size_t n)
{
	if (!slot)
		return;
	atomic_store(&slot->from, (uintptr_t)p);
	atomic_store(&slot->n, n);
}

void rec_maps_drop(struct rec_map *slot)
{
	if (slot)
		atomic_store(&slot->n, 0);
}

bool rec_maps_hold(const struct rec_maps *m, const void *at)
{
	for (const struct rec_map *p = atomic_load(&m->first); p; p = p->next) {
		size_t n = atomic_load(&p->n);

		if (n != TAKEN && (uintptr_t)at - atomic_load(&p->from) < n)
			return true;
	}
	return false;
}

void rec_maps_free(struct rec_maps *m)
{
	struct rec_map *p = atomic_load(&m->first);

	atomic_store(&m->first, NULL);
	for (struct rec_map *next; p; p = next) {
		next = p->next;
		free(p);
	}
}

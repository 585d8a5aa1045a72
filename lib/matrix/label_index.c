/* SPDX-License-Identifier: MIT */
/*
 * Look-up of labels by hash: open addressing, at most half full, a slot is the
 * upper half of the hash and the index + 1. All threads fill it (compare and
 * swap); which slot of a run a label gets may differ from run to run, what a
 * look-up finds does not.
 */
#include "matrix/label_index.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { LABELS_A_TASK = 4096, GROUP = 32 };

struct rec_label_index {
	const struct rec_labels *labels;
	uint64_t mask;
	_Atomic uint64_t *slot;
};

static void insert(struct rec_label_index *x, uint32_t i)
{
	size_t n;
	const char *p = rec_label(x->labels, i, &n);
	uint64_t h = rec_hash(p, n, 0), entry = (h & 0xffffffff00000000u) | (i + 1);

	for (uint64_t s = h & x->mask;; s = (s + 1) & x->mask) {
		uint64_t empty = 0;

		if (atomic_compare_exchange_strong_explicit(
			    &x->slot[s], &empty, entry, memory_order_relaxed, memory_order_relaxed))
			return;
	}
}

static int insert_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		       struct rec_err *e)
{
	struct rec_label_index *x = arg;

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++)
		insert(x, (uint32_t)i);
	return 0;
}

int rec_label_index_new(struct rec_label_index **out, const struct rec_labels *l,
			struct rec_pool *pool, struct rec_err *e)
{
	struct rec_label_index *x = rec_zalloc(1, sizeof *x, e);
	uint64_t slots = 16;

	*out = NULL;
	if (!x)
		return -1;
	while (slots < 2 * (uint64_t)l->n)
		slots *= 2;
	x->labels = l;
	x->mask = slots - 1;
	x->slot = rec_zalloc(slots, sizeof *x->slot, e);
	if (!x->slot || rec_pool_slices(pool, l->n, LABELS_A_TASK, insert_task, x, e) != 0) {
		rec_label_index_free(x);
		return -1;
	}
	*out = x;
	return 0;
}

static uint32_t find(const struct rec_label_index *x, const char *label, size_t len, uint64_t h)
{
	for (uint64_t s = h & x->mask;; s = (s + 1) & x->mask) {
		uint64_t entry = atomic_load_explicit(&x->slot[s], memory_order_relaxed);
		size_t n;
		const char *p;

		if (entry == 0)
			return REC_NONE;
		if ((entry ^ h) >> 32)
			continue;
		p = rec_label(x->labels, (uint32_t)entry - 1, &n);
		if (n == len && memcmp(p, label, n) == 0)
			return (uint32_t)entry - 1;
	}
}

uint32_t rec_label_index_find(const struct rec_label_index *x, const char *label, size_t len)
{
	return find(x, label, len, rec_hash(label, len, 0));
}

/*
 * A look-up reads a slot, then the offset of a label, then its bytes: three
 * places, none of which is likely to be in a cache, and each must be there
 * before the next is known. So each is fetched for a whole group before the
 * next step. The first slot is where nearly all labels are.
 */
void rec_label_index_find_many(const struct rec_label_index *x, struct rec_label_probe *p, size_t n)
{
	const struct rec_labels *l = x->labels;
	uint64_t h[GROUP];
	size_t m;

	for (; n > 0; p += m, n -= m) {
		m = n < GROUP ? n : GROUP;
		for (size_t i = 0; i < m; i++) {
			h[i] = rec_hash(p[i].label, p[i].len, 0);
			__builtin_prefetch(&x->slot[h[i] & x->mask]);
		}
		for (size_t i = 0; i < m; i++) {
			p[i].found = (uint32_t)atomic_load_explicit(&x->slot[h[i] & x->mask],
								    memory_order_relaxed);
			if (p[i].found)
				__builtin_prefetch(&l->off[p[i].found - 1]);
		}
		for (size_t i = 0; i < m; i++)
			if (p[i].found)
				__builtin_prefetch(l->bytes + l->off[p[i].found - 1]);
		for (size_t i = 0; i < m; i++)
			p[i].found = find(x, p[i].label, p[i].len, h[i]);
	}
}

void rec_label_index_free(struct rec_label_index *x)
{
	if (!x)
		return;
	free(x->slot);
	free(x);
}

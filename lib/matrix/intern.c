/* SPDX-License-Identifier: MIT */
#include "matrix/intern.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "matrix/label_sort.h"

enum {
	STRIPE_BITS = 6,
	STRIPES = 1 << STRIPE_BITS,
	FIRST_SLOTS = 16,
	GROUP = 64,
	INLINE = 16,
	FIRST_BLOCK = 1 << 10,
	LAST_BLOCK = 1 << 18
};

/* A block holds long labels of a stripe, one after the other. */
struct block {
	struct block *next;
	size_t used, size;
	char bytes[];
};

struct slot {
	_Atomic uint64_t hash;	/* 0: empty */
	uint32_t id, len;
	union {
		char bytes[INLINE];	/* len <= INLINE; zeros after the label */
		const char *p;
	} label;
};

struct table {
	struct table *older;
	uint64_t mask, used;
	_Alignas(32) struct slot slot[];	/* so that a slot lies in one cache line */
};

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	struct table *_Atomic table;
	struct block *block;
};

struct rec_intern {
	_Atomic uint64_t n;
	struct stripe stripe[STRIPES];
};

static inline uint64_t slot_hash(uint64_t hash)
{
	return hash + !hash;
}

static struct table *table_new(uint64_t slots, struct table *older, struct rec_err *e)
{
	struct table *t = rec_zalloc(1, sizeof *t + slots * sizeof *t->slot, e);

	if (t) {
		t->mask = slots - 1;
		t->older = older;
	}
	return t;
}

int rec_intern_new(struct rec_intern **out, struct rec_err *e)
{
	struct rec_intern *t = rec_zalloc(1, sizeof *t, e);

	*out = NULL;
	if (!t)
		return -1;
	for (int s = 0; s < STRIPES; s++)
		pthread_mutex_init(&t->stripe[s].lock, NULL);
	for (int s = 0; s < STRIPES; s++) {
		struct table *first = table_new(FIRST_SLOTS, NULL, e);

		if (!first) {
			rec_intern_free(t);
			return -1;
		}
		atomic_store_explicit(&t->stripe[s].table, first, memory_order_relaxed);
	}
	*out = t;
	return 0;
}

void rec_intern_free(struct rec_intern *t)
{
	if (!t)
		return;
	for (int s = 0; s < STRIPES; s++) {
		struct table *h = atomic_load_explicit(&t->stripe[s].table, memory_order_relaxed),
			     *older;
		struct block *b = t->stripe[s].block, *next;

		for (; h; h = older) {
			older = h->older;
			free(h);
		}
		for (; b; b = next) {
			next = b->next;
			free(b);
		}
		pthread_mutex_destroy(&t->stripe[s].lock);
	}
	free(t);
}

static inline uint64_t get64(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

static inline bool same_label(const struct slot *s, const struct rec_intern_key *k)
{
	if (s->len != k->len)
		return false;
	if (s->len > INLINE)
		return memcmp(s->label.p, k->label, s->len) == 0;
	if (s->len < 8)
		return memcmp(s->label.bytes, k->label, s->len) == 0;
	/*
	 * 8 to 16 bytes: compare the first 8 and the last 8, which may overlap
	 */
	return get64(s->label.bytes) == get64(k->label) &&
	       get64(s->label.bytes + s->len - 8) == get64(k->label + s->len - 8);
}

/*
 * The slot of k. If k is not in the table, *found is false and the slot is the
 * empty one for k.
 */
static inline uint64_t probe(const struct table *h, const struct rec_intern_key *k, bool *found)
{
	uint64_t want = slot_hash(k->hash);

	for (uint64_t s = k->hash & h->mask;; s = (s + 1) & h->mask) {
		uint64_t hash = atomic_load_explicit(&h->slot[s].hash, memory_order_acquire);

		if (hash == 0 || (hash == want && same_label(&h->slot[s], k))) {
			*found = hash != 0;
			return s;
		}
	}
}

/* Make a table of twice the size. It is published after it is filled. */
static struct table *grow(struct stripe *s, struct table *old, struct rec_err *e)
{
	struct table *h = table_new(2 * (old->mask + 1), old, e);

	if (!h)
		return NULL;
	for (uint64_t i = 0; i <= old->mask; i++) {
		uint64_t hash = atomic_load_explicit(&old->slot[i].hash, memory_order_relaxed),
			 at = hash & h->mask;

		if (hash == 0)
			continue;
		while (atomic_load_explicit(&h->slot[at].hash, memory_order_relaxed) != 0)
			at = (at + 1) & h->mask;
		h->slot[at].id = old->slot[i].id;
		h->slot[at].len = old->slot[i].len;
		h->slot[at].label = old->slot[i].label;
		atomic_store_explicit(&h->slot[at].hash, hash, memory_order_relaxed);
	}
	h->used = old->used;
	atomic_store_explicit(&s->table, h, memory_order_release);
	return h;
}

/* Copy a long label into memory of its stripe. */
static char *keep_label(struct stripe *s, const char *label, size_t len, struct rec_err *e)
{
	struct block *b = s->block;

	if (!b || b->size - b->used < len) {
		size_t size = b && b->size < LAST_BLOCK ? 2 * b->size :
			      b				? LAST_BLOCK :
							  FIRST_BLOCK;

		if (size < len)
			size = len;
		b = rec_alloc(1, sizeof *b + size, e);
		if (!b)
			return NULL;
		*b = (struct block){ .next = s->block, .size = size };
		s->block = b;
	}
	b->used += len;
	return memcpy(b->bytes + b->used - len, label, len);
}

static int fill_slot(struct rec_intern *t, struct stripe *s, struct slot *slot,
		     struct rec_intern_key *k, struct rec_err *e)
{
	char *p = NULL;
	uint64_t id;

	if (k->len > INLINE && !(p = keep_label(s, k->label, k->len, e)))
		return -1;
	id = atomic_fetch_add_explicit(&t->n, 1, memory_order_relaxed);
	if (id >= REC_NONE)
		return rec_err_set(e, REC_EDATA, "more than %u different labels", REC_NONE - 1);
	slot->id = k->id = (uint32_t)id;
	slot->len = k->len;
	if (p)
		slot->label.p = p;
	else
		memcpy(slot->label.bytes, k->label, k->len);
	atomic_store_explicit(&slot->hash, slot_hash(k->hash), memory_order_release);
	return 0;
}

/* The caller holds the lock of s. */
static int insert(struct rec_intern *t, struct stripe *s, struct rec_intern_key *k,
		  struct rec_err *e)
{
	struct table *h = atomic_load_explicit(&s->table, memory_order_relaxed);
	uint64_t at;
	bool found;

	if (h->used >= (h->mask + 1) / 4 * 3 && !(h = grow(s, h, e)))
		return -1;
	at = probe(h, k, &found);
	if (found) {
		k->id = h->slot[at].id;
		return 0;
	}
	h->used++;
	return fill_slot(t, s, &h->slot[at], k, e);
}

static int find_or_insert(struct rec_intern *t, struct rec_intern_key *k, struct rec_err *e)
{
	struct stripe *s = &t->stripe[k->hash >> (64 - STRIPE_BITS)];
	const struct table *h = atomic_load_explicit(&s->table, memory_order_acquire);
	bool found;
	uint64_t at = probe(h, k, &found);
	int rc;

	if (found) {
		k->id = h->slot[at].id;
		return 0;
	}
	pthread_mutex_lock(&s->lock);
	rc = insert(t, s, k, e);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static const struct slot *first_slot(struct rec_intern *t, const struct rec_intern_key *k)
{
	const struct table *h = atomic_load_explicit(
		&t->stripe[k->hash >> (64 - STRIPE_BITS)].table, memory_order_acquire);

	return &h->slot[k->hash & h->mask];
}

/*
 * Hash all keys and prefetch their slots, then compare. So the waits for memory
 * of a group overlap.
 */
static int group_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n, struct rec_err *e)
{
	for (size_t i = 0; i < n; i++) {
		key[i].hash = rec_hash(key[i].label, key[i].len, 0);
		__builtin_prefetch(first_slot(t, &key[i]));
	}
	for (size_t i = 0; i < n; i++)
		if (find_or_insert(t, &key[i], e) != 0)
			return -1;
	return 0;
}

int rec_intern_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n, struct rec_err *e)
{
	for (size_t i = 0; i < n; i += GROUP)
		if (group_keys(t, key + i, n - i < GROUP ? n - i : GROUP, e) != 0)
			return -1;
	return 0;
}

struct list {
	struct rec_intern *t;
	struct rec_label_ref *label;
};

/*
 * List the labels of one stripe by id. An id is in one stripe only, so no two
 * tasks write to the same place.
 */
static int list_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct list *l = arg;
	const struct table *h = atomic_load_explicit(&l->t->stripe[task].table,
						     memory_order_relaxed);

	(void)thread;
	(void)e;
	for (uint64_t i = 0; i <= h->mask; i++) {
		const struct slot *s = &h->slot[i];

		if (atomic_load_explicit(&s->hash, memory_order_relaxed) != 0)
			l->label[s->id] = (struct rec_label_ref){ s->len > INLINE ? s->label.p :
										    s->label.bytes,
								  s->len };
	}
	return 0;
}

int rec_intern_finish(struct rec_intern *t, struct rec_labels *out, uint32_t **rank,
		      struct rec_pool *pool, struct rec_err *e)
{
	uint32_t n = (uint32_t)atomic_load_explicit(&t->n, memory_order_relaxed);
	struct list l = { .t = t };
	int rc = -1;

	*out = (struct rec_labels){ 0 };
	*rank = NULL;
	l.label = rec_alloc(n, sizeof *l.label, e);
	if (l.label && rec_pool_run(pool, STRIPES, list_task, &l, e) == 0)
		rc = rec_label_sort(out, rank, l.label, n, pool, e);
	free(l.label);
	return rc;
}

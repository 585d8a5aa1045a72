/* SPDX-License-Identifier: MIT */
#include "matrix/intern.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "matrix/label_sort.h"

enum { STRIPE_BITS = 6, STRIPES = 1 << STRIPE_BITS, FIRST_SLOTS = 16, GROUP = 32, FIRST_BLOCK = 1 << 10, LAST_BLOCK = 1 << 18 };

/* Labels of a stripe lie one behind the other in blocks, each rounded up to 8 bytes. */
struct block {
	struct block *next;
	size_t used, size;
	char bytes[];
};

struct slot {
	_Atomic uint64_t hash;	/* 0: empty */
	const struct rec_label_rec *rec;
};

struct table {
	struct table *older;
	uint64_t mask, used;
	struct slot slot[];
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
		struct table *h = atomic_load_explicit(&t->stripe[s].table, memory_order_relaxed), *older;
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

uint32_t rec_intern_count(const struct rec_intern *t)
{
	return (uint32_t)atomic_load_explicit(&t->n, memory_order_relaxed);
}

/* The label of k, or NULL; *at is the slot where it is or would go. */
static const struct rec_label_rec *probe(const struct table *h, const struct rec_intern_key *k, uint64_t *at)
{
	uint64_t want = slot_hash(k->hash);

	for (uint64_t s = k->hash & h->mask;; s = (s + 1) & h->mask) {
		uint64_t hash = atomic_load_explicit(&h->slot[s].hash, memory_order_acquire);

		*at = s;
		if (hash == 0)
			return NULL;
		if (hash == want && h->slot[s].rec->len == k->len && memcmp(h->slot[s].rec->bytes, k->label, k->len) == 0)
			return h->slot[s].rec;
	}
}

static void put_slot(struct table *h, uint64_t at, uint64_t hash, const struct rec_label_rec *rec)
{
	h->slot[at].rec = rec;
	atomic_store_explicit(&h->slot[at].hash, hash, memory_order_release);
	h->used++;
}

/* A table of twice the size, published once it is filled. */
static struct table *grow(struct stripe *s, struct table *old, struct rec_err *e)
{
	struct table *h = table_new(2 * (old->mask + 1), old, e);

	if (!h)
		return NULL;
	for (uint64_t i = 0; i <= old->mask; i++) {
		uint64_t hash = atomic_load_explicit(&old->slot[i].hash, memory_order_relaxed), at = hash;

		if (hash == 0)
			continue;
		for (at &= h->mask; atomic_load_explicit(&h->slot[at].hash, memory_order_relaxed) != 0;)
			at = (at + 1) & h->mask;
		put_slot(h, at, hash, old->slot[i].rec);
	}
	atomic_store_explicit(&s->table, h, memory_order_release);
	return h;
}

static struct rec_label_rec *new_record(struct stripe *s, size_t len, struct rec_err *e)
{
	size_t want = rec_round_up(sizeof(struct rec_label_rec) + len, 8);
	struct block *b = s->block;

	if (!b || b->size - b->used < want) {
		size_t size = b && b->size < LAST_BLOCK ? 2 * b->size : b ? LAST_BLOCK : FIRST_BLOCK;

		if (size < want)
			size = want;
		b = rec_alloc(1, sizeof *b + size, e);
		if (!b)
			return NULL;
		*b = (struct block){ .next = s->block, .size = size };
		s->block = b;
	}
	b->used += want;
	return (struct rec_label_rec *)(void *)(b->bytes + b->used - want);
}

/* With the lock of s held. */
static int insert(struct rec_intern *t, struct stripe *s, struct rec_intern_key *k, struct rec_err *e)
{
	struct table *h = atomic_load_explicit(&s->table, memory_order_relaxed);
	const struct rec_label_rec *found;
	struct rec_label_rec *rec;
	uint64_t at, id;

	if (h->used >= (h->mask + 1) / 4 * 3 && !(h = grow(s, h, e)))
		return -1;
	found = probe(h, k, &at);
	if (found) {
		k->id = found->id;
		return 0;
	}
	rec = new_record(s, k->len, e);
	if (!rec)
		return -1;
	id = atomic_fetch_add_explicit(&t->n, 1, memory_order_relaxed);
	if (id >= REC_NONE)
		return rec_err_set(e, REC_EDATA, "more than %u different labels", REC_NONE - 1);
	rec->id = k->id = (uint32_t)id;
	rec->len = k->len;
	memcpy(rec->bytes, k->label, k->len);
	put_slot(h, at, slot_hash(k->hash), rec);
	return 0;
}

static int find_or_insert(struct rec_intern *t, struct rec_intern_key *k, struct rec_err *e)
{
	struct stripe *s = &t->stripe[k->hash >> (64 - STRIPE_BITS)];
	const struct rec_label_rec *rec;
	uint64_t at;
	int rc;

	rec = probe(atomic_load_explicit(&s->table, memory_order_acquire), k, &at);
	if (rec) {
		k->id = rec->id;
		return 0;
	}
	pthread_mutex_lock(&s->lock);
	rc = insert(t, s, k, e);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static const struct slot *first_slot(struct rec_intern *t, const struct rec_intern_key *k)
{
	const struct table *h = atomic_load_explicit(&t->stripe[k->hash >> (64 - STRIPE_BITS)].table, memory_order_acquire);

	return &h->slot[k->hash & h->mask];
}

/* Hash and ask for the slots; then for the labels that the slots point to; then compare: each wait for memory is shared by the group. */
static int group_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n, struct rec_err *e)
{
	for (size_t i = 0; i < n; i++) {
		key[i].hash = rec_hash(key[i].label, key[i].len, 0);
		__builtin_prefetch(first_slot(t, &key[i]));
	}
	for (size_t i = 0; i < n; i++) {
		const struct slot *s = first_slot(t, &key[i]);

		if (atomic_load_explicit(&s->hash, memory_order_acquire) != 0)
			__builtin_prefetch(s->rec);
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
	const struct rec_label_rec **rec;
};

/* Labels of one stripe by id: ids are unique, so tasks write apart. */
static int list_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct list *l = arg;

	(void)thread;
	(void)e;
	for (const struct block *b = l->t->stripe[task].block; b; b = b->next)
		for (size_t at = 0; at < b->used;) {
			const struct rec_label_rec *rec = (const struct rec_label_rec *)(const void *)(b->bytes + at);

			l->rec[rec->id] = rec;
			at += rec_round_up(sizeof *rec + rec->len, 8);
		}
	return 0;
}

int rec_intern_finish(struct rec_intern *t, struct rec_labels *out, uint32_t **rank, struct rec_pool *pool, struct rec_err *e)
{
	uint32_t n = rec_intern_count(t);
	struct list l = { .t = t };
	int rc = -1;

	*out = (struct rec_labels){ 0 };
	*rank = NULL;
	l.rec = rec_alloc(n, sizeof *l.rec, e);
	if (l.rec && rec_pool_run(pool, STRIPES, list_task, &l, e) == 0)
		rc = rec_label_sort(out, rank, l.rec, n, pool, e);
	free(l.rec);
	return rc;
}

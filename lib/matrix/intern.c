/* SPDX-License-Identifier: MIT */
#include "matrix/intern.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
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

/*
 * A label as two words, so that most labels are compared without a loop: its
 * bytes, with zeros after them; or, where it has more than INLINE, its rec_hash
 * and (in a slot) its address. No label holds a zero byte.
 */
union words {
	uint64_t word[2];
	char bytes[INLINE];
	struct {
		uint64_t hash;
		const char *p;
	} at;
};

struct slot {
	_Atomic uint32_t mark;	/* id + 1; 0: empty */
	uint32_t len;
	uint64_t hash;		/* rec_hash of the label */
	union words label;
};

/* A label that is looked up, in the form of a slot. */
struct wanted {
	union words label;
	uint64_t place;		/* stripe and first slot */
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
	uint64_t seed[2];
	struct stripe stripe[STRIPES];
};

/* Up to 16 bytes as words, without a read beyond them. */
static inline void short_words(union words *w, const char *label, uint32_t n)
{
	const unsigned char *p = (const unsigned char *)label;

	w->word[1] = 0;
	if (n >= 8) {
		w->word[0] = rec_get64(p);
		if (n > 8)
			w->word[1] = rec_get64(p + n - 8) >> (128 - 8 * n);
	} else if (n >= 4) {
		/* the halves overlap in equal bytes */
		w->word[0] = rec_get32(p) | (uint64_t)rec_get32(p + n - 4) << (8 * n - 32);
	} else {
		w->word[0] = n ? p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) |
					 (uint64_t)p[n - 1] << 8 * (n - 1) :
				 0;
	}
}

/*
 * Where a label stands. It need not be rec_hash, which has more steps: a
 * product of 128 bits, folded (after Wang Yi's wyhash). The seeds differ from
 * run to run, so nobody can write labels that all meet in one place.
 */
static inline uint64_t place_of(const struct rec_intern *t, uint64_t a, uint64_t b)
{
	unsigned __int128 x = (unsigned __int128)(a ^ t->seed[0]) * (b ^ t->seed[1]);

	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

static inline void want(const struct rec_intern *t, struct wanted *w, const char *label,
			uint32_t len)
{
	if (len <= INLINE) {
		short_words(&w->label, label, len);
		w->place = place_of(t, w->label.word[0], w->label.word[1]);
	} else {
		w->label.at.hash = rec_hash(label, len, 0);
		w->label.at.p = label;
		w->place = place_of(t, w->label.at.hash, len);
	}
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
	t->seed[0] = rec_mix((uintptr_t)t);	/* the system draws addresses */
	t->seed[1] = rec_mix(t->seed[0]);
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

static inline bool same_label(const struct slot *s, const struct wanted *w, uint32_t len)
{
	if (s->len != len || s->label.word[0] != w->label.word[0])
		return false;
	return len <= INLINE ? s->label.word[1] == w->label.word[1] :
			       memcmp(s->label.at.p, w->label.at.p, len) == 0;
}

/* The slot of a label, or the empty one for it if it is not in the table. */
static inline uint64_t probe(const struct table *h, const struct wanted *w, uint32_t len,
			     uint32_t *mark)
{
	for (uint64_t s = w->place & h->mask;; s = (s + 1) & h->mask) {
		*mark = atomic_load_explicit(&h->slot[s].mark, memory_order_acquire);
		if (*mark == 0 || same_label(&h->slot[s], w, len))
			return s;
	}
}

static uint64_t slot_place(const struct rec_intern *t, const struct slot *s)
{
	return place_of(t, s->label.word[0], s->len <= INLINE ? s->label.word[1] : s->len);
}

/* Make a table of twice the size. It is published after it is filled. */
static struct table *grow(const struct rec_intern *t, struct stripe *s, struct table *old,
			  struct rec_err *e)
{
	struct table *h = table_new(2 * (old->mask + 1), old, e);

	if (!h)
		return NULL;
	for (uint64_t i = 0; i <= old->mask; i++) {
		const struct slot *from = &old->slot[i];
		uint32_t mark = atomic_load_explicit(&from->mark, memory_order_relaxed);
		uint64_t at;

		if (mark == 0)
			continue;
		at = slot_place(t, from) & h->mask;
		while (atomic_load_explicit(&h->slot[at].mark, memory_order_relaxed) != 0)
			at = (at + 1) & h->mask;
		h->slot[at].len = from->len;
		h->slot[at].hash = from->hash;
		h->slot[at].label = from->label;
		atomic_store_explicit(&h->slot[at].mark, mark, memory_order_relaxed);
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
		     const struct wanted *w, struct rec_intern_key *k, struct rec_err *e)
{
	union words label = w->label;
	uint64_t id;

	if (k->len > INLINE && !(label.at.p = keep_label(s, k->label, k->len, e)))
		return -1;
	id = atomic_fetch_add_explicit(&t->n, 1, memory_order_relaxed);
	if (id >= REC_NONE)
		return rec_err_set(e, REC_EDATA, "more than %u different labels", REC_NONE - 1);
	slot->len = k->len;
	slot->hash = k->hash = k->len > INLINE ? label.at.hash : rec_hash(k->label, k->len, 0);
	slot->label = label;
	k->id = (uint32_t)id;
	atomic_store_explicit(&slot->mark, k->id + 1, memory_order_release);
	return 0;
}

static inline void give(struct rec_intern_key *k, const struct slot *s, uint32_t mark)
{
	k->id = mark - 1;
	k->hash = s->hash;
}

/* The caller holds the lock of s. */
static int insert(struct rec_intern *t, struct stripe *s, const struct wanted *w,
		  struct rec_intern_key *k, struct rec_err *e)
{
	struct table *h = atomic_load_explicit(&s->table, memory_order_relaxed);
	uint32_t mark;
	uint64_t at;

	if (h->used >= (h->mask + 1) / 4 * 3 && !(h = grow(t, s, h, e)))
		return -1;
	at = probe(h, w, k->len, &mark);
	if (mark) {
		give(k, &h->slot[at], mark);
		return 0;
	}
	h->used++;
	return fill_slot(t, s, &h->slot[at], w, k, e);
}

static inline struct stripe *stripe_of(struct rec_intern *t, const struct wanted *w)
{
	return &t->stripe[w->place >> (64 - STRIPE_BITS)];
}

static inline int find_or_insert(struct rec_intern *t, const struct wanted *w,
				 struct rec_intern_key *k, struct rec_err *e)
{
	struct stripe *s = stripe_of(t, w);
	const struct table *h = atomic_load_explicit(&s->table, memory_order_acquire);
	uint32_t mark;
	uint64_t at = probe(h, w, k->len, &mark);
	int rc;

	if (mark) {
		give(k, &h->slot[at], mark);
		return 0;
	}
	pthread_mutex_lock(&s->lock);
	rc = insert(t, s, w, k, e);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/*
 * Prefetch the slots of all keys, then compare. So the waits for memory of a
 * group overlap. Equal neighbours, of an input that is grouped, are looked up
 * once.
 */
static int group_keys(struct rec_intern *t, struct rec_intern_key *key, size_t n, struct rec_err *e)
{
	struct wanted w[GROUP];

	for (size_t i = 0; i < n; i++) {
		const struct table *h;

		want(t, &w[i], key[i].label, key[i].len);
		h = atomic_load_explicit(&stripe_of(t, &w[i])->table, memory_order_acquire);
		__builtin_prefetch(&h->slot[w[i].place & h->mask]);
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && key[i].len <= INLINE && w[i].label.word[0] == w[i - 1].label.word[0] &&
		    w[i].label.word[1] == w[i - 1].label.word[1] && key[i].len == key[i - 1].len) {
			key[i].id = key[i - 1].id;
			key[i].hash = key[i - 1].hash;
		} else if (find_or_insert(t, &w[i], &key[i], e) != 0) {
			return -1;
		}
	}
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
		uint32_t mark = atomic_load_explicit(&s->mark, memory_order_relaxed);

		if (mark != 0)
			l->label[mark - 1] = (struct rec_label_ref){
				s->len > INLINE ? s->label.at.p : s->label.bytes, s->len
			};
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

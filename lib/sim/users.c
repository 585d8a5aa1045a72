/* SPDX-License-Identifier: MIT */
/* sim/users.c - keys of users, and a merge of the keys of all shards. */
#include "sim/users.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "matrix/sort.h"

static bool below(const uint64_t *a, const uint64_t *b)
{
	return *a < *b;
}

REC_SORT(sort_keys, uint64_t, below);

int rec_users_keys(uint64_t **key, const struct rec_labels *users, struct rec_err *e)
{
	uint64_t *x = rec_alloc((size_t)users->n + 1, sizeof *x, e);
	uint64_t *scratch = rec_alloc((size_t)users->n + 1, sizeof *scratch, e);

	*key = NULL;
	for (uint32_t u = 0; x && scratch && u < users->n; u++) {
		size_t len;
		const char *label = rec_label(users, u, &len);

		x[u] = rec_hash(label, len, 0);
	}
	if (x && scratch) {
		sort_keys(x, scratch, users->n);
		*key = x;
	} else {
		free(x);
	}
	free(scratch);
	return *key ? 0 : -1;
}

/* A heap of shards by the first key left of each: the least is on top. */
struct head {
	const uint64_t *key, *end;
};

static void sift_down(struct head *h, size_t n, size_t i)
{
	struct head x = h[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && *h[child + 1].key < *h[child].key)
			child++;
		if (*x.key <= *h[child].key)
			break;
		h[i] = h[child];
	}
	h[i] = x;
}

/* Past the keys that are the top one; whether that leaves any shard. */
static bool next_key(struct head *h, size_t *n)
{
	uint64_t key = *h->key;

	while (h->key < h->end && *h->key == key)
		h->key++;
	if (h->key == h->end)
		*h = h[--*n];
	if (*n)
		sift_down(h, *n, 0);
	return *n > 0;
}

/* A heap of the shards that have keys; the caller frees it. */
static struct head *new_heap(size_t *n, const struct rec_users *shard, size_t shards,
			     struct rec_err *e)
{
	struct head *h = rec_alloc(shards + 1, sizeof *h, e);

	*n = 0;
	for (size_t i = 0; h && i < shards; i++)
		if (shard[i].n)
			h[(*n)++] = (struct head){ shard[i].key, shard[i].key + shard[i].n };
	for (size_t i = *n / 2; i-- > 0;)
		sift_down(h, *n, i);
	return h;
}

int rec_users_shared(uint64_t *shared, const struct rec_users *shard, size_t shards,
		     struct rec_err *e)
{
	uint64_t last = 0;
	size_t n;
	bool more, again = false, counted = false;
	struct head *h = new_heap(&n, shard, shards, e);

	*shared = 0;
	if (!h)
		return -1;
	for (more = n > 0; more; more = next_key(h, &n)) {
		bool same = again && *h->key == last;

		*shared += same && !counted;
		counted = same;
		last = *h->key;
		again = true;
	}
	free(h);
	return 0;
}

int rec_users_join(uint64_t **key, uint64_t *n, const struct rec_users *shard, size_t shards,
		   struct rec_err *e)
{
	uint64_t all = 0;
	size_t heads;
	struct head *h = new_heap(&heads, shard, shards, e);

	for (size_t i = 0; i < shards; i++)
		all += shard[i].n;
	*key = h ? rec_alloc(all, sizeof **key, e) : NULL;
	for (*n = 0; *key && heads; (*n)++) {
		(*key)[*n] = *h->key++;
		if (h->key == h->end)
			*h = h[--heads];
		if (heads)
			sift_down(h, heads, 0);
	}
	free(h);
	return *key ? 0 : -1;
}

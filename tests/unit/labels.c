/* SPDX-License-Identifier: MIT */
/*
 * labels: sorted sets, their index, and the concurrent table, against sorting
 * and linear search.
 */
#include "base/mem.h"
#include "base/pool.h"
#include "matrix/intern.h"
#include "matrix/label_index.h"
#include "matrix_check.h"

static struct rec_err err;
static struct rec_pool *pool[2];	/* 1 and 4 threads */

struct word {
	char p[LABEL_MAX];
	size_t n;
};

static int by_bytes(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return rec_label_cmp(x->p, x->n, y->p, y->n);
}

/* n random words, sorted and unique in sorted[]; returns how many. */
static size_t words(struct word *w, struct word *sorted, size_t n, uint64_t kinds)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		w[i].n = random_label(w[i].p, kinds);
	memcpy(sorted, w, n * sizeof *w);
	qsort(sorted, n, sizeof *sorted, by_bytes);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || by_bytes(&sorted[k - 1], &sorted[i]) != 0)
			sorted[k++] = sorted[i];
	return k;
}

struct visit {
	struct rec_intern *t;
	const struct word *w;
	uint32_t *id;
	size_t n;
};

enum { STEP = 100 };

static int intern_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct visit *v = arg;
	struct rec_intern_key key[STEP];
	size_t from = task * STEP, n = v->n - from < STEP ? v->n - from : STEP;

	(void)thread;
	for (size_t i = 0; i < n; i++)
		key[i] = (struct rec_intern_key){ .label = v->w[from + i].p,
						  .len = (uint32_t)v->w[from + i].n };
	if (rec_intern_keys(v->t, key, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		v->id[from + i] = key[i].id;
	return 0;
}

/* The set, and the rank of each word. */
static void intern_words(struct rec_labels *l, uint32_t *rank_of, const struct word *w, size_t n,
			 struct rec_pool *p)
{
	struct visit v = { .w = w, .n = n };
	uint32_t *rank;

	v.id = malloc((n + 1) * sizeof *v.id);
	MUST(rec_intern_new(&v.t, &err), &err);
	MUST(rec_pool_run(p, (n + STEP - 1) / STEP, intern_task, &v, &err), &err);
	MUST(rec_intern_finish(v.t, l, &rank, p, &err), &err);
	for (size_t i = 0; i < n; i++)
		rank_of[i] = rank[v.id[i]];
	free(rank);
	free(v.id);
	rec_intern_free(v.t);
}

static int is_word(const struct rec_labels *l, uint32_t i, const struct word *w)
{
	size_t n;
	const char *p = rec_label(l, i, &n);

	return rec_label_cmp(p, n, w->p, w->n) == 0;
}

static void test_intern(size_t n, uint64_t kinds)
{
	struct word *w = malloc((n + 1) * sizeof *w), *sorted = malloc((n + 1) * sizeof *w);
	uint32_t *rank = malloc((n + 1) * sizeof *rank);
	size_t k = words(w, sorted, n, kinds);

	for (int p = 0; p < 2; p++) {
		struct rec_labels l;
		size_t bad = 0;

		intern_words(&l, rank, w, n, pool[p]);
		CHECK(l.n == k, "%u labels of %zu", l.n, k);
		for (uint32_t i = 0; i < l.n && i < k; i++)
			bad += !is_word(&l, i, &sorted[i]);
		for (size_t i = 0; i < n; i++)
			bad += rank[i] >= l.n || !is_word(&l, rank[i], &w[i]);
		CHECK(bad == 0, "%zu labels out of place (n = %zu)", bad, n);
		rec_labels_free(&l);
	}
	free(w);
	free(sorted);
	free(rank);
}

static void make_set(struct rec_labels *l, size_t n, uint64_t kinds)
{
	struct word *w = malloc((n + 1) * sizeof *w);
	uint32_t *rank = malloc((n + 1) * sizeof *rank);

	for (size_t i = 0; i < n; i++)
		w[i].n = random_label(w[i].p, kinds);
	intern_words(l, rank, w, n, NULL);
	free(w);
	free(rank);
}

static void test_find(size_t n, uint64_t kinds)
{
	struct rec_labels l;
	struct rec_label_index *x;
	size_t bad = 0;

	make_set(&l, n, kinds);
	MUST(rec_label_index_new(&x, &l, pool[1], &err), &err);
	for (uint32_t i = 0; i < l.n; i++) {
		size_t len;
		const char *p = rec_label(&l, i, &len);

		bad += rec_labels_find(&l, p, len) != i || rec_label_index_find(x, p, len) != i;
	}
	CHECK(bad == 0, "%zu of %u labels not found", bad, l.n);
	for (int i = 0; i < 200; i++) {
		struct word w;
		uint32_t at;

		w.n = random_label(w.p, 2 * kinds);
		at = rec_labels_find(&l, w.p, w.n);
		bad += at != rec_label_index_find(x, w.p, w.n) ||
		       (at != REC_NONE && !is_word(&l, at, &w));
	}
	CHECK(bad == 0, "%zu wrong answers", bad);
	CHECK(rec_labels_find(&l, "none", 4) == REC_NONE &&
		      rec_label_index_find(x, "none", 4) == REC_NONE,
	      "found what is not there");
	rec_label_index_free(x);
	rec_labels_free(&l);
}

static void test_sets(size_t n, uint64_t kinds)
{
	struct rec_labels set[4], all, kept;
	const struct rec_labels *sets[4] = { &set[0], &set[1], &set[2], &set[3] };
	uint32_t *map[4], *to;
	unsigned char *keep;
	size_t bad = 0;

	for (int s = 0; s < 4; s++)
		make_set(&set[s], s == 2 ? 0 : n, kinds);
	MUST(rec_labels_union(&all, map, sets, 4, &err), &err);
	for (uint32_t i = 1; i < all.n; i++) {
		size_t na, nb;
		const char *a = rec_label(&all, i - 1, &na), *b = rec_label(&all, i, &nb);

		bad += rec_label_cmp(a, na, b, nb) >= 0;
	}
	keep = calloc(all.n + 1, 1);
	for (int s = 0; s < 4; s++)
		for (uint32_t i = 0; i < set[s].n; i++) {
			size_t len;
			const char *p = rec_label(&set[s], i, &len);

			bad += map[s][i] != rec_labels_find(&all, p, len);
			keep[map[s][i]] = 1;
		}
	for (uint32_t i = 0; i < all.n; i++)
		bad += !keep[i];
	CHECK(bad == 0, "union: %zu wrong", bad);
	for (int s = 0; s < 4; s++) {
		MUST(rec_labels_map(&to, &set[s], &set[0], &err), &err);
		for (uint32_t i = 0; i < set[s].n; i++) {
			size_t len;
			const char *p = rec_label(&set[s], i, &len);

			bad += to[i] != rec_labels_find(&set[0], p, len);
		}
		free(to);
		free(map[s]);
	}
	CHECK(bad == 0, "map: %zu wrong", bad);
	for (uint32_t i = 0; i < all.n; i++)
		keep[i] = rec_labels_find(&set[1], all.bytes + all.off[i],
					  (size_t)(all.off[i + 1] - all.off[i])) != REC_NONE;
	MUST(rec_labels_copy(&kept, &all, keep, &err), &err);
	CHECK(same_labels(&kept, &set[1]), "copy of the flagged ones");
	rec_labels_free(&kept);
	MUST(rec_labels_copy(&kept, &all, NULL, &err), &err);
	CHECK(same_labels(&kept, &all), "copy of all");
	rec_labels_free(&kept);
	free(keep);
	rec_labels_free(&all);
	for (int s = 0; s < 4; s++)
		rec_labels_free(&set[s]);
}

int main(void)
{
	MUST(rec_pool_new(&pool[0], 1, &err), &err);
	MUST(rec_pool_new(&pool[1], 4, &err), &err);
	CHECK(rec_label_cmp("a", 1, "ab", 2) < 0 && rec_label_cmp("b", 1, "ab", 2) > 0 &&
		      rec_label_cmp("\xff", 1, "a", 1) > 0 && rec_label_cmp("a", 1, "a", 1) == 0,
	      "order of bytes");
	test_intern(0, 1);
	test_intern(1, 1);
	test_intern(500, 50);
	test_intern(20000, 60000);	/* enough for buckets of the sample sort */
	test_intern(60000, 1000);
	for (int i = 0; i < 20; i++) {
		test_find(1 + draw(300), 1 + draw(600));
		test_sets(1 + draw(100), 1 + draw(200));
	}
	rec_pool_free(pool[0]);
	rec_pool_free(pool[1]);
	return finished("labels");
}

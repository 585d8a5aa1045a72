/* SPDX-License-Identifier: MIT */
/*
 * base/best.c - quickselect cuts, quicksort sorts, and heapsort where that
 * comes to no end; all in place. The order is total, so the result depends only
 * on the set of items offered.
 */
#include "base/best.h"

#include "base/bits.h"

enum { FEW = 12 };			/* entries that are inserted one by one */

static void swap(struct rec_best *a, struct rec_best *b)
{
	struct rec_best t = *a;

	*a = *b;
	*b = t;
}

/*
 * A number that is larger for the item that ranks first. The upper half holds
 * the score, as bits that ascend with it; the lower half holds the label rank,
 * as bits that descend with it.
 */
static inline uint64_t key(struct rec_best x)
{
	return (uint64_t)rec_key32(rec_bits32(x.score)) << 32 | (uint32_t)~x.item;
}

/*
 * Index of the median of the first, the middle and the last entry of lo .. hi.
 * With this pivot, sorted input is not a slow case.
 */
static uint32_t median(const struct rec_best *entry, uint32_t lo, uint32_t hi)
{
	uint32_t mid = lo + (hi - lo) / 2;
	uint64_t a = key(entry[lo]), b = key(entry[mid]), c = key(entry[hi]);

	if (a > b)
		return b > c ? mid : a > c ? hi : lo;
	return a > c ? lo : b > c ? hi : mid;
}

/*
 * Entries better than a pivot come to stand before it, the others after it; its
 * index. No branch that the CPU could mispredict.
 */
static uint32_t partition(struct rec_best *entry, uint32_t lo, uint32_t hi)
{
	uint32_t m = lo;
	uint64_t pivot;

	swap(&entry[median(entry, lo, hi)], &entry[hi]);
	pivot = key(entry[hi]);
	for (uint32_t i = lo; i < hi; i++) {
		struct rec_best x = entry[i];

		entry[i] = entry[m];
		entry[m] = x;
		m += key(x) > pivot;
	}
	swap(&entry[m], &entry[hi]);
	return m;
}

/*
 * Quickselect: entry[k] becomes the entry that full sorting would put there,
 * and better entries stand before it.
 */
static void select(struct rec_best *entry, uint32_t n, uint32_t k)
{
	uint32_t lo = 0, hi = n - 1;

	while (lo < hi) {
		uint32_t m = partition(entry, lo, hi);

		if (m == k)
			return;
		if (m > k)
			hi = m - 1;
		else
			lo = m + 1;
	}
}

void rec_top_cut(struct rec_top *t)
{
	if (t->n == 0 || t->n < t->cap)
		return;
	select(t->entry, t->n, t->cap - 1);
	t->n = t->cap;
	t->worst = t->entry[t->cap - 1];
	t->bounded = true;
}

/* Restore the heap below i: a parent ranks after its children. */
static void sift_down(struct rec_best *entry, uint32_t n, uint32_t i, struct rec_best x)
{
	uint32_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && rec_best_before(entry[child], entry[child + 1]))
			child++;
		if (!rec_best_before(x, entry[child]))
			break;
		entry[i] = entry[child];
		i = child;
	}
	entry[i] = x;
}

static void heapsort(struct rec_best *entry, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(entry, n, i, entry[i]);
	for (; n > 1; n--) {
		struct rec_best x = entry[n - 1];

		entry[n - 1] = entry[0];
		sift_down(entry, n - 1, 0, x);
	}
}

static void insertion_sort(struct rec_best *entry, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct rec_best x = entry[i];
		uint64_t k = key(x);
		uint32_t j = i;

		for (; j > 0 && key(entry[j - 1]) < k; j--)
			entry[j] = entry[j - 1];
		entry[j] = x;
	}
}

/*
 * The longer side is left to the loop, so the calls nest at most 32 deep.
 * splits: so many partitions, one after the other, before the order of the
 * entries is taken for one that quicksort is slow at.
 */
static void quicksort(struct rec_best *entry, uint32_t n, unsigned splits)
{
	while (n > FEW) {
		uint32_t m;

		if (splits-- == 0) {
			heapsort(entry, n);
			return;
		}
		m = partition(entry, 0, n - 1);
		if (m < n / 2) {
			quicksort(entry, m, splits);
			entry += m + 1;
			n -= m + 1;
		} else {
			quicksort(entry + m + 1, n - m - 1, splits);
			n = m;
		}
	}
	insertion_sort(entry, n);
}

void rec_top_sort(struct rec_top *t)
{
	rec_top_cut(t);
	quicksort(t->entry, t->n, 64);
}

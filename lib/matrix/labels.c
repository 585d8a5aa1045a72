/* SPDX-License-Identifier: MIT */
#include "matrix/labels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void rec_labels_free(struct rec_labels *l)
{
	free(l->own_off);
	free(l->own_bytes);
	*l = (struct rec_labels){ 0 };
}

int rec_label_cmp(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = na < nb ? na : nb;
	int c = n ? memcmp(a, b, n) : 0;

	return c ? c : (na > nb) - (na < nb);
}

static int cmp_with(const struct rec_labels *l, uint32_t i, const char *label, size_t len)
{
	size_t n;
	const char *p = rec_label(l, i, &n);

	return rec_label_cmp(p, n, label, len);
}

static int cmp_across(const struct rec_labels *a, uint32_t i, const struct rec_labels *b,
		      uint32_t j)
{
	size_t n;
	const char *p = rec_label(b, j, &n);

	return cmp_with(a, i, p, n);
}

uint32_t rec_labels_find(const struct rec_labels *l, const char *label, size_t len)
{
	uint32_t lo = 0, hi = l->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = cmp_with(l, mid, label, len);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return REC_NONE;
}

/* Allocate space for n labels with `bytes` bytes in all. */
static int labels_new(struct rec_labels *l, uint32_t n, uint64_t bytes, struct rec_err *e)
{
	*l = (struct rec_labels){ .n = n };
	l->own_off = rec_alloc((size_t)n + 1, sizeof(uint64_t), e);
	l->own_bytes = rec_alloc(bytes, 1, e);
	if (!l->own_off || !l->own_bytes) {
		rec_labels_free(l);
		return -1;
	}
	l->off = l->own_off;
	l->bytes = l->own_bytes;
	((uint64_t *)l->own_off)[0] = 0;
	return 0;
}

/* Copy label i of src to place j of out. The places before j must be filled. */
static void put_label(struct rec_labels *out, uint32_t j, const struct rec_labels *src, uint32_t i)
{
	uint64_t *off = out->own_off;
	size_t n;
	const char *p = rec_label(src, i, &n);

	memcpy((char *)out->own_bytes + off[j], p, n);
	off[j + 1] = off[j] + n;
}

int rec_labels_copy(struct rec_labels *out, const struct rec_labels *l, const unsigned char *keep,
		    struct rec_err *e)
{
	uint32_t n = 0;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < l->n; i++)
		if (!keep || keep[i]) {
			n++;
			bytes += l->off[i + 1] - l->off[i];
		}
	if (labels_new(out, n, bytes, e) != 0)
		return -1;
	n = 0;
	for (uint32_t i = 0; i < l->n; i++)
		if (!keep || keep[i])
			put_label(out, n++, l, i);
	return 0;
}

int rec_labels_cut(struct rec_labels *out, const struct rec_labels *l, uint32_t first,
		   uint32_t last, struct rec_err *e)
{
	if (labels_new(out, last - first, last > first ? l->off[last] - l->off[first] : 0, e) != 0)
		return -1;
	for (uint32_t i = first; i < last; i++)
		put_label(out, i - first, l, i);
	return 0;
}

/*
 * Merges n sorted sets with a binary heap. The heap orders sets by their next
 * label, equal labels by the number of the set.
 */
struct merge {
	const struct rec_labels *const *set;
	uint32_t *at;		/* next label of each set */
	size_t *heap, n;
};

static bool comes_first(const struct merge *m, size_t a, size_t b)
{
	int c = cmp_across(m->set[a], m->at[a], m->set[b], m->at[b]);

	return c ? c < 0 : a < b;
}

static void sift_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t first = i, l = 2 * i + 1, r = l + 1, t;

		if (l < m->n && comes_first(m, m->heap[l], m->heap[first]))
			first = l;
		if (r < m->n && comes_first(m, m->heap[r], m->heap[first]))
			first = r;
		if (first == i)
			return;
		t = m->heap[i];
		m->heap[i] = m->heap[first];
		m->heap[first] = t;
		i = first;
	}
}

static int merge_new(struct merge *m, const struct rec_labels *const *set, size_t n,
		     struct rec_err *e)
{
	*m = (struct merge){ .set = set };
	m->at = rec_zalloc(n, sizeof *m->at, e);
	m->heap = rec_alloc(n, sizeof *m->heap, e);
	if (!m->at || !m->heap)
		return -1;
	for (size_t s = 0; s < n; s++)
		if (set[s]->n > 0)
			m->heap[m->n++] = s;
	for (size_t i = m->n; i-- > 0;)
		sift_down(m, i);
	return 0;
}

static void merge_free(struct merge *m)
{
	free(m->at);
	free(m->heap);
}

/*
 * Take the smallest label that is left: label *i of set *s. False at the end.
 */
static bool merge_next(struct merge *m, size_t *s, uint32_t *i)
{
	if (m->n == 0)
		return false;
	*s = m->heap[0];
	*i = m->at[*s]++;
	if (m->at[*s] == m->set[*s]->n)
		m->heap[0] = m->heap[--m->n];
	sift_down(m, 0);
	return true;
}

static int union_fill(struct rec_labels *out, uint32_t **map, struct merge *m, struct rec_err *e)
{
	uint64_t n = 0;
	uint32_t i;
	size_t s;

	while (merge_next(m, &s, &i)) {
		if (n == 0 || cmp_across(out, (uint32_t)(n - 1), m->set[s], i) != 0) {
			if (n == REC_NONE)
				return rec_err_set(e, REC_EDATA, "more than %u different labels",
						   REC_NONE - 1);
			put_label(out, (uint32_t)n++, m->set[s], i);
		}
		if (map)
			map[s][i] = (uint32_t)(n - 1);
	}
	out->n = (uint32_t)n;
	return 0;
}

int rec_labels_union(struct rec_labels *out, uint32_t **map, const struct rec_labels *const *set,
		     size_t n, struct rec_err *e)
{
	struct merge m = { 0 };
	uint64_t labels = 0, bytes = 0;
	int rc = -1;

	*out = (struct rec_labels){ 0 };
	for (size_t s = 0; s < n; s++) {
		labels += set[s]->n;
		bytes += set[s]->n ? set[s]->off[set[s]->n] : 0;
		if (map)
			map[s] = NULL;
	}
	for (size_t s = 0; map && s < n; s++)
		if (!(map[s] = rec_alloc(set[s]->n, sizeof **map, e)))
			goto done;
	if (labels_new(out, labels < REC_NONE ? (uint32_t)labels : REC_NONE, bytes, e) != 0 ||
	    merge_new(&m, set, n, e) != 0)
		goto done;
	rc = union_fill(out, map, &m, e);
done:
	merge_free(&m);
	if (rc != 0)
		rec_labels_free(out);
	for (size_t s = 0; rc != 0 && map && s < n; s++) {
		free(map[s]);
		map[s] = NULL;
	}
	return rc;
}

int rec_labels_map(uint32_t **map, const struct rec_labels *from, const struct rec_labels *to,
		   struct rec_err *e)
{
	uint32_t j = 0, *m = rec_alloc(from->n, sizeof *m, e);

	*map = m;
	if (!m)
		return -1;
	for (uint32_t i = 0; i < from->n; i++) {
		int c = 1;

		while (j < to->n && (c = cmp_across(to, j, from, i)) < 0)
			j++;
		m[i] = j < to->n && c == 0 ? j : REC_NONE;
	}
	return 0;
}

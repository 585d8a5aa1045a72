/* SPDX-License-Identifier: MIT */
/* rank.c - a binary heap; the parent ranks behind its children. */
#include "model/rank.h"

static void sift_down(struct rec_ranked *entry, uint32_t n, uint32_t i, struct rec_ranked x)
{
	uint32_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && rec_ranked_before(entry[child], entry[child + 1]))
			child++;
		if (!rec_ranked_before(x, entry[child]))
			break;
		entry[i] = entry[child];
		i = child;
	}
	entry[i] = x;
}

static void sift_up(struct rec_ranked *entry, uint32_t i, struct rec_ranked x)
{
	uint32_t parent;

	while (i > 0 && rec_ranked_before(entry[parent = (i - 1) / 2], x)) {
		entry[i] = entry[parent];
		i = parent;
	}
	entry[i] = x;
}

void rec_top_push(struct rec_top *t, uint32_t item, float score)
{
	struct rec_ranked x = { item, score };

	if (t->n < t->cap)
		sift_up(t->entry, t->n++, x);
	else if (rec_ranked_before(x, t->entry[0]))
		sift_down(t->entry, t->n, 0, x);
}

void rec_top_sort(struct rec_top *t)
{
	uint32_t n;
	struct rec_ranked x;

	for (n = t->n; n > 1; n--) {
		x = t->entry[n - 1];
		t->entry[n - 1] = t->entry[0];
		sift_down(t->entry, n - 1, 0, x);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * rank.h - the n best of many scored items: a bounded heap with the worst kept item at its root.
 *
 * The order is score descending, then item ascending (items are indices into sorted labels, so that is label order), everywhere. O(1) for an item
 * that does not get in, O(log n) for one that does; nothing is allocated here.
 */
#ifndef REC_MODEL_RANK_H
#define REC_MODEL_RANK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct rec_ranked {
	uint32_t item;
	float score;
};

/* entry has room for cap >= 1; n of them are kept. Set entry and cap, n = 0. */
struct rec_top {
	struct rec_ranked *entry;
	uint32_t n, cap;
};

static inline bool rec_ranked_before(struct rec_ranked a, struct rec_ranked b)
{
	return a.score > b.score || (a.score == b.score && a.item < b.item);
}

/* What a score must exceed to get in where items come in ascending order (an equal score then loses by its label). */
static inline float rec_top_bound(const struct rec_top *t)
{
	return t->n < t->cap ? -INFINITY : t->entry[0].score;
}

/* Offer an item; its score is not NaN. An item is offered at most once. */
void rec_top_push(struct rec_top *t, uint32_t item, float score);

/* Best first, in place. The heap is one no more. */
void rec_top_sort(struct rec_top *t);

#endif

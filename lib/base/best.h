/* SPDX-License-Identifier: MIT */
/*
 * base/best.h - the n best of many scored items, in a buffer of more than n
 * that is cut back to the best n whenever it is full.
 *
 * The order is score descending, then item ascending (items are indices into
 * sorted labels, so that is label order), everywhere. An item that does not get
 * in costs a comparison with the bound; one that does is appended, and a cut
 * (quickselect) comes once in room - cap of them, so O(1) each where room is
 * about twice cap; Nothing is allocated here.
 */
#ifndef REC_BASE_BEST_H
#define REC_BASE_BEST_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct rec_best {
	uint32_t item;
	float score;
};

/*
 * Of all that is offered the cap best are kept, in entry, which has room for
 * more than cap, or for all that will ever be offered (rec_top_room). Set these
 * three, the rest 0.
 */
struct rec_top {
	struct rec_best *entry;
	uint32_t n, cap, room;
	/*
	 * cap items rank at or before worst: what does not rank before it is
	 * out
	 */
	bool bounded;
	struct rec_best worst;
};

/* Room that suits cap, where most could ever be offered. */
static inline uint32_t rec_top_room(uint32_t cap, uint32_t most)
{
	uint64_t room = (uint64_t)cap + (cap > 32 ? cap : 32);

	return room < most ? (uint32_t)room : most > cap ? most : cap;
}

static inline bool rec_best_before(struct rec_best a, struct rec_best b)
{
	return a.score > b.score || (a.score == b.score && a.item < b.item);
}

/*
 * What a score must exceed to get in where items come in ascending order (an
 * equal score then loses by its label).
 */
static inline float rec_top_bound(const struct rec_top *t)
{
	return t->bounded ? t->worst.score : -INFINITY;
}

/* Keep the cap best. */
void rec_top_cut(struct rec_top *t);

/* Offer an item; its score is not NaN. An item is offered at most once. */
static inline void rec_top_push(struct rec_top *t, uint32_t item, float score)
{
	/* -0 becomes 0: they are equal, and print alike */
	struct rec_best x = { item, score + 0.0f };

	if (t->bounded && !rec_best_before(x, t->worst))
		return;
	if (t->n == t->room)
		rec_top_cut(t);
	t->entry[t->n++] = x;
}

/* Cut, and sort best first. Nothing may be offered after it. */
void rec_top_sort(struct rec_top *t);

#endif

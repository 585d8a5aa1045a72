/* SPDX-License-Identifier: MIT */
/*
 * base/best.h - the n best of many scored items, in a buffer of more than n
 * entries that is cut to the best n whenever it is full.
 *
 * The order is the same everywhere: score descending, then item ascending.
 * Items are indices into sorted labels, so the second part is label order. An
 * item that does not get in costs one comparison with the bound. An item that
 * gets in is appended. After room - cap such items quickselect cuts the buffer,
 * so an insertion costs O(1) on average when room is about twice cap. Nothing
 * is allocated here.
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
 * Keeps the cap best of all items offered. The caller sets entry, cap and room,
 * and the rest to 0. room is the size of entry: more than cap, or enough for
 * every item that will be offered (see rec_top_room).
 */
struct rec_top {
	struct rec_best *entry;
	uint32_t n, cap, room;
	/*
	 * at least cap items rank at or before worst, so an item must rank
	 * before worst to get in
	 */
	bool bounded;
	struct rec_best worst;
};

/* A good room for cap, when at most `most` items can be offered. */
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
 * The score that an item must exceed to get in, if items come in ascending
 * order: an item with an equal score comes later in label order and loses.
 */
static inline float rec_top_bound(const struct rec_top *t)
{
	return t->bounded ? t->worst.score : -INFINITY;
}

/* Cut the buffer to the cap best. */
void rec_top_cut(struct rec_top *t);

/* Offer an item. Its score is not NaN. Offer each item at most once. */
static inline void rec_top_push(struct rec_top *t, uint32_t item, float score)
{
	/* -0 becomes 0: they are equal and must print alike */
	struct rec_best x = { item, score + 0.0f };

	if (t->bounded && !rec_best_before(x, t->worst))
		return;
	if (t->n == t->room)
		rec_top_cut(t);
	t->entry[t->n++] = x;
}

/* Cut, then sort, best first. Offer nothing afterwards. */
void rec_top_sort(struct rec_top *t);

#endif

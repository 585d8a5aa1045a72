/* SPDX-License-Identifier: MIT */
/*
 * near.h - finds the names that an unknown word may have meant.
 *
 * Names are compared in lower case, without '-' and '_' (MaxIter, max_iter and
 * max-iter are equal). A name that begins with the word has distance 1.
 * Otherwise the distance is the number of bytes to change, insert, delete, or
 * swap with the next. A name is near if its distance is at most a third of the
 * word's length, or at most 1.
 *
 *	struct rec_near near;
 *
 *	rec_near_begin(&near, word, strlen(word));
 *	for each name: rec_near_try(&near, name);
 *	near.name[0] .. near.name[near.names - 1] are the nearest
 */
#ifndef REC_BASE_NEAR_H
#define REC_BASE_NEAR_H

#include <stdbool.h>
#include <stddef.h>

enum { REC_NEAR_NAMES = 3, REC_NEAR_WORD = 48 };

struct rec_near {
	/* owned by the caller; at most three, all at one distance */
	const char *name[REC_NEAR_NAMES];
	size_t names;
	size_t distance;			/* of these names */
	size_t len;
	char word[REC_NEAR_WORD];
};

/* A word longer than REC_NEAR_WORD is near to nothing. */
void rec_near_begin(struct rec_near *near, const char *word, size_t n);
void rec_near_try(struct rec_near *near, const char *name);

/* True if two names differ only in capitals, '-' and '_'. */
bool rec_near_same(const char *a, size_t na, const char *b, size_t nb);

#endif

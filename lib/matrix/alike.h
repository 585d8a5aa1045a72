/* SPDX-License-Identifier: MIT */
/*
 * alike.h - two label sets that should speak of the same things: whether they
 * meet, and where they don't, one label of each for a message, so that the eye
 * sees what is different ('b.0' and 'b', 'Tea' and 'tea', 'tea ' and 'tea').
 */
#ifndef REC_MATRIX_ALIKE_H
#define REC_MATRIX_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix/labels.h"

/* Whether some label is in both. Ends at the first; allocates nothing. */
bool rec_labels_meet(const struct rec_labels *a, const struct rec_labels *b);

/* How many labels are in both. */
uint32_t rec_labels_common(const struct rec_labels *a, const struct rec_labels *b);

/*
 * The label of l that is most like the given one: the longest common beginning,
 * case and leading blanks apart; of several one that is the beginning itself,
 * then the one nearest in length, then the first. REC_NONE where l is empty.
 * O(bytes of l).
 */
uint32_t rec_labels_like(const struct rec_labels *l, const char *label, size_t len);

/* What rec_label_show writes at most, the NUL included. */
enum { REC_LABEL_SHOWN = 4 * 40 + 6 };

/*
 * A label in quotes for a message: control characters and backslashes as \r,
 * \x07, \\; of one that would take more than 160 bytes the beginning and "...".
 * Returns out.
 */
char *rec_label_show(char out[REC_LABEL_SHOWN], const char *label, size_t len);

#endif

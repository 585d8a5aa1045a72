/* SPDX-License-Identifier: MIT */
/*
 * candidates.h - which items a list may hold: label lists for all rows, pairs
 * for single rows, popularity to fill up with. Items are indices into the
 * labels of a scorer.
 */
#ifndef REC_SCORE_CANDIDATES_H
#define REC_SCORE_CANDIDATES_H

#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "io/in.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"

REC_BEGIN_C

/*
 * What a label list held: labels, those that are no item, and the beginning of
 * the first of these.
 */
struct rec_label_tally {
	uint64_t labels, unknown;
	char first[60];
	size_t first_len;
};

/*
 * A label list: a label a line, what follows a first TAB is ignored; of recmat
 * the row labels. Takes in over. mark[i] = 1 for every item i that is named.
 */
REC_MUST int rec_label_list_load(unsigned char *mark, const struct rec_labels *items,
				 struct rec_in *in, struct rec_pool *pool,
				 struct rec_label_tally *tally, struct rec_err *e);

/* Pairs of a file by row: rows by label, columns as items, ascending. */
struct rec_pairs {
	const struct rec_sparse *x;
	uint32_t *item_of;	/* column to item or REC_NONE */
	struct rec_label_index *rows;
};

/* x is borrowed. index: make look-ups of rows fast. */
REC_MUST int rec_pairs_new(struct rec_pairs *p, const struct rec_sparse *x,
			   const struct rec_labels *items, bool index, struct rec_pool *pool,
			   struct rec_err *e);
void rec_pairs_free(struct rec_pairs *p);

/* Row of a label, or REC_NONE. */
uint32_t rec_pairs_row(const struct rec_pairs *p, const char *label, size_t len);
/*
 * Items of a row, ascending, at most the length of the row, into item (and raw
 * values into value where not NULL). Returns how many; others are not items.
 */
uint32_t rec_pairs_items(const struct rec_pairs *p, uint32_t row, uint32_t *item, float *value);

/*
 * Items by popularity: descending, then label; those of popularity 0 and less
 * are left out.
 */
struct rec_popular {
	uint32_t n;
	uint32_t *item;
	float *score;
};

/* By the number of pairs with value > 0. */
REC_MUST int rec_popular_count(struct rec_popular *p, const struct rec_sparse *x,
			       const struct rec_labels *items, struct rec_err *e);
/* By a number per label: the offset of a popular model. */
REC_MUST int rec_popular_offset(struct rec_popular *p, const struct rec_labels *labels,
				const float *value, const struct rec_labels *items,
				struct rec_err *e);
void rec_popular_free(struct rec_popular *p);

REC_END_C

#endif

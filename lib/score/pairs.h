/* SPDX-License-Identifier: MIT */
/*
 * score/pairs.h - the pairs of a file (histories, --seen, --candidates), looked
 * up by the label of a row and read as items of a scorer.
 */
#ifndef REC_SCORE_PAIRS_H
#define REC_SCORE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "matrix/label_index.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"

REC_BEGIN_C

struct rec_pairs {
	const struct rec_sparse *x;	/* borrowed */
	uint32_t *column_to_item;	/* or REC_NONE: no model holds it */
	struct rec_label_index *rows;	/* NULL: rows are searched for in place */
};

/*
 * x must stay as long as p does; items are those of the scorer. index: for many
 * look-ups of rows in no order.
 */
REC_MUST int rec_pairs_new(struct rec_pairs *p, const struct rec_sparse *x,
			   const struct rec_labels *items, bool index, struct rec_pool *pool,
			   struct rec_err *e);
void rec_pairs_free(struct rec_pairs *p);

/* The row of a label, or REC_NONE. */
uint32_t rec_pairs_row(const struct rec_pairs *p, const char *label, size_t len);

/* Pairs of a row; 0 of REC_NONE, and where p is NULL. */
uint32_t rec_pairs_length(const struct rec_pairs *p, uint32_t row);

/*
 * The items of a row ascending into item, and raw values into value unless that
 * is NULL; both have room for rec_pairs_length. Returns how many there are:
 * columns that are no items are left out. 0 of REC_NONE.
 */
uint32_t rec_pairs_items(const struct rec_pairs *p, uint32_t row, uint32_t *item, float *value);

REC_END_C

#endif

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
#include "base/pool.h"
#include "matrix/label_index.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"
#include "recpipe/score.h"

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

#endif

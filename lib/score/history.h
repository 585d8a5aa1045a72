/* SPDX-License-Identifier: MIT */
/*
 * score/history.h - the history of a row in the numbers of one model: rows of
 * its similarity, or of its table of items.
 */
#ifndef REC_SCORE_HISTORY_H
#define REC_SCORE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/transform.h"
#include "score/query.h"
#include "score/score.h"

/* {0} is empty; memory is kept from one row to the next. */
struct rec_history {
	uint32_t *row;			/* n of them, ascending */
	float *weight;			/* of each */
	uint32_t n;
	size_t row_cap, weight_cap;
};

/*
 * The items of q that the model knows, with the weights that t gives their
 * values; those of weight 0 are left out. t NULL: all, with their raw values.
 */
REC_MUST int rec_history_read(struct rec_history *h, const struct rec_scorer_part *p,
			      const struct rec_transform *t, const struct rec_query *q,
			      struct rec_err *e);

/* The same; returns 1 if an item is left, 0 if none is, -1 on error. */
REC_MUST int rec_history_begin(struct rec_history *h, const struct rec_scorer_part *p,
			       const struct rec_transform *t, const struct rec_query *q,
			       struct rec_err *e);

/* One row alone, of weight 1. */
REC_MUST int rec_history_one(struct rec_history *h, uint32_t row, struct rec_err *e);

void rec_history_free(struct rec_history *h);

#endif

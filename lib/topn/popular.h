/* SPDX-License-Identifier: MIT */
/*
 * topn/popular.h - items by popularity: for rows that no model can score, and
 * for lists that are too short.
 */
#ifndef REC_TOPN_POPULAR_H
#define REC_TOPN_POPULAR_H

#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"

REC_BEGIN_C

/*
 * Popularity descending, then label. Items of popularity 0 and less are left
 * out. Items are numbered by the labels `items` of a scorer.
 */
struct rec_popular {
	uint32_t n;
	uint32_t *item;			/* n of them */
	float *score;			/* their popularity */
};

/* By the number of pairs of x with a value > 0. */
REC_MUST int rec_popular_count(struct rec_popular *p, const struct rec_sparse *x,
			       const struct rec_labels *items, struct rec_err *e);

/* By a number for each label: the offset of a model of rec-sim popular. */
REC_MUST int rec_popular_offset(struct rec_popular *p, const struct rec_labels *labels,
				const float *value, const struct rec_labels *items,
				struct rec_err *e);
void rec_popular_free(struct rec_popular *p);

REC_END_C

#endif

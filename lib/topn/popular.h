/* SPDX-License-Identifier: MIT */
/*
 * topn/popular.h - items by popularity: for rows that no model can score, and
 * for lists that are too short.
 */
#ifndef REC_TOPN_POPULAR_H
#define REC_TOPN_POPULAR_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"
#include "recpipe/topn.h"

/* By a number for each label: the offset of a model of rec-sim popular. */
REC_MUST int rec_popular_offset(struct rec_popular *p, const struct rec_labels *labels,
				const float *value, const struct rec_labels *items,
				struct rec_err *e);

#endif

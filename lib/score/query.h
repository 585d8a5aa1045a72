/* SPDX-License-Identifier: MIT */
/*
 * score/query.h - the history of a row to answer (recpipe/score.h), put
 * together where its cells come one by one.
 */
#ifndef REC_SCORE_QUERY_H
#define REC_SCORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "matrix/sparse.h"
#include "recpipe/score.h"

struct rec_gather_cell {
	uint32_t item;
	float value;
	double time;			/* NaN where missing */
};

/*
 * A history that comes cell by cell, in any order. {0} is empty; memory is kept
 * from one row to the next.
 */
struct rec_gather {
	struct rec_gather_cell *cell;	/* n cells of the row so far */
	size_t n, cap;
	uint32_t *item;			/* after rec_gather_end: nitems items ascending */
	float *value;			/* and their values */
	size_t item_cap, value_cap;
	uint32_t nitems;
};

void rec_gather_free(struct rec_gather *g);
REC_MUST int rec_gather_add(struct rec_gather *g, uint32_t item, float value, double time,
			    struct rec_err *e);

/*
 * Sort the cells by item and combine repeats into item, value and nitems: SUM,
 * LAST, MAX or FAIL, as matrix/sparse.h defines them. A repeat without a time
 * is an error under LAST. The next rec_gather_add begins another row.
 */
REC_MUST int rec_gather_end(struct rec_gather *g, enum rec_repeats repeats, struct rec_err *e);

#endif

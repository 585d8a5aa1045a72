/* SPDX-License-Identifier: MIT */
/*
 * history.h - what a row of stdin holds, as models see it.
 *
 * A query is one row to answer: its label, its items (indices into the labels
 * that all models of the scorer share, ascending, no repeats) with raw values,
 * and per-row lists from other files. Everything is borrowed.
 */
#ifndef REC_SCORE_HISTORY_H
#define REC_SCORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "matrix/sparse.h"

REC_BEGIN_C

struct rec_query {
	const char *label;
	size_t label_len;
	uint32_t n;			/* history */
	const uint32_t *item;
	const float *value;
	uint32_t nseen;			/* more items to leave out, ascending */
	const uint32_t *seen;
	bool has_candidates;		/* answer with these items alone, ascending */
	uint32_t ncandidates;
	const uint32_t *candidate;
};

/* One row that comes cell by cell, in any order. {0} is empty. */
struct rec_gather_cell {
	uint32_t item;
	float value;
	double time;	/* NaN where missing */
};

struct rec_gather {
	struct rec_gather_cell *cell;
	size_t n, cap;
	uint32_t *item;
	float *value;
	size_t item_cap, value_cap;
	uint32_t nitems;
};

void rec_gather_free(struct rec_gather *g);
REC_MUST int rec_gather_add(struct rec_gather *g, uint32_t item, float value, double time,
			    struct rec_err *e);

/*
 * Sort by item and combine repeats (SUM, LAST, MAX as sparse.h has it; a repeat
 * without time under LAST is an error) into item, value and nitems. The next
 * rec_gather_add begins another row.
 */
REC_MUST int rec_gather_end(struct rec_gather *g, enum rec_repeats repeats, struct rec_err *e);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sim/overlap.h - sums over the users that two items share, for one item
 * against all others (Gustavson 1978).
 *
 * For a line (an item t): every user u of t, ascending, and every item s of u:
 * count[s] += 1, and the sums that the measure asks for. The accumulators are
 * dense arrays of one thread; the items met are listed, so a line costs the sum
 * of its users' lengths, whatever the catalogue. The sum of a pair is one chain
 * over the users both hold, in canonical order, and x * y is exact in double:
 * S(t, s) and S(s, t) are the same bits, whichever line they were met in.
 */
#ifndef REC_SIM_OVERLAP_H
#define REC_SIM_OVERLAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "matrix/csr.h"

enum rec_base {
	REC_BASE_COUNT,		/* users that hold both: exact */
	REC_BASE_SUM,		/* xy = sum of f_u * (w_ui * w_uj) */
	/*
	 * xy, xx, yy: sums of products and squares of centred values over users
	 * that hold both
	 */
	REC_BASE_MOMENT,
};

struct rec_accumulator;

struct rec_overlap {
	enum rec_base base;
	const struct rec_csr *x, *t;	/* users x items, and its transpose */
	bool unit;			/* every weight is 1: values are not read */
	const double *user;		/* f_u, or NULL for 1 */
	const double *user_mean, *item_mean;	/* MOMENT: taken off the values; NULL for 0 */
	/* NULL, or adds lines that were summed before; x has ncols alone */
	void (*line)(struct rec_accumulator *a, const void *source, uint32_t line);
	const void *source;
};

/* Accumulators of one thread; all zero between lines. */
struct rec_accumulator {
	uint32_t *count;	/* users that hold both; 0: not met */
	/* xx belongs to the line's item; with COUNT none, with SUM xy alone */
	double *xy, *xx, *yy;
	uint32_t *met;		/* items met, the line's own among them, in no order */
	uint32_t n;
};

REC_MUST int rec_accumulator_new(struct rec_accumulator *a, const struct rec_overlap *o,
				 struct rec_err *e);
void rec_accumulator_free(struct rec_accumulator *a);
/* Accumulate a line, and back to zero. */
void rec_overlap_line(struct rec_accumulator *a, const struct rec_overlap *o, uint32_t line);
/* Add cells from .. to - 1 of the line in o->t: a line in pieces. */
void rec_overlap_part(struct rec_accumulator *a, const struct rec_overlap *o, uint32_t line,
		      uint64_t from, uint64_t to);
void rec_overlap_clear(struct rec_accumulator *a);

#endif

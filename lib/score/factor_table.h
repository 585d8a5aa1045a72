/* SPDX-License-Identifier: MIT */
/*
 * score/factor_table.h - a table of item vectors: a score is the product of one
 * of them with the vector of a row (kernel.score), then + mean.
 *
 * The functions that make something give it to the caller, who frees it; the
 * table itself is borrowed.
 */
#ifndef REC_SCORE_FACTOR_TABLE_H
#define REC_SCORE_FACTOR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"

struct rec_factor_table {
	const float *val;		/* n rows of k floats, ld apart */
	uint32_t n, k, ld;
	/* 0 where a vector of zeros has no score; NULL: all rows have scores */
	const unsigned char *usable;
	float mean;
};

/* Whether one of these k numbers is not 0. */
bool rec_vector_directed(const float *x, uint32_t k);

/* *usable: 1 for each row that is not all zero; NULL where none is. */
REC_MUST int rec_factor_table_usable(unsigned char **usable, const struct rec_factor_table *t,
				     const struct rec_run *run, struct rec_err *e);

/*
 * Rows divided by their norms (sums in double, in order), k apart, so that
 * products are cosines. *usable: 1 for each row that has a norm other than 0;
 * the others stay 0.
 */
REC_MUST int rec_factor_table_unit(float **val, unsigned char **usable,
				   const struct rec_factor_table *t, struct rec_err *e);

/* All rows in panels, as kernel.scores wants them. */
REC_MUST int rec_factor_table_pack(float **packed, const struct rec_factor_table *t,
				   const struct rec_run *run, struct rec_err *e);

#endif

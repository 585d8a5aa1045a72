/* SPDX-License-Identifier: MIT */
/*
 * matrix/thin.h - which pairs of a long row stay under --max-user N: the N with
 * the smallest hash of (seed, row label, column label).
 *
 * rec-split and rec-sim thin by this one rule, so a matrix that rec-split
 * thinned gives the model that rec-sim makes of the whole one.
 */
#ifndef REC_MATRIX_THIN_H
#define REC_MATRIX_THIN_H

#include <stdint.h>

#include "matrix/sparse.h"

struct rec_thinning {
	uint32_t max;		/* pairs of a row; 0 for no bound */
	uint64_t seed;
	uint64_t rows;		/* set: rows that had more */
};

struct rec_draw {
	uint64_t hash;
	uint64_t cell;	/* of its row, from 0 */
};

/*
 * The caller set draw[].cell to n cells of row, one for each pair, and n > max.
 * Afterwards the first max draws are those that stay, by ascending cell; the
 * others follow in no order that means anything.
 */
void rec_thin(struct rec_draw *draw, uint32_t n, uint32_t max, const struct rec_sparse *x,
	      uint32_t row, uint64_t seed);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * topn/sift.h - products in whole numbers of 8 bits, with a bound on how far
 * they are off: which items may have a score above a bound, at a quarter of the
 * bytes and without a product in float.
 *
 * A row u is near a U, an item v near b V, where U and V are whole numbers and
 * a and b scales. Then (Cauchy-Schwarz)
 *
 *	|u.v - a b U.V| <= |u - a U| |v| + |a U| |v - b V|
 *
 * All of these are measured, not estimated. With the rounding of the score
 * itself added, an item that is sifted out surely has a score below the bound.
 * Those that stay are scored as ever (tiles.c): what is listed does not depend
 * on the sieve, nor on whether an instruction set has one.
 *
 * Items come in blocks of one scale. In order of their norms, items of a block
 * are about as long, and blocks of short items are left out as a whole.
 */
#ifndef REC_TOPN_SIFT_H
#define REC_TOPN_SIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "score/factor_table.h"

/* Items of a block, and panels of 16. At rank 64 a block takes 32 KiB. */
enum { REC_SIFT_BLOCK = 512, REC_SIFT_PANELS = REC_SIFT_BLOCK / REC_LANES };

struct rec_sift_block {
	double scale;			/* b */
	double norm;			/* at least |v| of each item */
	double error;			/* at least |v - b V| of each item */
};

struct rec_sift {
	const struct rec_kernel *kernel;
	const struct rec_factor_table *table;
	const uint32_t *row;		/* by item: its row of the table; borrowed */
	uint32_t n;			/* items */
	uint32_t groups;		/* of four elements */
	uint32_t length;		/* of a row's code, see kernel.sift */
	unsigned char *item;		/* blocks of panels, see kernel.sift */
	struct rec_sift_block *block;
};

/* A row; its code has s->length numbers. */
struct rec_sift_row {
	double scale;			/* a */
	double norm, length, error;	/* |u|, |a U|, |u - a U| */
	bool sound;			/* false: it can't be sifted for */
};

/*
 * n items, rows row[0] .. row[n - 1] of t. s->item is NULL afterwards where
 * they can't be sifted: a number is too large, or the kernel has no sift.
 */
REC_MUST int rec_sift_new(struct rec_sift *s, const struct rec_factor_table *t, const uint32_t *row,
			  uint32_t n, const struct rec_run *run, struct rec_err *e);
void rec_sift_free(struct rec_sift *s);
uint64_t rec_sift_size(const struct rec_sift *s);
static inline uint32_t rec_sift_blocks(const struct rec_sift *s)
{
	return s->n / REC_SIFT_BLOCK + (s->n % REC_SIFT_BLOCK != 0);
}

/* Row u of k floats in whole numbers. */
void rec_sift_row(const struct rec_sift *s, struct rec_sift_row *r, int32_t *code, const float *u);

/*
 * What a product in whole numbers must exceed so that the score of the pair,
 * mean added, may be bound or more. INT32_MAX: no item of the block can.
 */
int32_t rec_sift_least(const struct rec_sift *s, const struct rec_sift_row *r, uint32_t block,
		       float bound);

/*
 * A block for m rows whose codes stand side by side: mask[i * REC_SIFT_PANELS +
 * panel] gets the lanes that exceed least[i]. Lanes beyond the last item are
 * undefined.
 */
void rec_sift_block(const struct rec_sift *s, uint16_t *mask, const int32_t *code,
		    const int32_t *least, uint32_t m, uint32_t block);

#endif

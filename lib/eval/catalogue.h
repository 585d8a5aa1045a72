/* SPDX-License-Identifier: MIT */
/*
 * catalogue.h - how a selection of lists spreads over the items of train.
 * Counts are whole numbers, so parts add up exactly.
 */
#ifndef REC_EVAL_CATALOGUE_H
#define REC_EVAL_CATALOGUE_H

#include "eval/results.h"

struct rec_catalogue {
	double coverage;	/* items listed / items of train */
	/*
	 * sum of (2 i - n - 1) x_i / (n sum x), x ascending over the n items of
	 * train, i from 1; 0 where nothing is listed
	 */
	double gini;
	/* lists, distinct items, entries that train doesn't hold */
	uint64_t lists, listed, unknown;
};

/* Over the first k entries of the lists of selected users (r->user.n flags). */
REC_MUST int rec_catalogue_count(struct rec_catalogue *c, const struct rec_results *r,
				 const unsigned char *selected, uint32_t k, struct rec_err *e);

#endif

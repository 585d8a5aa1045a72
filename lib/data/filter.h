/* SPDX-License-Identifier: MIT */
/*
 * filter.h - which rows of interactions stay, before they are split. Filters
 * apply in the order of the fields of struct rec_filter.
 */
#ifndef REC_DATA_FILTER_H
#define REC_DATA_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/sparse.h"

struct rec_filter {
	bool use_min_value, binarize;
	double min_value;		/* rows with a smaller value go */
	enum rec_repeats repeats;	/* REC_REPEATS_KEEP: none is combined */
	/*
	 * value *= 2^-((now - time) / half_life), in units of time; half_life 0
	 * for none
	 */
	double half_life, now;
	uint32_t min_user, min_item;	/* users, items with fewer pairs go, once: users first */
	/*
	 * users and items with fewer pairs go until none is left that has fewer
	 */
	uint32_t core;
	/*
	 * of a user with more pairs those with the smallest hash stay; 0 for no
	 * bound
	 */
	uint32_t max_user;
	uint64_t seed;
};

struct rec_filter_counts {
	uint64_t rows_in, low_value, users_few, items_few, core_rounds, users_thinned, rows_out;
	uint64_t became_0, after_now;	/* half_life: values that were not 0, times after now */
};

bool rec_filter_any(const struct rec_filter *f);

/*
 * Filter m (loaded with repeats kept) into out. Fails where half_life needs a
 * time that is missing.
 */
REC_MUST int rec_filter(struct rec_sparse *out, struct rec_filter_counts *c,
			const struct rec_sparse *m, const struct rec_filter *f,
			struct rec_pool *pool, struct rec_err *e);

#endif

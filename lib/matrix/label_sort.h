/* SPDX-License-Identifier: MIT */
/*
 * label_sort.h - unique labels, each with a number, into a sorted set, by all threads.
 *
 * A sample sort: a sample of the labels, sorted, gives the borders of 256 buckets; labels are counted out to their buckets; every bucket is sorted by
 * one thread. Most comparisons look at 8 bytes only, taken behind what all labels of the bucket have in common. Takes 16 bytes a label for a while.
 */
#ifndef REC_MATRIX_LABEL_SORT_H
#define REC_MATRIX_LABEL_SORT_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/labels.h"

struct rec_label_rec {
	uint32_t id, len;
	char bytes[];
};

/* rec[0 .. n-1] hold the ids 0 .. n-1, unique labels; rank[id] is allocated here. */
REC_MUST int rec_label_sort(struct rec_labels *out, uint32_t **rank, const struct rec_label_rec *const *rec, uint32_t n, struct rec_pool *pool,
			    struct rec_err *e);

#endif

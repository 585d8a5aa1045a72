/* SPDX-License-Identifier: MIT */
/*
 * label_sort.h - unique labels, numbered as they came, into a sorted set, by
 * all threads.
 *
 * A sample sort: a sample of the labels, sorted, gives the borders of 256
 * buckets; labels are counted out to their buckets; every bucket is sorted by
 * one thread. Most comparisons look at 8 bytes only, taken after what all
 * labels of the bucket have in common. Takes 25 bytes a label for a while.
 */
#ifndef REC_MATRIX_LABEL_SORT_H
#define REC_MATRIX_LABEL_SORT_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/labels.h"

struct rec_label_ref {
	const char *p;
	uint32_t len;
};

/*
 * n unique labels; rank[i], allocated here, is the index in out of label i. out
 * has its own copy of the bytes.
 */
REC_MUST int rec_label_sort(struct rec_labels *out, uint32_t **rank,
			    const struct rec_label_ref *label, uint32_t n, struct rec_pool *pool,
			    struct rec_err *e);

#endif

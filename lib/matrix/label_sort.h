/* SPDX-License-Identifier: MIT */
/*
 * label_sort.h - turns unique labels in order of arrival into a sorted set,
 * with all threads.
 *
 * This is a sample sort. A sorted sample of the labels gives the borders of 256
 * buckets; each label goes to its bucket; one thread sorts a bucket. Most
 * comparisons look at only 8 bytes: those after the prefix that all labels of
 * the bucket share. While it runs it needs 25 bytes a label.
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
 * Sort n unique labels into out, which gets its own copy of the bytes. rank[i]
 * is the index in out of label i; rank is allocated here.
 */
REC_MUST int rec_label_sort(struct rec_labels *out, uint32_t **rank,
			    const struct rec_label_ref *label, uint32_t n, struct rec_pool *pool,
			    struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * labels.h - the sorted set of row or column labels of a matrix; index i is the
 * rank of a label among its set in byte order.
 */
#ifndef REC_MATRIX_LABELS_H
#define REC_MATRIX_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"

REC_BEGIN_C

#define REC_NONE UINT32_MAX

struct rec_labels {
	uint32_t n;
	const uint64_t *off;	/* n + 1; off[0] = 0 */
	const char *bytes;
	/* what rec_labels_free releases; NULL where borrowed or mapped */
	void *own_off, *own_bytes;
};

void rec_labels_free(struct rec_labels *l);

static inline const char *rec_label(const struct rec_labels *l, uint32_t i, size_t *len)
{
	*len = (size_t)(l->off[i + 1] - l->off[i]);
	return l->bytes + l->off[i];
}

/* Byte order, a prefix first: < 0, 0, > 0. */
int rec_label_cmp(const char *a, size_t na, const char *b, size_t nb);

/*
 * Index by binary search in place, or REC_NONE. For many look-ups use an index.
 */
uint32_t rec_labels_find(const struct rec_labels *l, const char *label, size_t len);

/* Copy; keep (l->n flags) NULL for all. Indices of the kept ones ascend. */
REC_MUST int rec_labels_copy(struct rec_labels *out, const struct rec_labels *l,
			     const unsigned char *keep, struct rec_err *e);

/* Copy labels first .. last - 1. */
REC_MUST int rec_labels_cut(struct rec_labels *out, const struct rec_labels *l, uint32_t first,
			    uint32_t last, struct rec_err *e);

/*
 * The union of n sets; map[s][i] (allocated here, one array a set, caller frees
 * each) is the index in out of label i of set s. map may be NULL.
 */
REC_MUST int rec_labels_union(struct rec_labels *out, uint32_t **map,
			      const struct rec_labels *const *set, size_t n, struct rec_err *e);

/*
 * map[i] = index in to of label i of from, or REC_NONE. A merge of two sorted
 * lists, O(n + m).
 */
REC_MUST int rec_labels_map(uint32_t **map, const struct rec_labels *from,
			    const struct rec_labels *to, struct rec_err *e);

REC_END_C

#endif

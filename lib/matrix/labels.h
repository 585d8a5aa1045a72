/* SPDX-License-Identifier: MIT */
/*
 * matrix/labels.h - sets of labels copied, cut and joined; what a set is stands
 * in recpipe/matrix.h.
 */
#ifndef REC_MATRIX_LABELS_H
#define REC_MATRIX_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/matrix.h"

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

#endif

/* SPDX-License-Identifier: MIT */
/*
 * matrix/labels.h - copies, cuts and joins sets of labels. recpipe/matrix.h
 * defines a set of labels.
 */
#ifndef REC_MATRIX_LABELS_H
#define REC_MATRIX_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/matrix.h"

/*
 * Copy the labels whose flag in keep is set; keep has l->n flags, and NULL
 * keeps all. The order stays.
 */
REC_MUST int rec_labels_copy(struct rec_labels *out, const struct rec_labels *l,
			     const unsigned char *keep, struct rec_err *e);

/* Copy labels first .. last - 1. */
REC_MUST int rec_labels_cut(struct rec_labels *out, const struct rec_labels *l, uint32_t first,
			    uint32_t last, struct rec_err *e);

/*
 * The union of n sets. map[s][i] is the index in out of label i of set s; each
 * map[s] is allocated here and freed by the caller. map may be NULL.
 */
REC_MUST int rec_labels_union(struct rec_labels *out, uint32_t **map,
			      const struct rec_labels *const *set, size_t n, struct rec_err *e);

#endif

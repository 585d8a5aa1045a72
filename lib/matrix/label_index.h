/* SPDX-License-Identifier: MIT */
/*
 * label_index.h - look-up of labels by hash, in constant time, for many
 * look-ups in one set.
 */
#ifndef REC_MATRIX_LABEL_INDEX_H
#define REC_MATRIX_LABEL_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/labels.h"

struct rec_label_index;
/* Borrows l. */
REC_MUST int rec_label_index_new(struct rec_label_index **x, const struct rec_labels *l,
				 struct rec_pool *pool, struct rec_err *e);
/* The index of a label, or REC_NONE. */
uint32_t rec_label_index_find(const struct rec_label_index *x, const char *label, size_t len);

/* A label, and the index that is found for it, or REC_NONE. */
struct rec_label_probe {
	const char *label;
	size_t len;
	uint32_t found;
};

/* The same for n labels, with the memory of several fetched at a time. */
void rec_label_index_find_many(const struct rec_label_index *x, struct rec_label_probe *p,
			       size_t n);

void rec_label_index_free(struct rec_label_index *x);

#endif

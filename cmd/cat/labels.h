/* SPDX-License-Identifier: MIT */
/* labels.h - files of labels, and the order of labels. */
#ifndef REC_CMD_CAT_LABELS_H
#define REC_CMD_CAT_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "foreign/foreign.h"

/* n labels of a label section, a line each. */
REC_MUST int cat_write_labels(struct rec_out *out, const uint64_t *off, const char *bytes,
			      uint64_t n, struct rec_err *e);

/* The labels of a file, which are distinct; none where path is NULL. */
REC_MUST int cat_read_labels(struct rec_label_list *l, const char *path, struct rec_err *e);

struct cat_label {
	const char *p;
	size_t len;
	uint64_t row;	/* in the list */
};

/* Labels of l in byte order, or NULL. The caller frees the array alone. */
struct cat_label *cat_sort_labels(const struct rec_label_list *l, struct rec_err *e);
int cat_label_order(const void *x, const void *y);

#endif

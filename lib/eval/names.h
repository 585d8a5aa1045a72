/* SPDX-License-Identifier: MIT */
/*
 * names.h - names that users have, as they come: groups, and the items of their
 * lists. At the end each gets a number, its place among all names in label
 * order.
 */
#ifndef REC_EVAL_NAMES_H
#define REC_EVAL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "matrix/labels.h"

struct rec_name {
	const char *p;	/* within a text that outlives it */
	uint32_t n;	/* bytes; 0 is a user's name that stands for nothing */
	uint32_t user;
};

/* {0} is empty; the caller frees name. */
struct rec_names {
	struct rec_name *name;
	size_t n, cap;
};

/* Users come in ascending order. */
REC_MUST int rec_names_add(struct rec_names *x, struct rec_name name, struct rec_err *e);

/*
 * All different names into l, and for each user the numbers of his, as they
 * came: idx[ptr[u]] .. idx[ptr[u + 1] - 1], REC_NONE for a name of 0 bytes. The
 * caller owns all three, also after a failure.
 */
REC_MUST int rec_names_rows(const struct rec_names *x, uint32_t users, struct rec_labels *l,
			    uint64_t **ptr, uint32_t **idx, struct rec_err *e);

#endif

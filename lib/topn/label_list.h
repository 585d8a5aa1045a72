/* SPDX-License-Identifier: MIT */
/* topn/label_list.h - a file of labels (--allow, --deny) as marks of items. */
#ifndef REC_TOPN_LABEL_LIST_H
#define REC_TOPN_LABEL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "matrix/labels.h"

struct rec_label_tally {
	uint64_t labels;		/* in the list */
	uint64_t unknown;		/* of them: no items */
	char first[60];			/* the beginning of the first that is none, for messages */
	size_t first_len;
};

/*
 * Set mark[i] = 1 for every item i that the list names; other marks stay. The
 * list is text with a label a line, of which a TAB and what follows is ignored,
 * or recmat, of which it is the row labels. Closes in, also on failure.
 */
REC_MUST int rec_label_list_load(unsigned char *mark, const struct rec_labels *items,
				 struct rec_in *in, struct rec_pool *pool,
				 struct rec_label_tally *tally, struct rec_err *e);

#endif

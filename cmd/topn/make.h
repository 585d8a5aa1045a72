/* SPDX-License-Identifier: MIT */
/*
 * make.h - what lists of rec-topn are made with: a scorer over the items of all
 * models, the items that may be listed, popularity, and the pairs of files by
 * item.
 */
#ifndef REC_CMD_TOPN_MAKE_H
#define REC_CMD_TOPN_MAKE_H

#include "cmd/topn/load.h"
#include "cmd/topn/tell.h"
#include "score/pairs.h"
#include "score/score.h"

struct topn_maker {	/* {0} to begin */
	struct rec_scorer scorer;
	unsigned char *allowed;		/* by item: --allow, --deny; NULL: all are */
	struct rec_popular popular;
	struct rec_pairs histories, seen, candidates;
	struct rec_topn *topn;
	struct rec_topn_rows rows;	/* which of the histories are answered */
	struct topn_view view;		/* for messages */
};

/* Borrows o and x. Free also on failure, before x. */
REC_MUST int topn_make(struct topn_maker *m, const struct topn_options *o,
		       const struct topn_inputs *x, const struct rec_run *run, struct rec_err *e);
void topn_maker_free(struct topn_maker *m);

/* The most bytes that reading took or answering takes. */
uint64_t topn_bytes(const struct topn_maker *m, const struct topn_options *o,
		    const struct topn_inputs *x, const struct rec_run *run);

#endif

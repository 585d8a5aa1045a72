/* SPDX-License-Identifier: MIT */
/*
 * cmd/topn/tell.h - what rec-topn says on stderr: of files that have nothing to
 * do with the models or with who is asked about, of models that say nothing,
 * and of rows that got no list or a short one.
 */
#ifndef REC_CMD_TOPN_TELL_H
#define REC_CMD_TOPN_TELL_H

#include "cmd/topn/load.h"
#include "cmd/topn/options.h"
#include "score/pairs.h"

struct topn_view {
	const struct topn_options *o;
	const struct topn_inputs *x;
	const struct rec_scorer *scorer;
	bool part_of_items;		/* a factor model holds fewer items than were trained */
	bool text_model;		/* said by topn_tell_text_models */
};

/* A file of pairs that rec-topn was given. */
struct topn_side {
	const char *option, *file;
	const struct rec_sparse *x;
	const struct rec_pairs *pairs;	/* NULL: columns are not counted */
	bool fail_empty, fail_items, fail_users;
	bool any_users;			/* they need not be those of stdin */
	bool popular;			/* items that popularity alone knows are known, too */
};

/*
 * What a side file has in common with models and stdin. Nothing where file is
 * NULL.
 */
REC_MUST int topn_check_side(const struct topn_view *v, const struct topn_side *s,
			     struct rec_err *e);

/*
 * A similarity in text none of whose rows is an item of stdin may be something
 * else.
 */
void topn_tell_text_models(struct topn_view *v);

/* Counts to --stats. */
void topn_count(const struct rec_topn_counts *c);

/* What a reader of the lists should know. */
void topn_tell(const struct topn_view *v, const struct rec_topn_counts *c);
void topn_tell_shorter(const struct rec_topn_counts *c, uint32_t top);

/*
 * Where no line has a TAB and no label is known, stdin is labels of strangers,
 * or another format. What surely is another format is refused even where
 * popularity answered; what may be one where nothing was answered.
 */
REC_MUST int topn_check_looks(const struct topn_view *v, const struct rec_topn_counts *c,
			      struct rec_err *e);

/* Rows were asked for, and not one got a list. Returns -1. */
int topn_fail_unanswered(const struct topn_view *v, struct rec_err *e);

#endif

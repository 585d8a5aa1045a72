/* SPDX-License-Identifier: MIT */
/* load.h - the inputs of rec-topn: models, files of pairs, stdin. */
#ifndef REC_CMD_TOPN_LOAD_H
#define REC_CMD_TOPN_LOAD_H

#include "cmd/cli/load.h"
#include "cmd/topn/options.h"

struct topn_inputs {	/* {0} to begin */
	struct cli_models models;
	bool empty_models;	/* said by cli_note_empty_models */
	struct rec_sparse seen, candidates, interactions;
	struct rec_sparse histories;	/* stdin, except for --stream */
	struct rec_rows *stream;	/* stdin of --stream */
	/* Popularity: counts of these pairs, or the offset of a model. */
	const struct rec_sparse *popular_from;
	const struct rec_model *popular_model;
};

/*
 * Read all but the labels of --allow and --deny, whose items are known only
 * once a scorer is made. Free also on failure.
 */
REC_MUST int topn_load(struct topn_inputs *x, const struct topn_options *o,
		       const struct rec_run *run, struct rec_err *e);
void topn_inputs_free(struct topn_inputs *x);

/* What becomes of a repeated pair of a history. */
enum rec_repeats topn_repeats(const struct topn_inputs *x);

#endif

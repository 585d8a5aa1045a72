/* SPDX-License-Identifier: MIT */
/* inputs.h - the inputs of rec-cat, and what an estimate says of them. */
#ifndef REC_CMD_CAT_INPUTS_H
#define REC_CMD_CAT_INPUTS_H

#include "cmd/cat/options.h"

/*
 * All inputs, open: their first bytes decide which way rec-cat goes. An input
 * that was handed out is NULL.
 */
struct cat_inputs {
	struct rec_in **in;
	bool *recmat;
	size_t n;
	bool all_recmat;
};

/* Open the operands, or stdin. Free with cat_inputs_free, also on failure. */
REC_MUST int cat_inputs_open(struct cat_inputs *s, const struct cat_options *o, struct rec_err *e);
void cat_inputs_free(struct cat_inputs *s);

/* Hand out input i, which then belongs to the caller. */
struct rec_in *cat_take(struct cat_inputs *s, size_t i);

/*
 * The answer to --estimate: rows, and the memory of a run that holds so many
 * bytes beside what every run takes.
 */
REC_MUST int cat_need(uint64_t rows, uint64_t held, const struct rec_run *run, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * merge.h - rec-cat where blocks stay whole: passed on as they are, or merged
 * into one canonical matrix or one model.
 */
#ifndef REC_CMD_CAT_MERGE_H
#define REC_CMD_CAT_MERGE_H

#include "cmd/cat/inputs.h"

/* Every block of every input as it is, in one stream. */
REC_MUST int cat_pass_blocks(const struct cat_options *o, struct cat_inputs *inputs,
			     const struct rec_run *run, struct rec_err *e);
REC_MUST int cat_merge(const struct cat_options *o, struct cat_inputs *inputs,
		       const struct rec_run *run, struct rec_err *e);

/* Read the inputs, write nothing, and answer --estimate. */
REC_MUST int cat_estimate_pass(const struct cat_options *o, struct cat_inputs *inputs,
			       const struct rec_run *run, struct rec_err *e);
REC_MUST int cat_estimate_merge(const struct cat_options *o, struct cat_inputs *inputs,
				const struct rec_run *run, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * convert.h - conversions of rec-cat: rows one by one into one output (memory
 * does not grow with them, except for formats that need the whole matrix
 * first), or one dense matrix.
 */
#ifndef REC_CMD_CAT_CONVERT_H
#define REC_CMD_CAT_CONVERT_H

#include "cmd/cat/inputs.h"

REC_MUST int cat_convert(const struct cat_options *o, struct cat_inputs *inputs,
			 const struct rec_run *run, struct rec_err *e);

/* Read the inputs, write nothing, and answer --estimate. */
REC_MUST int cat_estimate_convert(const struct cat_options *o, struct cat_inputs *inputs,
				  const struct rec_run *run, struct rec_err *e);

#endif

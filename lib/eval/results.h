/* SPDX-License-Identifier: MIT */
/*
 * results.h - what was measured, user by user, before it is summed up.
 *
 * A whole run fills this from lists and truth (evaluate.h) and sums it up
 * (summary.h); `--per-user` writes it as text and `--summarize` reads that text
 * back (peruser.h) and sums it up by the same code. So the bytes of the summary
 * are the same as long as the text is lossless.
 *
 * Sums are taken over the users that have a value in a series, in label order,
 * as base/blocks.h says.
 */
#ifndef REC_EVAL_RESULTS_H
#define REC_EVAL_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "eval/measure.h"
#include "matrix/labels.h"
#include "matrix/sparse.h"
#include "recpipe/eval.h"

/* What a series is, before it has values. Texts are copied. */
struct rec_series_is {
	const char *name, *definition;
	enum rec_agg agg;
	unsigned flags;
	uint32_t k;			/* catalogue measures: cut-off */
};

/*
 * Add a series for all users, absent everywhere; *out is valid until the next
 * one is added.
 */
REC_MUST int rec_results_add(struct rec_results *r, struct rec_series **out,
			     const struct rec_series_is *is, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * peruser.h - results as text, one line a user and measure, and back without
 * loss.
 *
 *	user TAB measure TAB value		a mean
 *	user TAB measure TAB 0 TAB missing	the user has truth and no list
 *	user TAB measure TAB value TAB sum TAB count TAB of
 *		rmse, mae, novelty, shares: value = sum / count; `of` is the
 *		largest count there could have been
 *	user TAB history TAB pairs in train
 *	user TAB group TAB name
 *	user TAB listed TAB item TAB item ...
 *		the first entries of the list, for coverage and gini; empty
 *		where train does not hold the item
 *
 * Users come in label order. Lines that begin with TAB (no label is empty) say
 * what the numbers are: rec-eval and version, missing, items, one `series` line
 * a measure with its definition, and at the end how many users there were, so
 * that a cut is detected. Texts of parts are concatenated in any order.
 */
#ifndef REC_EVAL_PERUSER_H
#define REC_EVAL_PERUSER_H

#include "eval/results.h"
#include "io/in.h"
#include "io/out.h"

REC_MUST int rec_peruser_write(struct rec_out *out, const struct rec_results *r, struct rec_err *e);

/*
 * Read one or more such texts, made with the same options on disjoint users.
 * Borrows in.
 */
REC_MUST int rec_peruser_read(struct rec_results *r, struct rec_in *in, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cmd/als/tell.h - what rec-als says on stderr: how it reads values, which of
 * them it left out, and that a model says nothing, with the option to change.
 */
#ifndef REC_CMD_ALS_TELL_H
#define REC_CMD_ALS_TELL_H

#include "als/als.h"
#include "matrix/sparse.h"
#include "model/model.h"

/*
 * How the values of x are read, where the options do not say so, and how many
 * are not fitted.
 */
void als_tell_values(const struct rec_sparse *x, const struct rec_als_opts *o);

/* Outliers that --weights linear left out; vectors that are almost zero. */
void als_tell_report(const struct rec_als_report *r, const struct rec_als_opts *o,
		     const struct rec_model *m);

/* An error where the run would use no vector of the model of --init-from. */
REC_MUST int als_check_init(const struct rec_model *init, const char *file,
			    const struct rec_sparse *x, const struct rec_als_opts *o,
			    struct rec_err *e);

/*
 * What a half-step found: pairs that were left out because `from`, the model in
 * the file, does not hold their other end, and vectors that are zero. An error
 * where the model has nothing in common with x.
 */
REC_MUST int als_tell_half(const struct rec_model *m, const struct rec_model *from,
			   const char *file, const struct rec_sparse *x,
			   const struct rec_als_half_opts *h, struct rec_err *e);

#endif

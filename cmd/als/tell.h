/* SPDX-License-Identifier: MIT */
/*
 * cmd/als/tell.h - messages of rec-als: how it reads values, which values it
 * left out, and that a model says nothing, with the option to change.
 */
#ifndef REC_CMD_ALS_TELL_H
#define REC_CMD_ALS_TELL_H

#include "als/als.h"
#include "matrix/sparse.h"
#include "model/model.h"

/*
 * Tell how the values of x are read, if no option says so, and how many are not
 * fitted.
 */
void als_tell_values(const struct rec_sparse *x, const struct rec_als_opts *o);

/*
 * Tell which outliers --weights linear left out, and that vectors are almost
 * zero.
 */
void als_tell_report(const struct rec_als_report *r, const struct rec_als_opts *o,
		     const struct rec_model *m);

/* Fails if the run would use no vector of the model of --init-from. */
REC_MUST int als_check_init(const struct rec_model *init, const char *file,
			    const struct rec_sparse *x, const struct rec_als_opts *o,
			    struct rec_err *e);

/*
 * Tell what a half-step found: pairs left out because the model `from`, read
 * from file, lacks their other end, and vectors that are all zero. Fails if
 * that model and x have nothing in common.
 */
REC_MUST int als_tell_half(const struct rec_model *m, const struct rec_model *from,
			   const char *file, const struct rec_sparse *x,
			   const struct rec_als_half_opts *h, struct rec_err *e);

#endif

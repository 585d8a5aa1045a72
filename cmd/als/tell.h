/* SPDX-License-Identifier: MIT */
/*
 * cmd/als/tell.h - what rec-als says on stderr: how values are read, which of
 * them stand apart, and that a model came to nothing, with the option to
 * change.
 */
#ifndef REC_CMD_ALS_TELL_H
#define REC_CMD_ALS_TELL_H

#include "als/als.h"
#include "matrix/sparse.h"
#include "model/model.h"

/*
 * How the values of x are read where the options leave that to a guess, and how
 * many are left out of the fit.
 */
void als_tell_values(const struct rec_sparse *x, const struct rec_als_opts *o);

/*
 * What training found: outliers of --weights linear, vectors that are all but
 * zero.
 */
void als_tell_report(const struct rec_als_report *r, const struct rec_als_opts *o,
		     const struct rec_model *m);

/*
 * The model of --init-from has to have something in common with x that the run
 * looks at: else an error.
 */
REC_MUST int als_check_init(const struct rec_model *init, const char *file,
			    const struct rec_sparse *x, const struct rec_als_opts *o,
			    struct rec_err *e);

/*
 * Of a half-step: pairs left out because the model doesn't hold their other
 * end, out of how many; vectors that are zero.
 */
REC_MUST int als_tell_half(const struct rec_model *m, bool users, const struct rec_model *from,
			   const struct rec_sparse *x, bool transposed, uint64_t unknown,
			   const char *file, struct rec_err *e);

#endif

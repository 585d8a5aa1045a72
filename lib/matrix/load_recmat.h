/* SPDX-License-Identifier: MIT */
/*
 * load_recmat.h - blocks of a recmat stream into a loader.
 */
#ifndef REC_MATRIX_LOAD_RECMAT_H
#define REC_MATRIX_LOAD_RECMAT_H

#include <stdbool.h>

#include "base/err.h"
#include "io/in.h"
#include "matrix/loader.h"

/*
 * All blocks of a recmat stream. *done: s is complete, in place, and has taken
 * *in over (*in is NULL then).
 */
REC_MUST int rec_loader_recmat(struct rec_loader *l, struct rec_sparse *s, struct rec_in **in,
			       bool *done, struct rec_err *e);

#endif

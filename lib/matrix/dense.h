/* SPDX-License-Identifier: MIT */
/* matrix/dense.h - struct rec_dense of recpipe/matrix.h as text. */
#ifndef REC_MATRIX_DENSE_H
#define REC_MATRIX_DENSE_H

#include "base/err.h"
#include "base/far.h"
#include "base/pool.h"
#include "io/out.h"
#include "matrix/labels.h"
#include "recpipe/matrix.h"

/* Text: label TAB v1 ... TAB vk. */
REC_MUST int rec_dense_write_text(struct rec_out *out, const struct rec_dense *d,
				  struct rec_pool *pool, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * dense.h - a labelled dense matrix, row-major float32: factors (columns are
 * components, without labels) or a similarity kept whole.
 */
#ifndef REC_MATRIX_DENSE_H
#define REC_MATRIX_DENSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/out.h"
#include "matrix/labels.h"

REC_BEGIN_C

struct rec_dense {
	struct rec_labels row;
	struct rec_labels col;	/* n = 0 where columns have no labels */
	uint32_t ncols;
	const float *val;	/* row.n x ncols, row-major, finite */
	/*
	 * val lies in this temporary file, which is released with d; NULL in
	 * memory
	 */
	struct rec_far *far;
	void *own;		/* NULL where mapped or borrowed */
};

void rec_dense_free(struct rec_dense *d);

/* Text: label TAB v1 ... TAB vk. */
REC_MUST int rec_dense_write_text(struct rec_out *out, const struct rec_dense *d,
				  struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif

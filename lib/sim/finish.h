/* SPDX-License-Identifier: MIT */
/*
 * sim/finish.h - the last steps of a similarity, after its weights are known:
 * --normalize, the offset of --center, and the labels of the rows and columns
 * that are left.
 *
 * All sums are chains in double over rows in canonical order, for each column
 * or row on its own.
 */
#ifndef REC_SIM_FINISH_H
#define REC_SIM_FINISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "model/model.h"
#include "sim/options.h"

/* A square similarity of n items, sparse (with memory of its own) or dense. */
struct rec_similarity {
	uint32_t n;
	struct rec_csr sparse;
	float *dense;		/* n x n, NULL where sparse */
};

void rec_similarity_free(struct rec_similarity *s);

/*
 * Divide each row, or each column, by the sum of its |weights| (l1) or the root
 * of the sum of their squares (l2). Rows and columns of zeros stay as they are.
 */
REC_MUST int rec_similarity_normalize(struct rec_similarity *s, enum rec_sim_normalize how,
				      bool rows, const struct rec_run *run, struct rec_err *e);

/* offset[j] = mean[j] - sum over i of S_ij * mean[i]. */
REC_MUST int rec_similarity_offset(double *offset, const struct rec_similarity *s,
				   const double *mean, const struct rec_run *run,
				   struct rec_err *e);

/*
 * Rows from .. to - 1 become the similarity of m. If it is sparse, rows and
 * columns without a cell are left out. s is emptied, also on failure.
 */
REC_MUST int rec_similarity_to_model(struct rec_model *m, struct rec_similarity *s,
				     const struct rec_labels *items, uint32_t from, uint32_t to,
				     struct rec_err *e);

/* An offset block for the items that have a flag. */
REC_MUST int rec_offset_to_model(struct rec_model *m, const double *offset,
				 const struct rec_labels *items, const unsigned char *keep,
				 struct rec_err *e);

#endif

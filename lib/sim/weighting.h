/* SPDX-License-Identifier: MIT */
/*
 * weighting.h - what a value is worth to an item model: which pairs take part,
 * and the weight of each.
 *
 * Of a pair with value v, d_u pairs of its row, L_i the sum of the values of
 * its column, N columns:
 *   none    1
 *   linear  alpha * v / divisor
 *   log     alpha * ln(1 + v / epsilon) / divisor
 *   tfidf   sqrt(v) * ln((1 + N) / (1 + d_u))
 *   bm25    v * (k1 + 1) / (k1 * (1 - b + b * L_i / mean of L) + v)
 *           * ln((1 + N) / (1 + d_u))
 *   value   v
 * The divisor is the mean of the weights at alpha 1. A column is the document
 * and a row the term, as in implicit and in Ferrari Dacrema's baselines; their
 * ln(N / (1 + d_u)) becomes negative for a row that holds everything, ours
 * becomes 0.
 * Pairs that take part: v > 0; under linear and dot v != 0; under value all.
 */
#ifndef REC_SIM_WEIGHTING_H
#define REC_SIM_WEIGHTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "matrix/csr.h"
#include "matrix/sparse.h"
#include "matrix/thin.h"
#include "model/transform.h"
#include "recmat/meta.h"
#include "recpipe/sim.h"

/*
 * The history that the model scores is weighted like the data; else every item
 * of it counts 1.
 */
bool rec_weighting_of_history(const struct rec_weighting *w);

/* What --weights can be, in the order of the enum; value has no name there. */
extern const char *const rec_weighting_names[];

/*
 * Keep the weights in metadata, without bm25. history: also as what rec-topn
 * weighs the histories by that this model scores.
 */
REC_MUST int rec_weighting_save(struct rec_meta *m, const struct rec_weighting *w, bool history,
				struct rec_err *e);

/*
 * The pairs of x that take part (zeros: pairs of value 0 too), values as they
 * are; long rows are thinned. Where all pairs stay, out borrows x.
 */
REC_MUST int rec_weighting_pairs(struct rec_csr *out, const struct rec_sparse *x,
				 const struct rec_weighting *w, bool zeros,
				 struct rec_thinning *thin, struct rec_err *e);

/*
 * The weights of all pairs of x; out borrows the rest from x. Fails where
 * the mean weight is not above 0.
 */
REC_MUST int rec_weighting_apply(struct rec_csr *out, const struct rec_csr *x,
				 struct rec_weighting *w, struct rec_err *e);

#endif

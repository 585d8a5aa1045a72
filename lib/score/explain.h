/* SPDX-License-Identifier: MIT */
/*
 * score/explain.h - what each pair of a history adds to a score.
 *
 * A score is what belongs to the item alone (mean, bias, offset) and what comes
 * from the history, which is a sum over its pairs j:
 *
 *   similarity   sum of w(j) S(j, i): term j is what pair j adds
 *   factors      y_i . x with x = A^-1 sum of b_j y_j, the equations of
 *                fold-in (als/row.h): term j is b_j y_i . A^-1 y_j. After Hu,
 *                Koren and Volinsky 2008, section 5
 *   several      the terms of each model times its weight in the blend
 *
 * The share of a pair is its term divided by the sum of all: shares add up to
 * 1. One is negative where the pair speaks against the item. Of a user whose
 * vector is stored the terms are those of the vector that the history gives;
 * after training with Cholesky it is the stored one.
 */
#ifndef REC_SCORE_EXPLAIN_H
#define REC_SCORE_EXPLAIN_H

#include <stdint.h>

#include "base/err.h"
#include "recpipe/score.h"
#include "score/score.h"

/*
 * term[i] for item i of q, which need not be the row that was begun: q->n of
 * them, 0 for what no model knows. REC_EUSAGE where scores are no such sums: a
 * scale, similar items, neighbours.
 */
REC_MUST int rec_scorer_explain(const struct rec_scorer *s, struct rec_score_scratch *sc,
				const struct rec_query *q, uint32_t item, double *term,
				struct rec_err *e);

/* The same refusals, for who wants to know before there are rows. */
REC_MUST int rec_scorer_can_explain(const struct rec_scorer *s, struct rec_err *e);

/* Terms to shares, in place. false where their sum is 0 or not finite. */
REC_MUST bool rec_explain_shares(double *term, uint32_t n);

#endif

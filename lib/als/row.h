/* SPDX-License-Identifier: MIT */
/*
 * als/row.h - the equations of one row, the same code for training, half-steps
 * and fold-in.
 *
 * A row x is solved against a fixed side: a table of kp floats a row. These are
 * factors, then with biases a component of 1 (whose weight in x is the row's
 * own bias), then zeros. With terms (a_j, b_j) of its pairs:
 *
 *	(alpha0 * T'T + sum a_j t_j t_j' + diag(reg)) x = sum b_j t_j
 *
 * implicit: a = w, b = w * target; explicit: a = 1, b = value - mean - bias of
 * the other row. T'T is absent under explicit loss. Else the equations are
 * solved in the basis of its eigenvectors (als/basis.h).
 */
#ifndef REC_ALS_ROW_H
#define REC_ALS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "als/fixed.h"
#include "als/options.h"
#include "base/err.h"
#include "recpipe/pool.h"

/* Weight of a pair in the fit, before its sign is looked at. */
float rec_als_weight(const struct rec_als_opts *o, float value);
/* True where a pair adds to the fit. */
static inline bool rec_als_in_fit(const struct rec_als_opts *o, float value)
{
	return o->explicit_loss || o->target_value || value != 0;
}
/* True where a pair counts in n. */
static inline bool rec_als_counts(const struct rec_als_opts *o, float value)
{
	return o->explicit_loss || o->target_value || value > 0;
}
/* lambda * (n + base)^nu for n pairs; others: rows of the fixed side. */
double rec_als_reg(const struct rec_als_opts *o, uint64_t n, uint32_t others);

/*
 * The pairs of a row. weight: rec_als_weight of each, made before, or NULL.
 * term: where rec_als_terms writes. next: columns of the row that comes next,
 * whose vectors are asked for while this one is solved.
 */
struct rec_als_pairs {
	const uint32_t *col;
	const float *val, *weight;
	uint32_t n;
	double *term;
	const uint32_t *next;
	uint32_t nnext;
};

struct rec_als_scratch;
REC_MUST int rec_als_scratch_new(struct rec_als_scratch **s, const struct rec_als_opts *o,
				 struct rec_err *e);
void rec_als_scratch_free(struct rec_als_scratch *s);
/* What one takes, long rows left out. */
uint64_t rec_als_scratch_bytes(const struct rec_als_opts *o);

/*
 * Solve one row by o->solver. x (kp floats, 64-byte aligned, in q->basis if
 * there is one): the start of conjugate gradients, then the solution;
 * x[factors] is the bias where there
 * are biases. Cholesky: where the matrix is not positive definite in float (no
 * regularisation), each diagonal element gets at least 2^-20 of their mean, 16
 * times more at each further try. Fails where a solution is not finite; the
 * caller knows the row's name.
 */
REC_MUST int rec_als_solve(const struct rec_als_opts *o, const struct rec_als_fixed *q,
			   const struct rec_als_pairs *h, struct rec_als_scratch *s,
			   const struct rec_kernel *kn, float *x, struct rec_err *e);

/*
 * How the product of x with a row y of the fixed side is made up: y'x is the
 * sum, over the pairs, of b_j t_j' A^-1 y, and h->term[j] is each of them; 0
 * where a pair adds nothing. y (kp floats, 64-byte aligned) is lost. By
 * Cholesky, which o->solver must be.
 */
REC_MUST int rec_als_terms(const struct rec_als_opts *o, const struct rec_als_fixed *q,
			   const struct rec_als_pairs *h, struct rec_als_scratch *s,
			   const struct rec_kernel *kn, float *y, struct rec_err *e);

/*
 * Start vector of a row: its factors by hash of the label; the rest of the kp
 * floats are zero.
 */
void rec_als_start(float *x, const struct rec_als_opts *o, bool user, const char *label,
		   size_t len);

#endif

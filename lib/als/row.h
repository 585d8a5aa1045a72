/* SPDX-License-Identifier: MIT */
/*
 * als/row.h - the equations of one row, the same code for training, half-steps
 * and fold-in.
 *
 * A row x is solved against a fixed side: a table of kp floats a row, factors,
 * then with biases a component of 1 (whose weight in x is the row's own bias),
 * then zeros. With terms (a_j, b_j) of its pairs:
 *	(alpha0 * T'T + sum a_j t_j t_j' + diag(reg)) x = sum b_j t_j
 * implicit: a = w, b = w * target; explicit: a = 1, b = value - mean - bias of
 * the other row. T'T is absent under explicit loss.
 */
#ifndef REC_ALS_ROW_H
#define REC_ALS_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "als/als.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "matrix/dense.h"
#include "recmat/meta.h"

/*
 * All that the equations depend on beside data and factors; kept in the
 * metadata of a model.
 */
struct rec_als_form {
	uint32_t k, kp;		/* factors; stride of tables */
	bool explicit_loss, bias, target_value;
	enum rec_weights weights;
	double alpha, epsilon, divisor;
	double reg, reg_power, bias_reg;
	double unobserved;	/* alpha0 */
	double mean;
	uint32_t users, items;	/* catalogue of training */
	enum rec_solver solver;
	uint32_t cg_steps;
	double init_sd;
	uint64_t seed;
	/*
	 * not kept: start values are looked at by nothing, and left out: of
	 * rows that Cholesky solves first
	 */
	bool no_starts;
};

/*
 * Stride of tables: room for the stored layout, so that a table can be packed
 * in place.
 */
uint32_t rec_als_stride(uint32_t k, bool bias);

/* To and from metadata: what is read back is what was written, bit for bit. */
REC_MUST int rec_als_form_save(struct rec_meta *m, const struct rec_als_form *f, struct rec_err *e);
REC_MUST int rec_als_form_load(struct rec_als_form *f, const struct rec_meta *m, struct rec_err *e);

/*
 * Whether the factors of a model are as wide as its settings say; sides without
 * rows are not looked at.
 */
REC_MUST int rec_als_form_fits(const struct rec_als_form *f, const struct rec_model *m,
			       struct rec_err *e);

/* Weight of a pair in the fit, before its sign is looked at. */
float rec_als_weight(const struct rec_als_form *f, float value);
/* True where a pair adds to the fit. */
static inline bool rec_als_in_fit(const struct rec_als_form *f, float value)
{
	return f->explicit_loss || f->target_value || value != 0;
}
/* True where a pair counts in n. */
static inline bool rec_als_counts(const struct rec_als_form *f, float value)
{
	return f->explicit_loss || f->target_value || value > 0;
}
/* lambda * (n + base)^nu, others: the catalogue size of the fixed side. */
double rec_als_reg(const struct rec_als_form *f, uint64_t n, uint32_t others);

/* What rows are solved against. */
struct rec_als_fixed {
	const float *table;	/* n x kp */
	const float *bias;	/* n, or NULL */
	const float *gram;	/* alpha0 * T'T, full kp x kp; NULL under explicit loss */
	uint32_t n, catalogue;
	void *own[3];		/* what rec_als_fixed_free releases */
};

/*
 * From stored factors (user: whether they are those of users), Gramian
 * included. d must outlive q where its memory can be used as it is.
 */
REC_MUST int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_form *f,
				const struct rec_dense *d, bool user, const struct rec_run *run,
				struct rec_err *e);
void rec_als_fixed_free(struct rec_als_fixed *q);

/* The pairs of a row. weight: rec_als_weight of each, made before, or NULL. */
struct rec_als_pairs {
	const uint32_t *col;
	const float *val, *weight;
	uint32_t n;
};

struct rec_als_scratch;
REC_MUST int rec_als_scratch_new(struct rec_als_scratch **s, const struct rec_als_form *f,
				 struct rec_err *e);
void rec_als_scratch_free(struct rec_als_scratch *s);

/*
 * Solve one row. x (kp floats, 64-byte aligned): the start of conjugate
 * gradients, then the solution; x[k] is the bias where there are biases.
 * Cholesky: where the matrix is not positive definite in float (no
 * regularisation), each diagonal element gets at least 2^-20 of their mean, 16
 * times more at each further try. Fails where a solution is not finite; the
 * caller knows the row's name.
 */
REC_MUST int rec_als_solve(const struct rec_als_form *f, const struct rec_als_fixed *q,
			   const struct rec_als_pairs *h, enum rec_solver solver,
			   struct rec_als_scratch *s, const struct rec_kernel *kn, float *x,
			   struct rec_err *e);

/*
 * t = T'T in double, full kp x kp: blocks of 256 rows in float, added in a
 * fixed pairwise tree.
 */
REC_MUST int rec_als_gramian(double *t, const float *table, uint32_t n, uint32_t kp,
			     const struct rec_run *run, struct rec_err *e);

/* alpha0 * T'T in float, rounded once; the caller frees it. */
REC_MUST int rec_als_gram(float **gram, const struct rec_als_form *f, const float *table,
			  uint32_t n, const struct rec_run *run, struct rec_err *e);

/*
 * Sum over rows of row_sum(arg, row): blocks of 256 rows, each in one task,
 * then the tree.
 */
typedef double rec_als_row_sum(void *arg, uint32_t row, unsigned thread);
REC_MUST int rec_als_sum_rows(double *sum, uint32_t nrows, rec_als_row_sum *row_sum, void *arg,
			      const struct rec_run *run, struct rec_err *e);

/* Start vector of a row, k components; the rest of the kp floats are zero. */
void rec_als_start(float *x, const struct rec_als_form *f, bool user, const char *label,
		   size_t len);

#endif

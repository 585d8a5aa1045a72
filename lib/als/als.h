/* SPDX-License-Identifier: MIT */
/*
 * als.h - matrix factorisation by alternating least squares.
 *
 * Implicit (Hu, Koren and Volinsky 2008; Rendle et al. 2021), minimised over P
 * (users) and Q (items):
 *
 *	  sum over observed pairs of   a yhat^2 - 2 b yhat
 *	+ alpha0 * sum over all pairs of   yhat^2
 *	+ lambda * sum over rows of   (n + base)^nu |p|^2
 *
 * yhat = p.q; a = b = w, the weight of the pair (b = w * value with
 * target_value); n = pairs of the row with value > 0; base = alpha0 * (rows of
 * the other side).
 *
 * Explicit, b and p of a row solved together:
 *
 *	  sum over observed pairs of   (mu + b_u + b_i + p.q - r)^2
 *	+ lambda * sum over rows of   n^nu |p|^2
 *	+ beta * sum over rows of   b^2
 *
 * A sweep is items, then users. Everything is computed row by row on blocks of
 * 256 rows, so the result depends on the data, the options and the seed alone.
 */
#ifndef REC_ALS_ALS_H
#define REC_ALS_ALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "kernel/kernel.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "model/outliers.h"

REC_BEGIN_C

enum rec_weights { REC_WEIGHTS_NONE, REC_WEIGHTS_LINEAR, REC_WEIGHTS_LOG };
enum rec_solver { REC_CHOLESKY, REC_CG };

/*
 * Where opts.reg is negative: the first, or under explicit loss the second
 * times the standard deviation of the values. (The second was measured: with nu
 * = 0.5 it is within 0.3 % of the best RMSE on ml-latest-small, jester5k and
 * the ratings of book-crossing, whose values deviate by 1.1, 5.2 and 1.8.)
 */
#define REC_ALS_REG_IMPLICIT 0.01
#define REC_ALS_REG_EXPLICIT 1.3

/*
 * The share of its target that the best pair should reach after so many sweeps.
 * Vectors grow from small start values, some sixfold in a half-step.
 */
static inline double rec_als_enough(uint64_t sweeps)
{
	return sweeps == 0 ? 0 : sweeps < 4 ? 1e-4 : 0.01;
}

/* What a person should hear of a training. */
struct rec_als_report {
	/*
	 * no pair reaches rec_als_enough of its target (start values: all
	 * vectors are 0)
	 */
	bool empty;
	/*
	 * then the most that one does, as a share: of 1 or of the value;
	 * explicit: of the deviation, by the product of vectors
	 */
	double reached;
	/* explicit: standard deviation of the values; 0 where all are alike */
	double deviation;
	struct rec_outliers outliers;	/* of --weights linear: left out of the divisor */
};

struct rec_als_opts {
	uint32_t factors, iterations;
	double reg, reg_power;		/* < 0: REC_ALS_REG_..., and 1 (explicit 0.5) */
	double unobserved;		/* alpha0 itself; < 0 for the default, 14 * density */
	enum rec_weights weights;
	double alpha, epsilon;
	bool target_value;
	bool explicit_loss, bias;
	double bias_reg;
	enum rec_solver solver;
	uint32_t cg_steps;
	double init_sd;
	uint64_t seed;
	/* start vectors by label where it has them; NULL for none */
	const struct rec_model *init;
	/*
	 * the transpose goes to a temporary file, and pairs are read through
	 * its room; NULL: all in memory
	 */
	struct rec_spill *spill;
	bool spill_tables;		/* and so do the tables */
	uint64_t spill_before;		/* the room before there are tables */
	/*
	 * compute it after every half-step and tell progress and objective_fn
	 */
	bool objective;
	void (*objective_fn)(void *arg, uint32_t iteration, const char *half, double value);
	void *objective_arg;
	struct rec_als_report *report;	/* NULL: nothing is looked at */
};

/* The defaults of rec-als. */
void rec_als_defaults(struct rec_als_opts *o);

/*
 * Train on x. m gets factors and metadata. 0 iterations give the start values.
 */
REC_MUST int rec_als_train(struct rec_model *m, const struct rec_sparse *x,
			   const struct rec_als_opts *o, const struct rec_run *run,
			   struct rec_err *e);

/* Bytes that training holds beside x. */
uint64_t rec_als_bytes(uint64_t users, uint64_t items, uint64_t pairs, const struct rec_als_opts *o,
		       unsigned threads);

/*
 * Bytes that training holds with opts.spill, x's labels and row pointers
 * included, but for what spill->room allows. *tables: of these the tables,
 * which are not there before the transpose is.
 */
uint64_t rec_als_bytes_far(const struct rec_sparse *x, const struct rec_als_opts *o,
			   unsigned threads, bool spill_tables, uint64_t *tables);

/*
 * What a row costs beside its pairs, in the unit of one pair: building and
 * solving its equations against adding a pair to them. Measured with 16 to 128
 * factors on AVX-512 between 11 and 64, noise included; only how evenly parts
 * take their time depends on it.
 */
uint64_t rec_als_row_cost(enum rec_solver solver, uint32_t factors);

/*
 * One half-step apart: m gets the rows of part `part` of `parts` (1-based,
 * borders on blocks of 256 rows of x, balanced by cost) of one side alone,
 * solved against the other side of `from`, with the settings and the metadata
 * of `from`. A part may be without rows: so is its result. Conjugate gradients
 * go on from the vectors that `from` holds of the solved side. *unknown: pairs
 * left out because `from` doesn't hold their other end.
 */
struct rec_als_half_opts {
	bool users;		/* which side is solved */
	bool transposed;	/* the rows of x are items */
	uint32_t part, parts;
	uint64_t *unknown;
};
REC_MUST int rec_als_half(struct rec_model *m, const struct rec_model *from,
			  const struct rec_sparse *x, const struct rec_als_half_opts *o,
			  const struct rec_run *run, struct rec_err *e);

/*
 * Fold-in: a user vector from a history by the equations of training, always by
 * Cholesky. After Cholesky training the train histories give the stored vectors
 * to the byte. The model must outlive the fold-in.
 */
struct rec_foldin;
REC_MUST int rec_foldin_new(struct rec_foldin **f, const struct rec_model *m,
			    const struct rec_run *run, struct rec_err *e);
void rec_foldin_free(struct rec_foldin *f);

/* Scratch for one thread, for histories of any length. */
struct rec_foldin_scratch;
REC_MUST int rec_foldin_scratch_new(struct rec_foldin_scratch **s, const struct rec_foldin *f,
				    struct rec_err *e);
void rec_foldin_scratch_free(struct rec_foldin_scratch *s);

/*
 * user (m->item.ncols floats) from n pairs: indices into m->item.row ascending,
 * raw values. n = 0 gives zeros (explicit: bias 0). Thread-safe with own
 * scratch.
 */
REC_MUST int rec_foldin_solve(const struct rec_foldin *f, struct rec_foldin_scratch *s,
			      const uint32_t *item, const float *value, uint32_t n, float *user,
			      struct rec_err *e);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * recpipe/als.h - factors by alternating least squares.
 *
 * A model of vectors p (one a user) and q (one an item); the score of a pair is
 * p.q. Implicit loss, for events such as clicks and purchases (Hu, Koren and
 * Volinsky 2008; Rendle et al. 2021), makes small
 *
 *	  sum over observed pairs of   a (p.q)^2 - 2 b p.q
 *	+ alpha0 * sum over all pairs of   (p.q)^2
 *	+ lambda * sum over rows of   (n + base)^nu |p|^2
 *
 * a = b = w, the weight of the pair (b = w * value with target_value); n counts
 * the pairs of the row with a value above 0; base is alpha0 times the rows of
 * the other side, or 0 with reg_own (which is how Spark's MLlib regularises).
 * So a pair that was not observed pulls towards 0, a little.
 *
 * Explicit loss, for ratings r, has biases b and knows nothing of other pairs:
 *
 *	  sum over observed pairs of   (mu + b_u + b_i + p.q - r)^2
 *	+ lambda * sum over rows of   n^nu |p|^2
 *	+ beta * sum over rows of   b^2
 *
 * A sweep solves all items against the users, then all users against the items;
 * each of the two is a half-step, and each row of it a small linear system of
 * its own. The model depends on the data, the settings and the seed alone.
 */
#ifndef RECPIPE_ALS_H
#define RECPIPE_ALS_H

#include <stdbool.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/model.h>
#include <recpipe/pool.h>

REC_BEGIN_C

enum rec_solver {
	REC_CHOLESKY,	/* each row exactly: cost grows with factors^3 */
	REC_CG,		/* a few steps of conjugate gradients from the last sweep */
};

/*
 * What reg is where it is negative: the first, or under explicit loss the
 * second times the standard deviation of the values. (The second was measured:
 * with nu = 0.5 it is within 0.3 % of the best RMSE on ml-latest-small,
 * jester5k and the ratings of book-crossing, whose values deviate by 1.1, 5.2
 * and 1.8.)
 */
#define REC_ALS_REG_IMPLICIT 0.01
#define REC_ALS_REG_EXPLICIT 1.3

/*
 * The settings. Fill it with rec_als_defaults, then change what should differ:
 * members may be added. rec-als(1) says more on each; its options have these
 * names.
 */
struct rec_als_opts {
	uint32_t factors;	/* components of a vector; memory and time grow with it */
	uint32_t iterations;	/* sweeps; 0 gives the start values */
	double reg, reg_power;	/* lambda, nu; negative: REC_ALS_REG_..., and 1 (explicit 0.5) */
	bool reg_own;		/* base is 0; and n at least 1 */
	double unobserved;	/* alpha0; negative: 14 times the density of the data */
	struct rec_transform weights;	/* w of |value|; the data decide the divisor */
	bool target_value;	/* an observed pair should score its value, else 1 */
	bool explicit_loss, bias;	/* biases are there with explicit loss alone */
	double bias_reg;	/* beta */
	enum rec_solver solver;
	uint32_t cg_steps;
	double init_sd;		/* start values: normal with init_sd / sqrt(factors) */
	uint64_t seed;
	/* The library's, from the data: nothing to be set. */
	uint32_t users, items;
	double mean;
	uint32_t kp;
};

/* Implicit loss, 64 factors, 16 sweeps: what rec-als does without options. */
void rec_als_defaults(struct rec_als_opts *o);

/* What a person should hear of a training. */
struct rec_als_report {
	/*
	 * No pair comes near its target: the model says nothing. Too much reg,
	 * or too few sweeps.
	 */
	bool empty;
	/*
	 * then the most that one does, as a share: of 1 or of the value;
	 * explicit: of the deviation, by the product of vectors
	 */
	double reached;
	double deviation;	/* explicit: standard deviation of the values */
	struct rec_outliers outliers;	/* linear weights: left out of the divisor */
};

/*
 * One training, beside its settings. {0}: from start values, in memory, and
 * nobody looks.
 */
struct rec_als_job {
	const struct rec_model *init;	/* start vectors by label, where it has them; or NULL */
	/* the library's: what goes to files where memory is short */
	struct rec_spill *spill;
	bool spill_tables;
	uint64_t transpose_limit;
	/*
	 * Compute what is made small after every half-step, and call
	 * objective_fn with the number of the sweep (from 1), the side that was
	 * solved ("item" or "user") and the value.
	 */
	bool objective;
	void (*objective_fn)(void *arg, uint32_t iteration, const char *half, double value);
	void *objective_arg;
	struct rec_als_report *report;	/* filled; or NULL */
};

/*
 * Train on x, rows users and columns items: m gets factors and metadata. job
 * NULL is {0}.
 */
REC_MUST int rec_als_train(struct rec_model *m, const struct rec_sparse *x,
			   const struct rec_als_opts *o, const struct rec_als_job *job,
			   const struct rec_run *run, struct rec_err *e);

/* Bytes that training holds beside x: for who asks before it begins. */
uint64_t rec_als_bytes(uint64_t users, uint64_t items, uint64_t pairs, const struct rec_als_opts *o,
		       unsigned threads);

/* -- one half-step ---------------------------------------------------- */

/*
 * For training on several machines: each solves a part of the rows of one side
 * against the factors of the other, and the parts, one after the other, are the
 * next model (load.h joins them). The bytes are those of rec_als_train.
 */
struct rec_als_half_opts {
	bool users;		/* which side is solved */
	bool transposed;	/* the rows of x are items */
	uint32_t part, parts;	/* 1 .. parts: which of the rows of x */
	uint64_t *unknown;	/* set: pairs whose other end `from` does not hold */
};

/*
 * m gets the rows of that part alone, by the settings in the metadata of
 * `from`. Parts take about the same time and begin at multiples of 256 rows;
 * one may be without rows, and so is its result.
 */
REC_MUST int rec_als_half(struct rec_model *m, const struct rec_model *from,
			  const struct rec_sparse *x, const struct rec_als_half_opts *o,
			  const struct rec_run *run, struct rec_err *e);

/* -- a vector for a history ------------------------------------------- */

/*
 * Fold-in: the vector of a user whom the model does not hold, or whose history
 * has grown, by the equations of training. After training with Cholesky the
 * histories of training give the stored vectors, bit for bit.
 */
struct rec_foldin;

/* The model must outlive it, and hold all its items. */
REC_MUST int rec_foldin_new(struct rec_foldin **f, const struct rec_model *m,
			    const struct rec_run *run, struct rec_err *e);
void rec_foldin_free(struct rec_foldin *f);

/* What one thread needs: many threads may solve, each with its own. */
struct rec_foldin_scratch;
REC_MUST int rec_foldin_scratch_new(struct rec_foldin_scratch **s, const struct rec_foldin *f,
				    struct rec_err *e);
void rec_foldin_scratch_free(struct rec_foldin_scratch *s);

/*
 * user, of m->item.ncols floats, from n pairs: item are indices into
 * m->item.row, ascending, and value their raw values. n = 0 gives zeros.
 */
REC_MUST int rec_foldin_solve(const struct rec_foldin *f, struct rec_foldin_scratch *s,
			      const uint32_t *item, const float *value, uint32_t n, float *user,
			      struct rec_err *e);

/* Which item is explained, and where the terms go: one a pair. */
struct rec_foldin_why {
	uint32_t item;		/* index into m->item.row */
	double *term;
};

/*
 * What each of these pairs adds to the score of an item. The vector is a sum
 * over the pairs (Hu, Koren and Volinsky 2008), and so is its product with the
 * item's: all terms together are the score without mean, offset and the item's
 * own bias.
 */
REC_MUST int rec_foldin_terms(const struct rec_foldin *f, struct rec_foldin_scratch *s,
			      const uint32_t *item, const float *value, uint32_t n,
			      const struct rec_foldin_why *why, struct rec_err *e);

REC_END_C

#endif

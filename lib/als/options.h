/* SPDX-License-Identifier: MIT */
/*
 * als/options.h - what a factorisation is made with. One struct goes from the
 * options of rec-als through training into the metadata of the model, and comes
 * back from there for half-steps and fold-in. One table (als/options.c) has a
 * row for each of its fields.
 */
#ifndef REC_ALS_OPTIONS_H
#define REC_ALS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "model/model.h"
#include "model/params.h"
#include "model/transform.h"
#include "recmat/meta.h"

REC_BEGIN_C

enum rec_solver { REC_CHOLESKY, REC_CG };

/*
 * Where reg is negative: the first, or under explicit loss the second times the
 * standard deviation of the values. (The second was measured: with nu = 0.5 it
 * is within 0.3 % of the best RMSE on ml-latest-small, jester5k and the ratings
 * of book-crossing, whose values deviate by 1.1, 5.2 and 1.8.)
 */
#define REC_ALS_REG_IMPLICIT 0.01
#define REC_ALS_REG_EXPLICIT 1.3

struct rec_als_opts {
	/* options: the symbols are those of als/als.h */
	uint32_t factors, iterations;
	double reg, reg_power;		/* lambda, nu; < 0: REC_ALS_REG_..., and 1 (explicit 0.5) */
	double unobserved;		/* alpha0; < 0: 14 * density */
	struct rec_transform weights;	/* of |value|; the data decide the divisor */
	bool target_value;
	bool explicit_loss, bias;	/* explicit loss alone has biases */
	double bias_reg;		/* beta */
	enum rec_solver solver;
	uint32_t cg_steps;
	double init_sd;
	uint64_t seed;
	/* what the data of training decide */
	uint32_t users, items;		/* catalogue */
	double mean;			/* mu */
	/* stride of tables, which follows from factors and bias (als/row.h) */
	uint32_t kp;
};

extern const struct rec_param rec_als_params[];

/* The defaults of rec-als. */
void rec_als_defaults(struct rec_als_opts *o);

/* To and from metadata: what is read back is what was written, bit for bit. */
REC_MUST int rec_als_opts_save(struct rec_meta *m, const struct rec_als_opts *o, struct rec_err *e);
REC_MUST int rec_als_opts_load(struct rec_als_opts *o, const struct rec_meta *m, struct rec_err *e);

/*
 * Whether the factors of a model are as wide as its settings say; sides without
 * rows are not looked at.
 */
REC_MUST int rec_als_opts_fit(const struct rec_als_opts *o, const struct rec_model *m,
			      struct rec_err *e);

/*
 * Stride of tables in floats: room for the stored layout, so that a table can
 * be packed in place.
 */
uint32_t rec_als_stride(uint32_t factors, bool bias);

REC_END_C

#endif

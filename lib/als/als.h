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

#include "als/options.h"
#include "als/report.h"
#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/pool.h"

REC_BEGIN_C

/*
 * One training, beside its settings. All zero: from start values, in memory,
 * and nothing is looked at.
 */
struct rec_als_job {
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

/*
 * Train on x. m gets factors and metadata. 0 iterations give the start values.
 * job: NULL for all zero.
 */
REC_MUST int rec_als_train(struct rec_model *m, const struct rec_sparse *x,
			   const struct rec_als_opts *o, const struct rec_als_job *job,
			   const struct rec_run *run, struct rec_err *e);

/* Bytes that training holds beside x. */
uint64_t rec_als_bytes(uint64_t users, uint64_t items, uint64_t pairs, const struct rec_als_opts *o,
		       unsigned threads);

/*
 * Bytes that training holds with job.spill, x's labels and row pointers
 * included, but for what spill->room allows. *tables: of these the tables,
 * which are not there before the transpose is.
 */
uint64_t rec_als_bytes_far(const struct rec_sparse *x, const struct rec_als_opts *o,
			   unsigned threads, bool spill_tables, uint64_t *tables);

REC_END_C

#endif

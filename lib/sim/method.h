/* SPDX-License-Identifier: MIT */
/*
 * sim/method.h - what a row of the table of methods holds, and what a measure
 * sees of the data. For this room alone.
 */
#ifndef REC_SIM_METHOD_H
#define REC_SIM_METHOD_H

#include "sim/line.h"
#include "sim/options.h"
#include "sim/overlap.h"
#include "sim/survey.h"

struct rec_sums;

/*
 * Interactions made ready: x users x items (or items x users under --side
 * user), t its transpose.
 */
struct rec_sim_data {
	struct rec_csr x, t;
	bool unit;		/* all weights are 1 */
	int scale;		/* of user weights: sim/survey.h */
	/*
	 * Sums of shards in place of x, or NULL. The data are then unit data,
	 * and t has pointers alone, which give the pairs of each item.
	 */
	const struct rec_sums *sums;
	uint32_t users, items;
	const struct rec_sim_opts *o;
	struct rec_weighting weights;		/* of o, with the divisor set */
	const struct rec_labels *label;		/* of the items; borrowed */
	/*
	 * per item: its factor as a history item, and as a candidate; llr: a
	 * has logarithms
	 */
	double *a, *b;
	double *user;		/* f_u of sim/overlap.h, or NULL */
	double *user_mean, *item_mean;
};

/* Where S_ij and S_ji are the same bits. */
enum rec_sim_symmetry {
	REC_SIM_DIRECTED,		/* not in general */
	REC_SIM_SYMMETRIC,
	REC_SIM_OF_HALVES,		/* with --asymmetry 0.5 */
	REC_SIM_OF_EXPONENTS,		/* with A = B of --exponents */
};

struct rec_sim_method {
	const char *name, *formula;
	unsigned takes;
	enum rec_sim_symmetry symmetry;	/* before --normalize */
	bool values;		/* uses values as they are where no --weights are given */
	bool zeros;		/* pairs of value 0 take part */
	uint32_t neighbours;
	/*
	 * With unit data. With weighted data a method that takes weights has
	 * SUM in place of COUNT.
	 */
	enum rec_base base;
	/* arg is a struct rec_sim_data; NULL: not by pairs (ease, popular) */
	const struct rec_sim_measure *measure;
	/* fill a, b, user, means; NULL for nothing */
	int (*prepare)(struct rec_sim_data *d, struct rec_err *e);
	/*
	 * Time that a pair of items takes beside its sums, in additions, as
	 * measured. The borders of parts follow from it.
	 */
	unsigned cost;
};

/* Pairs of an item, and of a user. */
static inline double rec_sim_item_count(const struct rec_sim_data *d, uint32_t i)
{
	return (double)(d->t.ptr[i + 1] - d->t.ptr[i]);
}

static inline double rec_sim_user_count(const struct rec_sim_data *d, uint32_t u)
{
	return (double)(d->x.ptr[u + 1] - d->x.ptr[u]);
}

#endif

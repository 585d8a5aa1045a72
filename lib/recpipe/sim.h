/* SPDX-License-Identifier: MIT */
/*
 * recpipe/sim.h - item models: similarities of items (or of users), linear item
 * models, popularity. What rec-sim does.
 *
 * A model is a weight for each pair of a history item i and a candidate j, made
 * from the users that hold both. The methods differ in the formula; all of them
 * take the same way:
 *
 *	interactions -> pairs that take part -> their weights -> weights of
 *	pairs of items -> the N largest of each column or row -> normalised ->
 *	the rows of a part
 *
 *	struct rec_sim_opts o;
 *	uint64_t thinned;
 *
 *	rec_sim_defaults(&o, rec_sim_method("cosine"));
 *	o.neighbours = 100;
 *	if (rec_sim_train(&m, &x, &o, &run, &thinned, &e) != 0)
 *		...
 */
#ifndef RECPIPE_SIM_H
#define RECPIPE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/model.h>
#include <recpipe/pool.h>

REC_BEGIN_C

/* -- methods ---------------------------------------------------------- */

struct rec_sim_method;

/* By name, or NULL; by number from 0, and NULL after the last. */
const struct rec_sim_method *rec_sim_method(const char *name);
const struct rec_sim_method *rec_sim_method_at(size_t i);

/* Its name, and its formula as rec-sim --help has it. */
const char *rec_sim_name(const struct rec_sim_method *m);
const char *rec_sim_formula(const struct rec_sim_method *m);

/*
 * Pairs of value 0 take part, because the method takes means off the values: a
 * 0 is then a low rating. Other methods leave them out.
 */
bool rec_sim_takes_zeros(const struct rec_sim_method *m);

/* -- settings --------------------------------------------------------- */

/*
 * What a value v is worth. d: pairs of its row, L: the sum of the values of its
 * column, N columns.
 */
enum rec_weighting_kind {
	REC_WEIGH_NONE = REC_TRANSFORM_NONE,		/* 1 */
	REC_WEIGH_LINEAR = REC_TRANSFORM_LINEAR,	/* alpha v / divisor */
	REC_WEIGH_LOG = REC_TRANSFORM_LOG,	/* alpha ln(1 + v / epsilon) / divisor */
	REC_WEIGH_TFIDF,	/* sqrt(v) ln((1 + N) / (1 + d)) */
	/*
	 * v (k1 + 1) / (k1 (1 - b + b L / mean of L) + v) times the logarithm
	 * of tfidf: a column is the document, a row the term
	 */
	REC_WEIGH_BM25,
	REC_WEIGH_VALUE		/* v */
};

struct rec_weighting {
	enum rec_weighting_kind kind;
	double alpha, epsilon;
	double bm25[2];		/* k1, b */
	/* the library's */
	double divisor;		/* the mean weight at alpha 1 */
	struct rec_spill *spill;
};

enum rec_sim_normalize { REC_SIM_NORMALIZE_NONE, REC_SIM_NORMALIZE_L1, REC_SIM_NORMALIZE_L2 };

/*
 * Fill it with rec_sim_defaults, then change what should differ: members may be
 * added. rec-sim(1) says more on each, and which method takes which; its
 * options have these names.
 */
struct rec_sim_opts {
	const struct rec_sim_method *method;
	uint32_t neighbours;	/* how many stay of each column or row; 0: all */
	/*
	 * Of each history item the best candidates stay; else of each candidate
	 * the best history items.
	 */
	bool keep_history;
	bool center;		/* score histories less their mean over all users */
	bool side_user;		/* similarities of users */
	enum rec_sim_normalize normalize;
	struct rec_weighting weights;
	double shrink;		/* added to the denominator: doubts rare pairs */
	double min_sim;		/* weights that are smaller in size are dropped */
	double reg;		/* ease */
	double power, asymmetry, exponents[3], walk[2];	/* of the formulas */
	uint32_t min_support;	/* pairs that fewer users share are dropped */
	uint32_t max_user;	/* pairs of a user that take part; 0: all */
	uint64_t seed;		/* which pairs stay under max_user */
	uint32_t part, parts;	/* make part 1 .. parts alone: of the rows, */
	bool columns;		/* or of the columns (not with keep_history) */
	/* The library's, and NULL: data in files, shards, what is counted. */
	struct rec_spill *spill;
	uint32_t group;
	const struct rec_survey *whole;
	struct rec_pair_tally *tally;
};

/* The defaults of a method. */
void rec_sim_defaults(struct rec_sim_opts *o, const struct rec_sim_method *m);

/*
 * The model cannot be written as text: it has an offset, or weighs the values
 * of a history.
 */
bool rec_sim_needs_binary(const struct rec_sim_opts *o);

/* -- training --------------------------------------------------------- */

/*
 * Make a model of x, rows users and columns items. *thinned counts the users
 * that max_user took pairs from. Settings that do not go together are
 * REC_EUSAGE; ease takes items^2 * 4 bytes and an OpenBLAS to load.
 */
REC_MUST int rec_sim_train(struct rec_model *m, const struct rec_sparse *x,
			   const struct rec_sim_opts *o, const struct rec_run *run,
			   uint64_t *thinned, struct rec_err *e);

/*
 * A similarity of the item vectors of a model of factors (side_user: of its
 * user vectors), by the methods dot and cosine. Biases are left out.
 */
REC_MUST int rec_sim_from_factors(struct rec_model *m, const struct rec_model *from,
				  const struct rec_sim_opts *o, const struct rec_run *run,
				  struct rec_err *e);

REC_END_C

#endif

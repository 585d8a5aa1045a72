/* SPDX-License-Identifier: MIT */
/*
 * sim.h - item models: similarities of items (or of users), linear item models,
 * popularity.
 *
 * One table (sim/methods.c) names every method, states its formula, says which
 * options it takes and how its weights are made; commands, help and tests read
 * it.
 *
 * Data flow: interactions -> pairs that take part (weighting.h) -> weights ->
 * weights of item pairs (neighbours.h, or dense: ease.h, factors) -> the N
 * largest of each column or row (sim/select.h) -> --normalize along the same
 * direction -> offset of --center -> rows of --part -> labels of what is left.
 */
#ifndef REC_SIM_SIM_H
#define REC_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "kernel/kernel.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "sim/weighting.h"

REC_BEGIN_C

/* Options that not every method takes: bits of rec_sim_method.takes. */
enum {
	REC_SIM_LIST = 1,	/* neighbours keep normalize min-sim center side part */
	REC_SIM_SUPPORT = 2,	/* min-support */
	REC_SIM_SHRINK = 4,
	REC_SIM_WEIGHTS = 8,	/* weights and what goes with it */
	REC_SIM_REG = 16,
	REC_SIM_LINEAR = 32,	/* exponents power */
	REC_SIM_ASYMMETRY = 64,
	REC_SIM_WALK = 128,
	REC_SIM_FACTORS = 256,	/* from-factors */
};

struct rec_sim_method;
struct rec_survey;
struct rec_pair_tally;

enum rec_sim_normalize { REC_SIM_NORMALIZE_NONE, REC_SIM_NORMALIZE_L1, REC_SIM_NORMALIZE_L2 };

struct rec_sim_opts {
	const struct rec_sim_method *method;
	uint32_t neighbours;		/* 0: all */
	bool keep_history, center, side_user;
	enum rec_sim_normalize normalize;
	struct rec_weighting weights;
	double shrink, min_sim, reg, power, asymmetry;
	double exponents[3];		/* c, a, b */
	double walk[2];			/* a, b */
	uint32_t min_support, max_user;
	uint64_t seed;
	uint32_t part, parts;		/* 1 .. parts */
	/* parts are of the candidates (columns); not with keep_history */
	bool columns;
	/*
	 * interactions are read from files through its room; NULL: all in
	 * memory
	 */
	struct rec_spill *spill;
	uint32_t group;			/* with spill: lines summed at once */
	const struct rec_survey *whole;	/* of all data where x is a shard; NULL where x is all */
	/*
	 * filled where weights are made by pairs (neighbours.h); NULL: nobody
	 * asks
	 */
	struct rec_pair_tally *tally;
};

/* By name, or NULL. By number, NULL behind the last. */
const struct rec_sim_method *rec_sim_method(const char *name);
const struct rec_sim_method *rec_sim_method_at(size_t i);

const char *rec_sim_name(const struct rec_sim_method *m);
const char *rec_sim_formula(const struct rec_sim_method *m);
/* Whether the method takes the option of this name. */
bool rec_sim_takes(const struct rec_sim_method *m, const char *option);

/* Pairs of value 0 take part: the method takes means off the values. */
bool rec_sim_takes_zeros(const struct rec_sim_method *m);

/*
 * Whether the model of these metadata was made by a measure with S_ij = S_ji,
 * to the bit; --normalize comes after it.
 */
bool rec_sim_is_symmetric(const struct rec_meta *made);

/* The defaults for a method. */
void rec_sim_defaults(struct rec_sim_opts *o, const struct rec_sim_method *m);

/* The model needs -b: it has an offset, or transforms the history. */
bool rec_sim_needs_binary(const struct rec_sim_opts *o);

/*
 * What it takes: bytes at most (the input included), and multiplications with
 * addition.
 */
struct rec_sim_cost {
	uint64_t bytes;
	double operations;
};
void rec_sim_cost(struct rec_sim_cost *c, const struct rec_sparse *x, const struct rec_sim_opts *o,
		  unsigned threads);

/*
 * The least for a run with spill, but for what spill->room allows; 0 where
 * there is none (methods without weights of pairs). c->bytes is with groups of
 * a line a thread; line_bytes is what each further line takes.
 */
void rec_sim_cost_far(struct rec_sim_cost *c, uint64_t *line_bytes, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, unsigned threads);

/* Make a model of x. *thinned counts the users that max_user thinned. */
REC_MUST int rec_sim_train(struct rec_model *m, const struct rec_sparse *x,
			   const struct rec_sim_opts *o, const struct rec_run *run,
			   uint64_t *thinned, struct rec_err *e);

/*
 * Make a model of the sums of shards: the one that rec_sim_train makes of all
 * data.
 */
struct rec_sums;
REC_MUST int rec_sim_merge(struct rec_model *m, const struct rec_sums *s,
			   const struct rec_sim_opts *o, const struct rec_run *run,
			   struct rec_err *e);
void rec_sim_merge_cost(struct rec_sim_cost *c, const struct rec_sums *s,
			const struct rec_sim_opts *o, unsigned threads);

/*
 * A similarity from the factors of from: dot or cosine of item vectors
 * (side_user: of user vectors). Bias components are left out.
 */
void rec_sim_factors_cost(struct rec_sim_cost *c, const struct rec_model *from,
			  const struct rec_sim_opts *o, unsigned threads);
REC_MUST int rec_sim_from_factors(struct rec_model *m, const struct rec_model *from,
				  const struct rec_sim_opts *o, const struct rec_run *run,
				  struct rec_err *e);

REC_END_C

#endif

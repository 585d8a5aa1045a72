/* SPDX-License-Identifier: MIT */
/*
 * recpipe/score.h - what a model says of a user and an item, or several models
 * together.
 *
 * A scorer is made once of one or more models. It speaks of items by one set of
 * labels, the union of what the models hold (`items`), so that a number means
 * the same item whichever model is asked. What a score is:
 *
 *	factors		dot product of user and item, + mean, + offset. The user
 *			is the stored one, or folded in from a history. Where
 *			there is nothing to add, a vector of zeros has no score:
 *			what nobody wanted is not above what some did not want
 *	similarity	the sum, over the items i of the history, of the weight
 *			of i times S[i][j], + offset
 *	of users	the sum, over the users v, of S[u][v] times the weight
 *			of the pair (v, j), + offset
 *	offset alone	its value, for everybody
 *	several		the sum of weight times scaled score; a model that has
 *			no score for the item is left out
 *
 * A score depends on the row and the models alone: not on other rows, threads,
 * or whether one item was asked for or all.
 */
#ifndef RECPIPE_SCORE_H
#define RECPIPE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/model.h>
#include <recpipe/pool.h>
#include <recpipe/rows.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/* -- a scorer --------------------------------------------------------- */

/*
 * Models have scores of different size. How they become comparable, for each
 * row over the items that the model scores:
 */
enum rec_scale {
	REC_SCALE_RAW,		/* as they are */
	REC_SCALE_ZSCORE,	/* (s - mean) / standard deviation; 0 where that is 0 */
	/*
	 * (n + 1 - r) / n with n items, r the rank: 1 for the best. Tied items
	 * share the mean of their ranks.
	 */
	REC_SCALE_RANK
};

struct rec_scorer_opts {
	const struct rec_model *const *model;	/* nmodels of them */
	size_t nmodels;
	const double *weight;	/* one a model; NULL: 1 each */
	enum rec_scale scale;
	/*
	 * Factors: compute users from their histories also where the model
	 * holds them, because the histories have grown.
	 */
	bool fold_in;
	bool unknown_users;	/* rows may come that the model does not hold */
	/*
	 * Rows are items, and what is like them is wanted: cosine of the item
	 * vectors, or what the similarity has.
	 */
	bool similar;
	const struct rec_sparse *interactions;	/* for similarities of users; else NULL */
	const struct rec_labels *more;	/* labels that items shall hold besides; or NULL */
	bool index;		/* many look-ups of labels are to come: hash them */
};

struct rec_scorer {
	struct rec_labels items;	/* what all models speak of */
	bool blend;	/* several models, or a weight other than 1, or a scale */
	enum rec_scale scale;
	bool similar;
	/* the library's */
	bool alone;		/* similar: scores are the weights of one table */
	struct rec_scorer_part *part;	/* one a model */
	size_t nparts;
	struct rec_label_index *item_index;
	const struct rec_run *run;
};

/*
 * Models, interactions and run are borrowed: they outlive the scorer, which is
 * constant then and serves any number of threads.
 */
REC_MUST int rec_scorer_new(struct rec_scorer *s, const struct rec_scorer_opts *o,
			    const struct rec_run *run, struct rec_err *e);
void rec_scorer_free(struct rec_scorer *s);

/* The index of a label in s->items, or REC_NONE. */
uint32_t rec_scorer_item(const struct rec_scorer *s, const char *label, size_t len);

/* -- one row ---------------------------------------------------------- */

/*
 * A row to answer. Items are indices into the labels of the scorer; all three
 * lists ascend and have no repeats. Everything is borrowed.
 */
struct rec_query {
	const char *label;	/* the user; "" where only the history counts */
	size_t label_len;
	uint32_t n;		/* the history: n items with their raw values */
	const uint32_t *item;
	const float *value;
	bool keep_history;	/* for lists: the history may be in them */
	uint32_t nseen;		/* for lists: more items to leave out */
	const uint32_t *seen;
	bool has_candidates;	/* for lists: no other items may be in them */
	uint32_t ncandidates;
	const uint32_t *candidate;
};

/*
 * What one thread needs; it holds the row that was begun last. Freed before the
 * scorer.
 */
struct rec_score_scratch;
REC_MUST int rec_score_scratch_new(struct rec_score_scratch **sc, const struct rec_scorer *s,
				   struct rec_err *e);
void rec_score_scratch_free(struct rec_score_scratch *sc);

/*
 * Begin a row; q stays until the next one begins. 1 where some model can score
 * it, 0 where none can (nothing is known of the user), -1.
 */
REC_MUST int rec_scorer_begin(const struct rec_scorer *s, struct rec_score_scratch *sc,
			      const struct rec_query *q, struct rec_err *e);

/*
 * The score of one item for the row that was begun; false where it has none.
 * Not for a scale other than REC_SCALE_RAW, which takes all items.
 */
bool rec_scorer_pair(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item,
		     float *score);

/* -- histories from a file -------------------------------------------- */

/*
 * The pairs of a matrix, looked up by the label of a row and read as items of a
 * scorer: histories, or what is to be left out, or candidates.
 */
struct rec_pairs {
	const struct rec_sparse *x;
	/* the library's */
	uint32_t *column_to_item;
	struct rec_label_index *rows;
};

/*
 * x is borrowed; items are those of the scorer. index: rows will be looked up
 * many times and in no order.
 */
REC_MUST int rec_pairs_new(struct rec_pairs *p, const struct rec_sparse *x,
			   const struct rec_labels *items, bool index, struct rec_pool *pool,
			   struct rec_err *e);
void rec_pairs_free(struct rec_pairs *p);

/* -- many pairs ------------------------------------------------------- */

/* What becomes of a pair that no model can score. */
enum rec_cold_pair {
	/* it gets what is known of it: mean and biases of factors, offsets */
	REC_COLD_PAIR_MEAN,
	REC_COLD_PAIR_DROP,
	REC_COLD_PAIR_FAIL
};

struct rec_score_opts {
	enum rec_cold_pair cold;
	bool clamp;		/* no score is below lo or above hi */
	float lo, hi;
	const struct rec_pairs *history;	/* of users, by label; or NULL */
	const char *name;	/* of the blocks of binary output; or NULL */
};

enum { REC_SCORE_LABEL = 60 };	/* bytes of a label that are kept for messages */

struct rec_score_counts {	/* added to */
	uint64_t pairs, cold, clamped;
	uint64_t known;		/* cold ones of whose item a bias or an offset is known */
	uint64_t with_history;	/* pairs whose user has a history */
	/* the first pair, as far as there is room: no NUL after it */
	char user[REC_SCORE_LABEL], item[REC_SCORE_LABEL];
	size_t user_len, item_len;
};

/*
 * Pairs in, the same pairs with their scores as values out, in the order they
 * came: what rec-score does. Memory does not grow with the pairs. in and out
 * remain the caller's; binary writes recmat with its end mark.
 */
REC_MUST int rec_score_stream(const struct rec_scorer *s, const struct rec_score_opts *o,
			      struct rec_rows *in, struct rec_out *out, bool binary,
			      struct rec_score_counts *counts, struct rec_err *e);

REC_END_C

#endif

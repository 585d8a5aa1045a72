/* SPDX-License-Identifier: MIT */
/*
 * score/kind.h - a kind of model: what the scorer asks of it, as a table of
 * functions. A kind is one file, score/NAME.c, and one row in score/kind.c.
 *
 * One model of a scorer is a part (struct rec_scorer_part, score.h). What all
 * kinds share stands in the part; what one kind alone needs stands in a struct
 * of its file, which part->own points to. In the same way the scratch of a
 * thread has a struct of the kind behind scratch->own. The scorer allocates
 * both, zeroed and of the sizes that the kind names, and frees them.
 *
 * Order of calls:
 *	takes                   which kind a model is
 *	open                    before the labels of all models are joined
 *	load                    after it: part->ncand and the maps are there
 *	allow                   any number of times, or never
 *	scratch_new             once a thread, after the last allow
 *	begin or like           for each row; if it says 1, then any number of
 *	  row pair flat vector    in any order
 *	prior                   for the row begun, whatever begin said
 *	explain                 at any time after load and allow
 *	cost                    once, after load and allow
 *	scratch_free, free      at the end, also after a failure of the above
 *
 * Threads: up to allow there is one. After that a part is only read, and each
 * thread has a scratch of its own; nothing here may lock.
 *
 * Ownership: model and run are borrowed and outlive the scorer. Memory that
 * lives as long as the part is given to rec_part_own, so that a function that
 * fails half-way has nothing to undo; `free` releases what is not released by
 * free(). q of begin stays until the next begin.
 *
 * Order of operations: pair must give the bits that row gives for the same
 * candidate (the chains of score.h), because a list may be made by either.
 */
#ifndef REC_SCORE_KIND_H
#define REC_SCORE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "score/factor_table.h"
#include "score/pairs.h"
#include "score/part.h"
#include "score/query.h"
#include "score/score.h"
#include "score/sum.h"

/* Scratch of a thread for one part. */
struct rec_part_scratch {
	const struct rec_model_kind *kind;
	bool live;			/* the row just begun has scores under this model */
	bool cut;			/* set by like: some may be missing (rec_scorer_is_cut) */
	struct rec_score_sum sum;	/* by candidate; {0} where the kind is light and alone */
	void *own;
};

/*
 * What rows cost under a model, for who divides them into parts. The unit is a
 * multiply-add of a tile of factors (topn/part.c).
 */
struct rec_kind_cost {
	uint64_t fixed;			/* of each row */
	uint64_t candidate;		/* of each candidate that is scored */
	uint64_t *item;			/* by item, if a history holds it; NULL: nothing */
	uint64_t *row;			/* by row that is asked for; NULL: nothing */
	bool all;			/* a row looks at every candidate, not at some */
};

enum {
	REC_COST_NEIGHBOUR = 120, /* add to the score of a candidate anywhere, look at it later */
};
#define REC_COST_NO_SCORES UINT64_MAX /* in row: the model cannot score it at all */

/* NULL where a comment says so; all others are there. */
struct rec_model_kind {
	const char *name;
	size_t size;			/* of the struct behind part->own; 0 for none */
	size_t scratch_size;		/* and behind scratch->own */
	/*
	 * alone (no blend) it leaves scratch->sum unused: it has a table, or
	 * its row stands in the model
	 */
	bool light;

	/* Whether the model is of this kind: asked in the order of the table */
	bool (*takes)(const struct rec_model *m, const struct rec_scorer_opts *o);

	/*
	 * Look at the model: set part->candidates, and of known, users,
	 * neighbours and needs_history what applies. An error is about the
	 * model, whose name is put before it.
	 */
	int (*open)(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e);

	/*
	 * Make what rows need. part->offset, ncand and the maps are set. NULL:
	 * nothing
	 */
	int (*load)(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e);

	/*
	 * Cut own tables down to the candidates of c; offset and maps follow
	 * after it. NULL: there are none
	 */
	int (*allow)(struct rec_scorer_part *p, const struct rec_cut *c, struct rec_err *e);

	/* NULL: nothing but what rec_part_own took */
	void (*free)(struct rec_scorer_part *p);

	/* Fill scratch->own. NULL: nothing to do */
	int (*scratch_new)(struct rec_part_scratch *ps, const struct rec_scorer_part *p,
			   struct rec_err *e);
	void (*scratch_free)(struct rec_part_scratch *ps);	/* NULL: nothing to do */

	/* Begin row q. 1: it has scores, 0: it has none, -1. */
	int (*begin)(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		     const struct rec_query *q, struct rec_err *e);

	/*
	 * Similar items: begin with what is like the item whose number in
	 * part->known is `row`. 1, 0, -1. NULL: the kind says nothing of it
	 */
	int (*like)(const struct rec_scorer_part *p, struct rec_part_scratch *ps, uint32_t row,
		    struct rec_err *e);

	/*
	 * All scores of the row. Comes with out->score = scratch->sum.score and
	 * out->n = ncand. In a blend scores are scaled in place, so they must
	 * stand in scratch->sum.score then. Not called for a kind with a table
	 * that is alone.
	 */
	void (*row)(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		    struct rec_scores *out);

	/* The score of candidate c; false: it has none. */
	bool (*pair)(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		     float *score);

	/*
	 * What is known of a pair without a score, offset left out; c may be
	 * REC_NONE. NULL: 0
	 */
	float (*prior)(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
		       uint32_t c);

	/*
	 * Add to term[i] what item i of q adds to the score of candidate c,
	 * times the weight of the part (score/explain.h). q is any row, begun
	 * or not. NULL: nothing comes from a history
	 */
	int (*explain)(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		       const struct rec_query *q, uint32_t c, double *term, struct rec_err *e);

	/*
	 * Whether all items of the model have one score for the row, those too
	 * that allow took away. NULL: never
	 */
	bool (*flat)(const struct rec_scorer_part *p, const struct rec_part_scratch *ps);

	/*
	 * Scores are products of a vector with rows of a table, then + offset:
	 * what many rows at once are ranked by (topn/tiles.h). vector: of the
	 * row begun, NULL where it has none. Both NULL: no such thing
	 */
	const struct rec_factor_table *(*table)(const struct rec_scorer_part *p);
	const float *(*vector)(const struct rec_part_scratch *ps);

	/*
	 * Estimate the rows of the histories, for nitems items. c comes empty;
	 * the caller frees its arrays.
	 */
	int (*cost)(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		    const struct rec_pairs *history, uint32_t nitems, struct rec_err *e);
};

/* The kind of a model; NULL where it is none. */
const struct rec_model_kind *rec_kind_of(const struct rec_model *m,
					 const struct rec_scorer_opts *o);

#endif

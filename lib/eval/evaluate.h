/* SPDX-License-Identifier: MIT */
/*
 * evaluate.h - lists against truth: per-user values of every measure, floors,
 * ceilings and breakdowns, in one parallel pass over users.
 */
#ifndef REC_EVAL_EVALUATE_H
#define REC_EVAL_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "eval/measure.h"
#include "eval/results.h"
#include "kernel/kernel.h"
#include "matrix/lists.h"
#include "matrix/sparse.h"

REC_BEGIN_C

enum rec_ties { REC_TIES_LABEL, REC_TIES_MEAN, REC_TIES_WORST, REC_TIES_BEST };

struct rec_eval_input {
	const struct rec_lists *lists;
	const struct rec_sparse *truth;
	const struct rec_sparse *train, *candidates;	/* NULL where not given */
};

struct rec_eval_opts {
	const struct rec_metric *metric;
	size_t n;
	double relevant;	/* smallest relevant value; 0: every value above 0 */
	enum rec_ties ties;
	bool skip_missing;	/* leave users without a list out, else they count as 0 */
	bool shallow;		/* cut-offs deeper than every list are allowed */
	/*
	 * measure users first .. last - 1 of truth alone; last = 0: all of them
	 */
	uint32_t first, last;
};

struct rec_eval_notes {	/* what a person should hear */
	uint64_t lists_without_truth;
	uint64_t tied_lists;		/* of two and more entries, all of one value */
	bool swapped;			/* stdin looks like a truth, and the truth like lists */
	uint64_t extra_pairs;		/* rating measures: pairs that truth doesn't hold */
	/*
	 * why there is no estimate of the unsampled value; NULL where there is
	 * one, or nothing was sampled
	 */
	const char *uncorrected;
};

/*
 * Fill r. Values are per user of truth, in label order, whatever the threads.
 * Series of a ranking measure NAME: NAME, and with train NAME/floor,
 * NAME/ceiling, NAME/head, NAME/middle, NAME/tail, and with candidates
 * NAME/corrected. r borrows labels of train.
 */
REC_MUST int rec_evaluate(struct rec_results *r, const struct rec_eval_input *in,
			  const struct rec_eval_opts *o, const struct rec_run *run,
			  struct rec_eval_notes *notes, struct rec_err *e);

/*
 * True where lists and truth hold the same pairs: then they are scored pairs
 * rather than lists.
 */
REC_MUST int rec_eval_same_pairs(bool *same, const struct rec_lists *lists,
				 const struct rec_sparse *truth, struct rec_err *e);

/*
 * Users *first .. *last - 1 of truth are part i of n: borders fall on blocks of
 * 256, and parts hold about as many pairs of truth, lists, train and
 * candidates. What a run over such a part checks and tells of its lists is that
 * of its users; lists of users without truth fall to the parts between whose
 * users they stand.
 */
REC_MUST int rec_eval_part(uint32_t *first, uint32_t *last, const struct rec_eval_input *in,
			   uint32_t i, uint32_t n, struct rec_err *e);

/*
 * Memory that rec_evaluate and its inputs take, about: the larger of what
 * reading took and what measuring will. Mapped files apart.
 */
uint64_t rec_eval_bytes(const struct rec_eval_input *in, const struct rec_eval_opts *o,
			const struct rec_run *run);


REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/* options.h - what an evaluation is given, and what it has to tell a person. */
#ifndef REC_EVAL_OPTIONS_H
#define REC_EVAL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lang.h"
#include "eval/measure.h"
#include "recpipe/matrix.h"
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

REC_END_C

#endif

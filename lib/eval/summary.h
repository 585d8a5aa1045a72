/* SPDX-License-Identifier: MIT */
/* summary.h - results summed up: one line a measure, with its definition. */
#ifndef REC_EVAL_SUMMARY_H
#define REC_EVAL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "eval/results.h"
#include "eval/stats.h"
#include "io/out.h"

REC_BEGIN_C

struct rec_summary_line {
	char *name, *definition;
	double value;
};

struct rec_summary {
	struct rec_summary_line *line;
	size_t n, cap;
};

struct rec_summary_opts {
	uint32_t bootstrap;		/* resamples, 0 for none */
	/* the other lists, evaluated alike; NULL for none */
	const struct rec_results *compare;
	enum rec_test test;
	uint64_t seed;
};

enum { REC_RANDOMIZATIONS = 10000 };

void rec_summary_free(struct rec_summary *s);

/*
 * Every series, then the main ones by length of history and by group. With
 * compare, behind each main series NAME: NAME/compared, NAME/difference (this
 * minus the other) and NAME/p. Fails where a measure has nothing to be computed
 * from.
 */
REC_MUST int rec_summarize(struct rec_summary *s, const struct rec_results *r,
			   const struct rec_summary_opts *o, struct rec_pool *pool,
			   struct rec_err *e);

/* The line of that name, or NULL. */
const struct rec_summary_line *rec_summary_find(const struct rec_summary *s, const char *name,
						size_t len);

/* name TAB value TAB definition; or one JSON object {"measures": [...]}. */
REC_MUST int rec_summary_write(struct rec_out *out, const struct rec_summary *s, bool json,
			       struct rec_err *e);

REC_END_C

#endif

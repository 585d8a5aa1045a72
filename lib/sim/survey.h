/* SPDX-License-Identifier: MIT */
/*
 * sim/survey.h - numbers about all data that must be known before the sums over
 * the users of one shard can be exact. They add up over shards.
 *
 * A survey is text: key TAB number on each line, in any order. A key that comes
 * again is added to (digest: the two halves modulo 2^64), so cat joins the
 * surveys of shards.
 *   shards       1
 *   users        users of the shard
 *   cells        rows as read
 *   pairs        pairs that take part
 *   digest       32 hexadecimal digits, of the rows as read
 *   max-user.N   1 where users were thinned to N pairs (N is 0 where not):
 *                surveys of one N alone go together
 *   length.B     users with B .. 2 B - 1 pairs that take part, B a power of
 *                two; left out where 0
 */
#ifndef REC_SIM_SURVEY_H
#define REC_SIM_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/digest.h"
#include "matrix/sparse.h"

enum { REC_SURVEY_LENGTHS = 32 };

struct rec_survey {
	uint64_t shards, users, pairs;
	struct rec_digest digest;
	uint32_t max_user;
	uint64_t thinned;	/* shards that name max_user: must be all */
	uint64_t length[REC_SURVEY_LENGTHS];	/* [b]: users with 2^b .. 2^(b+1) - 1 pairs */
};

/* Set pairs and length. */
void rec_survey_lengths(struct rec_survey *s, const struct rec_csr *pairs);

/*
 * Weights d^-p of users are rounded to multiples of 2^-scale, so that every sum
 * over users with two pairs and more is a whole number of them below 2^53: a
 * double holds it exactly, in whatever order or part it was made.
 */
int rec_survey_scale(const struct rec_survey *s, double p);

/*
 * A user with d pairs: d^-p to the nearest multiple of 2^-scale, one multiple
 * at least; 0 for d = 0.
 */
double rec_survey_weight(double d, double p, int scale);

REC_MUST int rec_survey_write(struct rec_out *out, const struct rec_survey *s, struct rec_err *e);

/*
 * Add a line. False if it is no line of a survey, or contradicts the lines
 * before.
 */
bool rec_survey_add(struct rec_survey *s, const char *line, size_t n);

/* Read all of in, which stays the caller's. */
REC_MUST int rec_survey_read(struct rec_survey *s, struct rec_in *in, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * generate.h - synthetic interactions with planted structure, the same for the
 * same seed, of any size, in memory of items x rank.
 *
 * Every number is drawn by a counter from a keyed hash, so user u can be made
 * without the users before it.
 *   users    user u of U has n_u rows, n_u >= 1 where rows >= users: shares of
 *            the rows in proportion to exp(z_u), z_u standard normal, at most
 *            all items
 *   items    item of popularity rank r has weight (r + 1)^-skew; ranks are
 *            scattered over item numbers by a keyed hash
 *   taste    p_u and q_i are standard normal vectors of dim components, scaled
 *            by dim^-1/4, so that p.q has variance 1
 *   pairs    candidates are drawn by popularity and taken with probability
 *            1 / (1 + exp(8 - 6 p.q)), that is, by users who like them well. A
 *            share `noise` of the rows takes the first candidate. No user holds
 *            an item twice. If taste gives a user too few, the most popular
 *            items fill up
 *   explicit rating = 3.5 + 0.5 b_u + 0.5 b_i + 0.7 p.q + noise * z, rounded to
 *            half stars between 0.5 and 5
 *   times    a user starts at a uniform moment of 1000 days from 1600000000 on;
 *            gaps are exponential with a mean of six hours, whole seconds
 */
#ifndef REC_DATA_GENERATE_H
#define REC_DATA_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rec_gen_opts {
	uint64_t users, rows;
	uint32_t items, dim;
	double skew, noise;
	bool explicit_values, times;
	uint64_t seed;
};

struct rec_gen;

/* Fails where rows > users * items. */
REC_MUST int rec_gen_new(struct rec_gen **g, const struct rec_gen_opts *o, struct rec_err *e);
void rec_gen_free(struct rec_gen *g);

/*
 * How many rows users u, u+1, ... have: fill n for the next `count` users.
 * Users are asked for once, in order from 0. Sums to rows exactly.
 */
void rec_gen_counts(struct rec_gen *g, uint32_t *n, uint64_t count);

struct rec_gen_row {
	uint32_t item;
	float value;
	double time;
};

/* Scratch of one thread. */
struct rec_gen_scratch;
REC_MUST int rec_gen_scratch_new(struct rec_gen_scratch **s, const struct rec_gen *g,
				 struct rec_err *e);
void rec_gen_scratch_free(struct rec_gen_scratch *s);

/* The n rows of user u, in the order they happened. */
void rec_gen_user(const struct rec_gen *g, struct rec_gen_scratch *s, uint64_t u, uint32_t n,
		  struct rec_gen_row *row);

#endif

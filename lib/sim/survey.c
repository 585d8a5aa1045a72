/* SPDX-License-Identifier: MIT */
/*
 * sim/survey.c - counts lengths, chooses the scale of user weights, and reads
 * and writes a survey as text.
 */
#include "sim/survey.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "base/mem.h"
#include "io/looks.h"
#include "io/num.h"
#include "matrix/digest.h"

void rec_survey_lengths(struct rec_survey *s, const struct rec_csr *pairs)
{
	memset(s->length, 0, sizeof s->length);
	s->pairs = pairs->nnz;
	for (uint32_t u = 0; u < pairs->nrows; u++) {
		uint64_t d = pairs->ptr[u + 1] - pairs->ptr[u];

		if (d)
			s->length[63 - __builtin_clzll(d)]++;
	}
}

/* -- the scale -- */

/*
 * Bound the sum of all weights. Users with one pair are left out: they are in
 * no sum over two items. Every length counts as that end of its class at which
 * the weight is larger. One bit stays free for the rounding of the weights:
 * each adds at most half a unit, or one unit if it is raised to one.
 */
int rec_survey_scale(const struct rec_survey *s, double p)
{
	double sum = 0;
	int bits = 0;

	for (int b = 1; b < REC_SURVEY_LENGTHS; b++)
		sum += (double)s->length[b] * rec_pow(ldexp(1, p < 0 ? b + 1 : b), -p);
	(void)frexp(sum, &bits);
	return sum > 0 ? 52 - bits : 0;
}

double rec_survey_weight(double d, double p, int scale)
{
	double units;

	if (d <= 0)
		return 0;
	units = floor(ldexp(rec_pow(d, -p), scale) + 0.5);
	return ldexp(units > 1 ? units : 1, -scale);
}

/* -- text -- */

int rec_survey_write(struct rec_out *out, const struct rec_survey *s, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	int rc = rec_buf_printf(&b, e, "cells\t%" PRIu64 "\ndigest\t%016" PRIx64 "%016" PRIx64 "\n",
				s->digest.cells, s->digest.sum[0], s->digest.sum[1]);

	for (int i = 0; rc == 0 && i < REC_SURVEY_LENGTHS; i++)
		if (s->length[i])
			rc = rec_buf_printf(&b, e, "length.%" PRIu64 "\t%" PRIu64 "\n",
					    UINT64_C(1) << i, s->length[i]);
	if (rc == 0)
		rc = rec_buf_printf(&b, e,
				    "max-user.%" PRIu32 "\t%" PRIu64 "\npairs\t%" PRIu64
				    "\nshards\t%" PRIu64 "\nusers\t%" PRIu64 "\n",
				    s->max_user, s->shards, s->pairs, s->shards, s->users);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

static bool add(uint64_t *sum, const char *s, size_t n)
{
	uint64_t x;

	return rec_num_u64(s, n, &x) == REC_NUM_OK && !__builtin_add_overflow(*sum, x, sum);
}

static bool add_digest(struct rec_digest *d, const char *s, size_t n)
{
	uint64_t half[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *at = s[i] ? strchr(digits, s[i]) : NULL;

		if (n != 32 || !at)
			return false;
		half[i / 16] = half[i / 16] << 4 | (uint64_t)(at - digits);
	}
	d->sum[0] += half[0];
	d->sum[1] += half[1];
	return n == 32;
}

static bool add_length(struct rec_survey *s, const char *key, size_t nk, const char *x, size_t n)
{
	uint64_t from;

	if (rec_num_u64(key, nk, &from) != REC_NUM_OK || from == 0 || (from & (from - 1)) != 0 ||
	    from >> REC_SURVEY_LENGTHS)
		return false;
	return add(&s->length[__builtin_ctzll(from)], x, n);
}

/* Every shard says how it thinned its users. All must say the same. */
static bool add_max_user(struct rec_survey *s, const char *key, size_t nk, const char *x, size_t n)
{
	uint64_t max;

	if (rec_num_u64(key, nk, &max) != REC_NUM_OK || max > UINT32_MAX ||
	    (s->thinned && max != s->max_user))
		return false;
	s->max_user = (uint32_t)max;
	return add(&s->thinned, x, n);
}

static bool is(const char *key, size_t nk, const char *name)
{
	return nk == strlen(name) && memcmp(key, name, nk) == 0;
}

static bool begins(const char *key, size_t nk, const char *name)
{
	return nk > strlen(name) && memcmp(key, name, strlen(name)) == 0;
}

bool rec_survey_add(struct rec_survey *s, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n), *x = tab ? tab + 1 : line;
	size_t nk = tab ? (size_t)(tab - line) : 0, nx = n - (size_t)(x - line);

	if (is(line, nk, "shards"))
		return add(&s->shards, x, nx);
	if (is(line, nk, "users"))
		return add(&s->users, x, nx);
	if (is(line, nk, "pairs"))
		return add(&s->pairs, x, nx);
	if (is(line, nk, "cells"))
		return add(&s->digest.cells, x, nx);
	if (is(line, nk, "digest"))
		return add_digest(&s->digest, x, nx);
	if (begins(line, nk, "length."))
		return add_length(s, line + 7, nk - 7, x, nx);
	return begins(line, nk, "max-user.") && add_max_user(s, line + 9, nk - 9, x, nx);
}

static int slurp(struct rec_buf *b, struct rec_in *in, struct rec_err *e)
{
	enum { LARGEST = 64 << 20 };	/* a survey has about twenty short lines a shard */
	char piece[8192];
	int64_t n;

	while ((n = rec_in_read(in, piece, sizeof piece, e)) > 0) {
		if (b->n > LARGEST)
			return rec_err_set(e, REC_EDATA, "%s: too long for a survey",
					   rec_in_name(in));
		if (rec_buf_add(b, piece, (size_t)n, e) != 0)
			return -1;
	}
	return (int)n;
}

/*
 * Returns NULL, or which numbers cannot come from the same data. Compares users
 * by length with users, pairs and thinning, and pairs with rows.
 */
static const char *contradiction(const struct rec_survey *s)
{
	unsigned __int128 users = 0, least = 0, most = 0;

	for (int b = 0; b < REC_SURVEY_LENGTHS; b++) {
		users += s->length[b];
		least += (unsigned __int128)s->length[b] << b;
		most += (unsigned __int128)s->length[b] * ((UINT64_C(2) << b) - 1);
		if (s->length[b] && s->max_user && UINT64_C(1) << b > s->max_user)
			return "a length of users is above max-user";
	}
	if (users > s->users)
		return "there are more users in length.* than users";
	if (s->pairs < least || s->pairs > most)
		return "pairs are not what length.* add up to";
	return s->pairs > s->digest.cells || s->users > s->digest.cells ?
		       "there are more pairs or users than cells, which are rows as read" :
		       NULL;
}

int rec_survey_read(struct rec_survey *s, struct rec_in *in, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	uint64_t line = 1;
	int rc = slurp(&b, in, e);

	if (rc == 0)
		rc = rec_looks_check(in, b.p, b.n, e);
	*s = (struct rec_survey){ 0 };
	for (size_t at = 0; rc == 0 && at < b.n; line++) {
		const char *nl = memchr(b.p + at, '\n', b.n - at);
		size_t n = nl ? (size_t)(nl - b.p) - at : b.n - at;

		if (!rec_survey_add(s, b.p + at, n))
			rc = rec_err_set(e, REC_EDATA,
					 "%s:%" PRIu64
					 ": not a line of a survey (rec-sim --survey), or one that "
					 "does not go with those before it",
					 rec_in_name(in), line);
		at += n + 1;
	}
	if (rc == 0 && (s->shards == 0 || s->thinned != s->shards))
		rc = rec_err_set(e, REC_EDATA, "%s: not a whole survey: lines are missing",
				 rec_in_name(in));
	if (rc == 0 && contradiction(s))
		rc = rec_err_set(e, REC_EDATA,
				 "%s: %s; give the output of rec-sim --survey for each shard once",
				 rec_in_name(in), contradiction(s));
	rec_buf_free(&b);
	return rc;
}

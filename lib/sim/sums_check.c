/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_check.c - checks that sums are compatible with each other and with
 * the method.
 */
#include "sim/sums_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "matrix/digest.h"
#include "sim/linear.h"
#include "sim/users.h"

/* -- metadata -- */

static int take_digest(struct rec_digest *d, const struct rec_meta *m, const char *prefix,
		       struct rec_err *e)
{
	struct rec_survey s = { 0 };
	char key[32], line[96];
	size_t np = strlen(prefix), n;
	const char *hex;

	memcpy(key, prefix, np);
	memcpy(key + np, "digest", 7);
	hex = rec_meta_get(m, key);
	n = hex ? strlen(hex) : 0;
	if (n != 32)
		return rec_err_set(e, REC_EDATA, "metadata: %s: not 32 hexadecimal digits", key);
	memcpy(line, "digest\t", 7);
	memcpy(line + 7, hex, n);
	if (!rec_survey_add(&s, line, 7 + n))
		return rec_err_set(e, REC_EDATA, "metadata: %s: not 32 hexadecimal digits", key);
	memcpy(key + np, "cells", 6);
	*d = s.digest;
	return rec_meta_get_u64(m, key, &d->cells, e) == 1 ?
		       0 :
		       rec_err_set(e, REC_EDATA, "metadata: no %s", key);
}

static bool same_digest(const struct rec_digest *a, const struct rec_digest *b)
{
	return a->sum[0] == b->sum[0] && a->sum[1] == b->sum[1] && a->cells == b->cells;
}

static int note_shard(struct rec_sums_shards *seen, const struct rec_meta *m, struct rec_err *e)
{
	struct rec_digest d = { 0 };

	if (take_digest(&d, m, "", e) != 0)
		return -1;
	for (size_t i = 0; d.cells && i < seen->n; i++)
		if (same_digest(&d, &seen->digest[i]))
			return rec_err_set(e, REC_EDATA,
					   "the sums of one shard appear twice: digest %s",
					   rec_meta_get(m, "digest"));
	if (rec_grow(&seen->digest, &seen->cap, seen->n + 1, sizeof *seen->digest, e) != 0)
		return -1;
	seen->digest[seen->n++] = d;
	return 0;
}

int rec_sums_add_meta(struct rec_sums *s, struct rec_sums_shards *seen, const struct rec_block *b,
		      struct rec_err *e)
{
	struct rec_meta m;
	const char *algorithm;
	int rc = -1;

	if (rec_meta_parse(&m, b->meta, b->meta_len, e) != 0)
		return -1;
	algorithm = rec_meta_get(&m, "algorithm");
	if (!algorithm || strcmp(algorithm, "sums") != 0)
		rec_err_set(e, REC_EDATA, "not sums of rec-sim --partial but %s",
			    algorithm ? algorithm : "something else");
	else
		rc = note_shard(seen, &m, e);
	if (rc == 0 && s->meta.n == 0) {
		s->meta = m;
		return 0;
	}
	if (rc == 0)
		rc = rec_meta_merge(&s->meta, &m, e);
	rec_meta_free(&m);
	return rc;
}

static int number(const struct rec_meta *m, const char *key, uint64_t *x, struct rec_err *e)
{
	int got = rec_meta_get_u64(m, key, x, e);

	return got < 0 ? -1 : got ? 0 : rec_err_set(e, REC_EDATA, "metadata: no %s", key);
}

static int check_thinning(const struct rec_sums *s, const struct rec_sim_opts *o, struct rec_err *e)
{
	uint64_t max, seed = o->seed;

	if (number(&s->meta, "max-user", &max, e) != 0 ||
	    (max && number(&s->meta, "seed", &seed, e) != 0))
		return -1;
	if (max != o->max_user)
		return max ? rec_err_set(e, REC_EUSAGE,
					 "the sums were made with --max-user %" PRIu64
					 ": give the same",
					 max) :
			     rec_err_set(e, REC_EUSAGE, "the sums were made without --max-user");
	if (seed != o->seed)
		return rec_err_set(e, REC_EUSAGE,
				   "the sums were made with --seed %" PRIu64 ": give the same",
				   seed);
	return 0;
}

/* Check what the sums count. */
static int check_sums(struct rec_sums *s, double *power, struct rec_err *e)
{
	const char *kind = rec_meta_get(&s->meta, "sums");
	double scale = 0;

	if (!kind || (strcmp(kind, "items") != 0 && strcmp(kind, "count") != 0 &&
		      strcmp(kind, "weight") != 0))
		return rec_err_set(e, REC_EDATA,
				   "metadata: sums is %s%s%s, not items, count or weight",
				   kind ? "'" : "", kind ? kind : "missing", kind ? "'" : "");
	s->weighted = strcmp(kind, "weight") == 0;
	if (s->weighted && (rec_meta_get_f64(&s->meta, "user-power", power, e) != 1 ||
			    rec_meta_get_f64(&s->meta, "scale", &scale, e) != 1))
		return rec_err_set(e, REC_EDATA, "metadata: no user-power or no scale");
	if (!(fabs(scale) <= 1000) || scale != floor(scale))
		return rec_err_set(e, REC_EDATA,
				   "metadata: scale is %s, not a whole number of bits",
				   rec_meta_get(&s->meta, "scale"));
	s->unit = ldexp(1, -(int)scale);
	return 0;
}

/* Check that the method can use these sums. */
static int check_kind(struct rec_sums *s, const struct rec_sim_opts *o, struct rec_err *e)
{
	const char *kind = rec_meta_get(&s->meta, "sums"), *name = o->method->name;
	double power = rec_linear_user_power(o), got = 0;

	if (check_sums(s, &got, e) != 0)
		return -1;
	if (!(o->method->takes & REC_SIM_LIST))
		return 0;
	if (strcmp(kind, "items") == 0)
		return rec_err_set(e, REC_EUSAGE,
				   "these are sums of single items; %s needs those of pairs: "
				   "rec-sim %s --partial",
				   name, name);
	if (power == 0 && s->weighted)
		return rec_err_set(e, REC_EUSAGE,
				   "these are sums of weights d^-%g of users; %s needs counts: "
				   "rec-sim %s --partial",
				   got, name, name);
	if (power != 0 && !s->weighted)
		return rec_err_set(e, REC_EUSAGE,
				   "these are counts of users; %s needs sums of weights d^-%g: "
				   "rec-sim %s --partial",
				   name, power, name);
	if (power != got)
		return rec_err_set(e, REC_EUSAGE,
				   "these are sums of weights d^-%g of users; with these options "
				   "%s needs d^-%g",
				   got, name, power);
	return 0;
}

static int missing(uint64_t got, uint64_t want, struct rec_err *e)
{
	if (got != want)
		return rec_err_set(e, REC_EDATA,
				   "sums of %" PRIu64 " shard%s; the whole has %" PRIu64, got,
				   got == 1 ? "" : "s", want);
	return rec_err_set(e, REC_EDATA,
			   "the digest of the shards together is not that of the whole: other "
			   "data, or one is missing");
}

/*
 * If --partial was given --whole, the metadata say what all shards add up to:
 * check that no shard is missing.
 */
static int check_complete(const struct rec_sums *s, struct rec_err *e)
{
	struct rec_survey whole = { 0 };
	int got = rec_meta_get_u64(&s->meta, "whole.shards", &whole.shards, e);

	if (got <= 0)
		return got;
	if (take_digest(&whole.digest, &s->meta, "whole.", e) != 0)
		return -1;
	if (whole.shards != s->all.shards || !same_digest(&whole.digest, &s->all.digest))
		return missing(s->all.shards, whole.shards, e);
	if (number(&s->meta, "whole.users", &whole.users, e) != 0)
		return -1;
	if (whole.users != s->all.users)
		return rec_err_set(e, REC_EDATA,
				   "metadata: users is %" PRIu64 ", whole.users %" PRIu64
				   ", of the same data; make the sums again",
				   s->all.users, whole.users);
	return 0;
}

int rec_sums_check_whole(const struct rec_survey *whole, const struct rec_sim_opts *o,
			 struct rec_err *e)
{
	if (whole->max_user == o->max_user)
		return 0;
	return whole->max_user ?
		       rec_err_set(e, REC_EUSAGE,
				   "--whole was made with --max-user %" PRIu32 ": give the same",
				   whole->max_user) :
		       rec_err_set(e, REC_EUSAGE, "--whole was made without --max-user");
}

/*
 * Refuse a user who is in two shards. The user would be counted twice, and
 * pairs of the user's items from different shards would be in no sum.
 */
static int check_users(struct rec_sums *s, struct rec_err *e)
{
	uint64_t told = 0, shared;

	for (size_t i = 0; i < s->nusers; i++)
		told += s->users[i].n;
	if (told > s->all.users)
		return rec_err_set(e, REC_EDATA,
				   "keys of %" PRIu64 " users, but the shards have %" PRIu64, told,
				   s->all.users);
	s->untold = s->all.shards > 1 ? s->all.users - told : 0;
	if (rec_users_shared(&shared, s->users, s->nusers, e) != 0)
		return -1;
	if (shared == 0)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "%" PRIu64 " user%s rows in more than one shard; make the shards with "
				      "rec-split --shards N --by user",
			   shared, shared == 1 ? " has" : "s have");
}

int rec_sums_check_meta(struct rec_sums *s, const struct rec_sim_opts *o, struct rec_err *e)
{
	if (s->meta.n == 0)
		return rec_err_set(e, REC_EDATA, "no metadata: not sums of rec-sim --partial");
	if (number(&s->meta, "users", &s->all.users, e) != 0 ||
	    number(&s->meta, "shards", &s->all.shards, e) != 0)
		return -1;
	if (take_digest(&s->all.digest, &s->meta, "", e) != 0 || check_kind(s, o, e) != 0 ||
	    check_thinning(s, o, e) != 0 || check_users(s, e) != 0)
		return -1;
	if (o->whole &&
	    (o->whole->shards != s->all.shards || !same_digest(&o->whole->digest, &s->all.digest) ||
	     o->whole->users != s->all.users))
		return missing(s->all.shards, o->whole->shards, e);
	return check_complete(s, e);
}

/* -- cells -- */

static bool is_count(double x, double least)
{
	return x >= least && x <= UINT32_MAX && x == floor(x);
}

enum { EXACT = 1 << 24 };	/* whole numbers below this are exact in float32 */

/* Returns what is wrong with cell c, or NULL. */
static const char *fault_of(const struct rec_sums *s, const struct rec_sums_piece *p, uint64_t c,
			    bool diagonal)
{
	double users = (double)p->val[c], time = p->time ? p->time[c] : NAN;

	if (diagonal || !s->weighted) {
		if (isnan(time))
			return is_count(users, diagonal ? 0 : 1) && users < EXACT ?
				       NULL :
				       "the value is no number of users below 2^24";
		return is_count(time, diagonal ? 0 : 1) && (double)(float)time == users ?
			       NULL :
			       "the fourth field is not the exact number of users";
	}
	if (isnan(time))
		return "there is no sum of weights in the fourth field";
	if (time < 1 || time > 0x1p53 || time != floor(time))
		return "the fourth field is not a whole number of units up to 2^53";
	return users >= 1 && users == floor(users) ? NULL : "the value is no number of users";
}

struct checking {
	const struct rec_sums *s;
	/*
	 * for each piece: the sum over cells above the diagonal minus the sum
	 * over cells below it
	 */
	uint64_t *skew;
};

static int fault(const struct rec_sums_piece *p, uint32_t r, uint64_t c, const char *what,
		 struct rec_err *e)
{
	size_t ni, nj;
	const char *i = rec_label(&p->row, r, &ni), *j = rec_label(&p->col, p->idx[c], &nj);

	return rec_err_set(e, REC_EDATA, "sums of '%.*s' and '%.*s': %s", REC_LABEL(i, ni),
			   REC_LABEL(j, nj), what);
}

static int check_piece(void *arg, size_t k, unsigned thread, struct rec_err *e)
{
	const struct checking *w = arg;
	const struct rec_sums_piece *p = &w->s->piece[k];
	uint32_t *row;
	uint64_t skew = 0;
	const char *wrong = NULL;

	(void)thread;
	if (rec_labels_map(&row, &p->row, &w->s->item, e) != 0)
		return -1;
	for (uint32_t r = 0; !wrong && r < p->row.n; r++)
		for (uint64_t c = p->ptr[r]; !wrong && c < p->ptr[r + 1]; c++) {
			uint32_t i = row[r], j = p->item[p->idx[c]];
			uint64_t h = rec_mix((uint64_t)(i < j ? i : j) << 32 | (i < j ? j : i)), x;

			wrong = fault_of(w->s, p, c, i == j);
			if (wrong) {
				fault(p, r, c, wrong, e);
				break;
			}
			x = h * (uint64_t)rec_sums_users(w->s, p, c, i == j) +
			    (w->s->weighted && i != j ? rec_mix(h) * (uint64_t)p->time[c] : 0);
			skew += i < j ? x : i > j ? -x : 0;
		}
	w->skew[k] = skew;
	free(row);
	return wrong ? -1 : 0;
}

static int check_symmetry(const struct rec_sums *s, struct rec_pool *pool, struct rec_err *e)
{
	struct checking w = { s, rec_zalloc(s->n, sizeof *w.skew, e) };
	uint64_t skew = 0;
	int rc = w.skew ? rec_pool_run(pool, s->n, check_piece, &w, e) : -1;

	for (size_t k = 0; rc == 0 && k < s->n; k++)
		skew += w.skew[k];
	free(w.skew);
	if (rc == 0 && skew != 0)
		return rec_err_set(e, REC_EDATA,
				   "the sums of (i, j) are not those of (j, i): some are missing");
	return rc;
}

/*
 * Number of users of an item, from the cells on the diagonal. *others counts
 * the item's other cells.
 */
static double pairs_of(const struct rec_sums *s, uint32_t item, uint64_t *others)
{
	double users = 0;

	for (uint64_t k = s->first[item]; k < s->first[item + 1]; k++) {
		const struct rec_sums_piece *p = &s->piece[s->place[k].piece];
		uint32_t r = s->place[k].row;

		*others += p->ptr[r + 1] - p->ptr[r];
		for (uint64_t c = p->ptr[r]; c < p->ptr[r + 1] && p->item[p->idx[c]] <= item; c++)
			if (p->item[p->idx[c]] == item) {
				users += rec_sums_users(s, p, c, true);
				--*others;
			}
	}
	return users;
}

static int count_pairs(struct rec_sums *s, struct rec_err *e)
{
	const char *kind = rec_meta_get(&s->meta, "sums");
	bool single = kind && strcmp(kind, "items") == 0;

	s->pairs = rec_zalloc((size_t)s->item.n + 1, sizeof *s->pairs, e);
	for (uint32_t i = 0; s->pairs && i < s->item.n; i++) {
		uint64_t others = 0;
		double users = pairs_of(s, i, &others);
		size_t len;
		const char *label = rec_label(&s->item, i, &len);

		if (single && others > 0)
			return rec_err_set(e, REC_EDATA,
					   "metadata say sums of single items, but there is one of "
					   "'%.*s' and another; make them again",
					   REC_LABEL(label, len));
		if (users > (double)s->all.users || (users == 0 && others > 0))
			return rec_err_set(e, REC_EDATA,
					   "item '%.*s' has %.0f users of %" PRIu64
					   ", by the sum of it and itself",
					   REC_LABEL(label, len), users, s->all.users);
		s->pairs[i + 1] = s->pairs[i] + (uint64_t)users;
	}
	return s->pairs ? 0 : -1;
}

int rec_sums_check_cells(struct rec_sums *s, const struct rec_sim_opts *o, struct rec_pool *pool,
			 struct rec_err *e)
{
	if (s->all.users > UINT32_MAX)
		return rec_err_set(e, REC_EDATA, "more than %" PRIu32 " users", UINT32_MAX);
	if (s->meta.n == 0)
		s->unit = ldexp(1, -rec_survey_scale(o->whole, rec_linear_user_power(o)));
	s->limit = s->unit * 0x1p53;
	if (s->weighted && o->min_support > EXACT)
		return rec_err_set(e, REC_EUSAGE, "--min-support goes up to %d here", EXACT);
	s->over = rec_alloc(1, sizeof *s->over, e);
	if (!s->over || check_symmetry(s, pool, e) != 0 || count_pairs(s, e) != 0)
		return -1;
	atomic_init(s->over, REC_NONE);
	if (s->pairs[s->item.n] > s->all.digest.cells)
		return rec_err_set(e, REC_EDATA,
				   "sums of %" PRIu64 " pairs of user and item, but only %" PRIu64
				   " rows were read; make them again",
				   s->pairs[s->item.n], s->all.digest.cells);
	if (o->whole && s->pairs[s->item.n] != o->whole->pairs)
		return rec_err_set(e, REC_EDATA,
				   "sums of %" PRIu64
				   " pairs of user and item; the whole has %" PRIu64
				   ": some are missing, or appear twice",
				   s->pairs[s->item.n], o->whole->pairs);
	return 0;
}

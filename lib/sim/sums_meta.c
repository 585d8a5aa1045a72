/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_meta.c - checks by metadata and keys that sums are compatible with
 * each other and with the method, and that no shard or user is there twice.
 */
#include "sim/sums_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/digest.h"
#include "sim/linear.h"
#include "sim/users.h"

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

/*
 * Sums of two groups are of the same shards, which is no fault: it is better
 * told by its name.
 */
static int same_group(const struct rec_sums *s, const struct rec_meta *m, struct rec_err *e)
{
	const char *a = rec_meta_get(&s->meta, "group"), *b = rec_meta_get(m, "group");

	if (s->meta.n == 0 || (!a && !b) || (a && b && strcmp(a, b) == 0))
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "sums of %s%s and of %s%s: merge each group on its own, and join the "
			   "models with rec-cat --merge -b",
			   a ? "group " : "all items", a ? a : "", b ? "group " : "all items",
			   b ? b : "");
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
		rc = same_group(s, &m, e) == 0 ? note_shard(seen, &m, e) : -1;
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

static int take_group(struct rec_sums *s, struct rec_err *e)
{
	int got;

	s->groups = 1;
	if (!rec_meta_get(&s->meta, "group"))
		return 0;
	got = rec_meta_get_u64(&s->meta, "groups", &s->groups, e);
	if (got < 0 || number(&s->meta, "group", &s->group, e) != 0)
		return -1;
	if (s->groups > UINT32_MAX || s->group >= s->groups)
		return rec_err_set(e, REC_EDATA, "metadata: no group %" PRIu64 " of %" PRIu64,
				   s->group, s->groups);
	return 0;
}

/* Check that the model can be made of the sums of a group, if these are. */
static int check_group(const struct rec_sums *s, const struct rec_sim_opts *o, struct rec_err *e)
{
	const char *what = NULL;

	if (s->groups == 1)
		return 0;
	if (o->parts > 1)
		what = o->columns ? "--columns" : "--part";
	else if (o->center && o->keep_history)
		what = "--center with --keep history";
	else if (o->method->takes & REC_SIM_REG)
		what = o->method->name;
	if (!what)
		return 0;
	return rec_err_set(e, REC_EUSAGE,
			   "%s needs the sums of all items; these are of group %" PRIu64
			   " of %" PRIu64,
			   what, s->group, s->groups);
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
	/* a group tells some of them, and the others tell the rest */
	s->untold = s->all.shards > 1 && s->groups == 1 ? s->all.users - told : 0;
	if (rec_users_shared(&shared, s->users, s->nusers, e) != 0)
		return -1;
	if (shared == 0)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "%s%" PRIu64 " user%s rows in more than one shard; make the shards with "
			   "rec-split --shards N --by user",
			   s->groups > 1 ? "at least " : "", shared,
			   shared == 1 ? " has" : "s have");
}

int rec_sums_check_meta(struct rec_sums *s, const struct rec_sim_opts *o, bool some,
			struct rec_err *e)
{
	if (s->meta.n == 0)
		return rec_err_set(e, REC_EDATA, "no metadata: not sums of rec-sim --partial");
	if (number(&s->meta, "users", &s->all.users, e) != 0 ||
	    number(&s->meta, "shards", &s->all.shards, e) != 0)
		return -1;
	if (take_digest(&s->all.digest, &s->meta, "", e) != 0 || check_kind(s, o, e) != 0 ||
	    check_thinning(s, o, e) != 0 || take_group(s, e) != 0 ||
	    (!some && check_group(s, o, e) != 0) || check_users(s, e) != 0)
		return -1;
	if (some)
		return 0;
	if (o->whole &&
	    (o->whole->shards != s->all.shards || !same_digest(&o->whole->digest, &s->all.digest) ||
	     o->whole->users != s->all.users))
		return missing(s->all.shards, o->whole->shards, e);
	return check_complete(s, e);
}

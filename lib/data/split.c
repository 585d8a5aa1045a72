/* SPDX-License-Identifier: MIT */
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/mem.h"
#include "base/random.h"
#include "io/num.h"
#include "recpipe/matrix.h"

int rec_given_parse(struct rec_given *g, const char *s)
{
	static const char all_but[] = "all-but-";
	uint64_t n;

	*g = (struct rec_given){ 0 };
	if (strncmp(s, all_but, sizeof all_but - 1) == 0) {
		g->kind = REC_GIVEN_ALL_BUT;
		s += sizeof all_but - 1;
	} else if (rec_num_u64(s, strlen(s), &n) == REC_NUM_OK) {
		g->kind = REC_GIVEN_COUNT;
	} else {
		g->kind = REC_GIVEN_SHARE;
		return rec_num_f64(s, strlen(s), &g->share) == REC_NUM_OK && g->share > 0 &&
				       g->share < 1 ?
			       0 :
			       -1;
	}
	if (rec_num_u64(s, strlen(s), &n) != REC_NUM_OK || n < 1 || n > UINT32_MAX)
		return -1;
	g->count = (uint32_t)n;
	return 0;
}

static uint64_t key_of(uint64_t seed, const char *method, double argument)
{
	char purpose[64], num[REC_NUM_MAX];

	snprintf(purpose, sizeof purpose, "%s %.*s", method, (int)rec_num_put_f64(num, argument),
		 num);
	return rec_key(seed, purpose);
}

void rec_split_prepare(struct rec_split *s)
{
	static const char *const name[] = { "none",	  "ratio", "leave", "last",
					    "last-ratio", "after", "folds", "user-ratio" };
	double argument = s->ratio;

	if (s->method == REC_SPLIT_LEAVE || s->method == REC_SPLIT_LAST ||
	    s->method == REC_SPLIT_FOLDS)
		argument = s->count;
	s->key = key_of(s->seed, name[s->method], argument);
	s->valid_key = key_of(s->seed, "valid-ratio", s->valid_ratio);
}

bool rec_split_by_row(const struct rec_split *s)
{
	if (s->warm_user || s->warm_item)
		return false;
	switch (s->method) {
	case REC_SPLIT_NONE: case REC_SPLIT_RATIO: case REC_SPLIT_FOLDS: case REC_SPLIT_USERS:
		return true;
	case REC_SPLIT_AFTER:
		return s->keep_repeats;
	default:
		return false;
	}
}

static enum rec_side side_of_user(const struct rec_split *s, const char *user, size_t len)
{
	double x = rec_unit(rec_mix(rec_hash(user, len, s->key)));

	if (x < s->ratio)
		return REC_TEST;
	return x < s->ratio + s->valid_users ? REC_VALID : REC_TRAIN;
}

static enum rec_side train_or_valid(const struct rec_split *s, const struct rec_row *r)
{
	if (s->valid_ratio > 0 && rec_unit(rec_hash_pair(s->valid_key, r->row, r->row_len, r->col,
							 r->col_len)) < s->valid_ratio)
		return REC_VALID;
	return REC_TRAIN;
}

static bool is_test(const struct rec_split *s, const struct rec_row *r)
{
	uint64_t h;

	if (s->method == REC_SPLIT_AFTER)
		return r->time >= s->after;
	if (s->method == REC_SPLIT_NONE)
		return false;
	h = rec_hash_pair(s->key, r->row, r->row_len, r->col, r->col_len);
	return s->method == REC_SPLIT_RATIO ? rec_unit(h) < s->ratio :
					      rec_below(h, s->count) == s->fold - 1;
}

enum rec_side rec_split_row(const struct rec_split *s, const struct rec_row *r)
{
	if (s->method == REC_SPLIT_USERS) {
		enum rec_side side = side_of_user(s, r->row, r->row_len);

		return side == REC_TRAIN ? train_or_valid(s, r) : side;
	}
	return is_test(s, r) ? REC_TEST : train_or_valid(s, r);
}

/* One pair of a user: its cells lie side by side. */
struct pair {
	uint64_t hash, first, end;
	double time;	/* latest */
	uint32_t col;
};

static int by_hash(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

static int by_time_latest_first(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->time != b->time)
		return a->time > b->time ? -1 : 1;
	return by_hash(x, y);
}

struct work {
	const struct rec_split *s;
	const struct rec_sparse *m;
	unsigned char *side;
	struct rec_split_counts *c;
	struct pair *pair;	/* room for the longest row */
};

static int missing_time(const struct rec_sparse *m, uint32_t u, uint32_t col, struct rec_err *e)
{
	size_t nu, ni;
	const char *user = rec_label(&m->row, u, &nu), *item = rec_label(&m->col, col, &ni);

	return rec_err_set(e, REC_EDATA,
			   "'%.*s' '%.*s': a split by time needs a time on every row (a fourth "
			   "field; --ratio and --leave need none)",
			   REC_LABEL(user, nu), REC_LABEL(item, ni));
}

static bool by_time(const struct rec_split *s)
{
	return s->method == REC_SPLIT_LAST || s->method == REC_SPLIT_LAST_RATIO ||
	       s->method == REC_SPLIT_AFTER;
}

/* The pairs of user u into w->pair; -1 where a time is missing. */
static int pairs_of(struct work *w, uint32_t u, uint32_t *n, struct rec_err *e)
{
	const struct rec_csr *m = &w->m->m;
	size_t nu, ni;
	const char *user = rec_label(&w->m->row, u, &nu), *item;

	*n = 0;
	for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++) {
		double t = m->time ? m->time[i] : (double)NAN;
		struct pair *p;

		if (by_time(w->s) && t != t)
			return missing_time(w->m, u, m->col[i], e);
		if (*n > 0 && w->pair[*n - 1].col == m->col[i]) {
			p = &w->pair[*n - 1];
			p->end = i + 1;
			if (t > p->time)
				p->time = t;
			continue;
		}
		p = &w->pair[(*n)++];
		*p = (struct pair){ 0, i, i + 1, t, m->col[i] };
		item = rec_label(&w->m->col, m->col[i], &ni);
		p->hash = rec_hash_pair(w->s->key, user, nu, item, ni);
	}
	return 0;
}

static void put(struct work *w, const struct pair *p, enum rec_side side)
{
	memset(w->side + p->first, side, p->end - p->first);
}

/*
 * The first k pairs in the order of the method are test; users that have no
 * more than k stay.
 */
static void hold_out_first(struct work *w, uint32_t n, uint32_t k)
{
	if (k == 0 || n <= k) {
		w->c->users_short++;
		k = 0;
	}
	for (uint32_t i = 0; i < n; i++)
		put(w, &w->pair[i], i < k ? REC_TEST : REC_TRAIN);
}

/*
 * Rows, not pairs, lie before or after the cut; drop_repeats looks at pairs
 * that do both.
 */
static void hold_out_after(struct work *w, uint32_t u)
{
	const struct rec_csr *m = &w->m->m;

	for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
		w->side[i] = m->time[i] >= w->s->after ? REC_TEST : REC_TRAIN;
}

static uint32_t given_of(const struct rec_given *g, uint32_t n)
{
	switch (g->kind) {
	case REC_GIVEN_SHARE: {
		uint32_t k = (uint32_t)ceil(g->share * n - 1e-9);

		return k < 1 ? 1 : k < n ? k : n - 1;
	}
	case REC_GIVEN_COUNT:
		return g->count;
	case REC_GIVEN_ALL_BUT:
		return g->count < n ? n - g->count : 0;
	default:
		return 0;
	}
}

/*
 * A held-out user: the given pairs to input, the others to test or valid; with
 * too few of them, nowhere.
 */
static void part_user(struct work *w, uint32_t u, uint32_t n, enum rec_side side)
{
	uint32_t given = n > 1 ? given_of(&w->s->given, n) : 0;

	if (w->s->given.kind == REC_GIVEN_NONE) {
		memset(w->side + w->m->m.ptr[u], side, w->m->m.ptr[u + 1] - w->m->m.ptr[u]);
		return;
	}
	if (given < 1 || given >= n) {
		w->c->users_short++;
		w->c->rows_left_out += w->m->m.ptr[u + 1] - w->m->m.ptr[u];
		side = REC_DROPPED;
	}
	for (uint32_t i = 0; i < n; i++)
		put(w, &w->pair[i], side != REC_DROPPED && i < given ? REC_INPUT : side);
}

static void row_of(const struct rec_sparse *m, uint32_t u, uint64_t i, struct rec_row *r)
{
	size_t nu, ni;

	*r = (struct rec_row){ .value = m->m.val[i],
			       .time = m->m.time ? m->m.time[i] : (double)NAN };
	r->row = rec_label(&m->row, u, &nu);
	r->col = rec_label(&m->col, m->m.col[i], &ni);
	r->row_len = (uint32_t)nu;
	r->col_len = (uint32_t)ni;
}

static void each_row(struct work *w, uint32_t u)
{
	struct rec_row r;

	for (uint64_t i = w->m->m.ptr[u]; i < w->m->m.ptr[u + 1]; i++) {
		row_of(w->m, u, i, &r);
		w->side[i] = (unsigned char)rec_split_row(w->s, &r);
	}
}

/* What a method left for train may go to valid. */
static void draw_valid(struct work *w, uint32_t u)
{
	struct rec_row r;

	for (uint64_t i = w->m->m.ptr[u]; w->s->valid_ratio > 0 && i < w->m->m.ptr[u + 1]; i++)
		if (w->side[i] == REC_TRAIN) {
			row_of(w->m, u, i, &r);
			w->side[i] = (unsigned char)train_or_valid(w->s, &r);
		}
}

static int split_user(struct work *w, uint32_t u, struct rec_err *e)
{
	const struct rec_split *s = w->s;
	size_t len;
	const char *user = rec_label(&w->m->row, u, &len);
	uint32_t n;

	if (s->method == REC_SPLIT_USERS && side_of_user(s, user, len) == REC_TRAIN) {
		each_row(w, u);
		return 0;
	}
	if (s->method == REC_SPLIT_RATIO || s->method == REC_SPLIT_FOLDS ||
	    s->method == REC_SPLIT_NONE) {
		each_row(w, u);
		return 0;
	}
	if (pairs_of(w, u, &n, e) != 0)
		return -1;
	if (s->method == REC_SPLIT_USERS) {
		qsort(w->pair, n, sizeof *w->pair, by_hash);
		part_user(w, u, n, side_of_user(s, user, len));
		return 0;
	}
	if (s->method == REC_SPLIT_AFTER) {
		hold_out_after(w, u);
	} else {
		qsort(w->pair, n, sizeof *w->pair,
		      s->method == REC_SPLIT_LEAVE ? by_hash : by_time_latest_first);
		hold_out_first(w, n,
			       s->method == REC_SPLIT_LAST_RATIO ? (uint32_t)(s->ratio * n + 1e-9) :
								   s->count);
	}
	draw_valid(w, u);
	return 0;
}

/*
 * Test rows of a pair that also stands in train (or valid) before the cut are
 * dropped.
 */
static void drop_repeats(struct work *w, uint32_t u)
{
	const struct rec_csr *m = &w->m->m;

	for (uint64_t i = m->ptr[u], end; i < m->ptr[u + 1]; i = end) {
		bool in_train = false;

		for (end = i; end < m->ptr[u + 1] && m->col[end] == m->col[i]; end++)
			in_train |= w->side[end] == REC_TRAIN || w->side[end] == REC_VALID;
		for (uint64_t j = i; in_train && j < end; j++)
			if (w->side[j] == REC_TEST) {
				w->side[j] = REC_DROPPED;
				w->c->repeats_dropped++;
			}
	}
}

static void drop_cold(struct work *w, const unsigned char *user_seen,
		      const unsigned char *item_seen)
{
	const struct rec_csr *m = &w->m->m;

	for (uint32_t u = 0; u < m->nrows; u++)
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++) {
			bool held = w->side[i] == REC_TEST || w->side[i] == REC_VALID ||
				    w->side[i] == REC_INPUT;

			if (held && ((w->s->warm_user && !user_seen[u]) ||
				     (w->s->warm_item && !item_seen[m->col[i]]))) {
				w->side[i] = REC_DROPPED;
				w->c->cold_dropped++;
			}
		}
}

static int keep_warm(struct work *w, struct rec_err *e)
{
	const struct rec_csr *m = &w->m->m;
	unsigned char *user_seen, *item_seen;
	int rc = -1;

	if (!w->s->warm_user && !w->s->warm_item)
		return 0;
	user_seen = rec_zalloc(m->nrows, 1, e);
	item_seen = rec_zalloc(m->ncols, 1, e);
	if (user_seen && item_seen) {
		for (uint32_t u = 0; u < m->nrows; u++)
			for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
				if (w->side[i] == REC_TRAIN)
					user_seen[u] = item_seen[m->col[i]] = 1;
		drop_cold(w, user_seen, item_seen);
		rc = 0;
	}
	free(user_seen);
	free(item_seen);
	return rc;
}

int rec_split_assign(unsigned char *side, struct rec_split_counts *c, const struct rec_split *s,
		     const struct rec_sparse *m, struct rec_err *e)
{
	struct work w = { s, m, side, c, NULL };
	int rc = 0;

	*c = (struct rec_split_counts){ 0 };
	w.pair = rec_alloc(rec_csr_longest(m->m.ptr, m->m.nrows), sizeof *w.pair, e);
	if (!w.pair)
		return -1;
	for (uint32_t u = 0; rc == 0 && u < m->m.nrows; u++) {
		rc = split_user(&w, u, e);
		if (rc == 0 && by_time(s) && !s->keep_repeats)
			drop_repeats(&w, u);
	}
	if (rc == 0)
		rc = keep_warm(&w, e);
	for (uint64_t i = 0; rc == 0 && i < m->m.nnz; i++)
		c->rows[side[i]]++;
	free(w.pair);
	return rc;
}

int rec_split_take(struct rec_sparse *out, const struct rec_sparse *m, const unsigned char *side,
		   enum rec_side which, struct rec_pool *pool, struct rec_err *e)
{
	uint64_t n = 0;
	struct rec_cell *cell;
	int rc;

	for (uint64_t i = 0; i < m->m.nnz; i++)
		n += side[i] == which;
	cell = rec_alloc(n, sizeof *cell, e);
	if (!cell)
		return -1;
	n = 0;
	for (uint32_t u = 0; u < m->m.nrows; u++)
		for (uint64_t i = m->m.ptr[u]; i < m->m.ptr[u + 1]; i++)
			if (side[i] == which)
				cell[n++] = (struct rec_cell){ u, m->m.col[i], m->m.val[i],
							       m->m.time ? m->m.time[i] :
									   (double)NAN };
	rc = rec_sparse_build(out, &(struct rec_cell_array){ &m->row, &m->col, cell, n },
			      REC_REPEATS_KEEP, m->m.time != NULL, pool, e);
	free(cell);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "model/generate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"

/* Steepness of taste, and how far an item has to be liked before it is taken half of the time. */
#define STRENGTH 6.0
#define OFFSET 8.0

struct alias {
	double keep;
	uint32_t other;
};

struct rec_gen {
	struct rec_gen_opts o;
	uint64_t key_users, key_draws;
	uint32_t *by_rank;	/* items in order of popularity */
	struct alias *alias;	/* over ranks (Walker 1977, Vose 1991) */
	float *q;		/* items x dim */
	float *bias;
	double total;		/* sum of exp(z_u) */
	uint64_t next_user, left;	/* of rec_gen_counts */
	double cum;		/* share given so far */
};

struct rec_gen_scratch {
	uint64_t *taken;	/* 1 + user that took the item last */
	double *p;
};

struct order {
	uint64_t hash;
	uint32_t item;
};

static int by_hash(const void *x, const void *y)
{
	const struct order *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

static int scatter_ranks(struct rec_gen *g, struct rec_err *e)
{
	struct order *order = rec_alloc(g->o.items, sizeof *order, e);
	uint64_t key = rec_key(g->o.seed, "item ranks");

	g->by_rank = rec_alloc(g->o.items, sizeof *g->by_rank, e);
	if (!order || !g->by_rank) {
		free(order);
		return -1;
	}
	for (uint32_t i = 0; i < g->o.items; i++)
		order[i] = (struct order){ rec_random(key, i), i };
	qsort(order, g->o.items, sizeof *order, by_hash);
	for (uint32_t r = 0; r < g->o.items; r++)
		g->by_rank[r] = order[r].item;
	free(order);
	return 0;
}

/* Two work lists in one array: small ones from the front, large ones from the back. */
static void fill_alias(struct alias *a, double *w, uint32_t *list, uint32_t n)
{
	uint32_t small = 0, large = n;

	for (uint32_t i = 0; i < n; i++)
		list[w[i] < 1 ? small++ : --large] = i;
	for (uint32_t i = 0; i < n; i++)
		a[i] = (struct alias){ 1, i };
	while (small > 0 && large < n) {
		uint32_t s = list[--small], l = list[large];

		a[s] = (struct alias){ w[s], l };
		w[l] -= 1 - w[s];
		if (w[l] < 1) {
			large++;
			list[small++] = l;
		}
	}
}

static int popularity(struct rec_gen *g, struct rec_err *e)
{
	uint32_t n = g->o.items;
	double *w = rec_alloc(n, sizeof *w, e), sum = 0;
	uint32_t *list = rec_alloc(n, sizeof *list, e);

	g->alias = rec_alloc(n, sizeof *g->alias, e);
	if (w && list && g->alias) {
		for (uint32_t r = 0; r < n; r++)
			sum += w[r] = rec_pow(r + 1.0, -g->o.skew);
		for (uint32_t r = 0; r < n; r++)
			w[r] *= n / sum;
		fill_alias(g->alias, w, list, n);
	}
	free(w);
	free(list);
	return w && list && g->alias ? 0 : -1;
}

static int tastes(struct rec_gen *g, struct rec_err *e)
{
	uint64_t key = rec_key(g->o.seed, "item tastes"), bias_key = rec_key(g->o.seed, "item biases"), cells = (uint64_t)g->o.items * g->o.dim;
	double scale = 1 / sqrt(sqrt(g->o.dim ? g->o.dim : 1));

	g->q = rec_alloc(cells, sizeof *g->q, e);
	g->bias = rec_alloc(g->o.items, sizeof *g->bias, e);
	if (!g->q || !g->bias)
		return -1;
	for (uint64_t c = 0; c < cells; c++)
		g->q[c] = (float)(scale * rec_normal(rec_random(key, c)));
	for (uint32_t i = 0; i < g->o.items; i++)
		g->bias[i] = (float)rec_normal(rec_random(bias_key, i));
	return 0;
}

static double share_of(const struct rec_gen *g, uint64_t u)
{
	return rec_exp(rec_normal(rec_random(g->key_users, u)));
}

int rec_gen_new(struct rec_gen **out, const struct rec_gen_opts *o, struct rec_err *e)
{
	struct rec_gen *g;

	*out = NULL;
	if ((double)o->rows > (double)o->users * o->items)
		return rec_err_set(e, REC_EDATA, "%llu rows are more than %llu users x %u items", (unsigned long long)o->rows, (unsigned long long)o->users,
				   o->items);
	g = rec_zalloc(1, sizeof *g, e);
	if (!g)
		return -1;
	g->o = *o;
	g->left = o->rows;
	g->key_users = rec_key(o->seed, "users");
	g->key_draws = rec_key(o->seed, "draws");
	if (scatter_ranks(g, e) != 0 || popularity(g, e) != 0 || tastes(g, e) != 0) {
		rec_gen_free(g);
		return -1;
	}
	for (uint64_t u = 0; u < o->users; u++)
		g->total += share_of(g, u);
	*out = g;
	return 0;
}

void rec_gen_free(struct rec_gen *g)
{
	if (!g)
		return;
	free(g->by_rank);
	free(g->alias);
	free(g->q);
	free(g->bias);
	free(g);
}

/*
 * User u gets what its share moves the running total past, plus one row where there are enough for all; never more than all items, never so few that
 * the users behind it could not take the rest.
 */
void rec_gen_counts(struct rec_gen *g, uint32_t *n, uint64_t count)
{
	bool one_each = g->o.rows >= g->o.users;
	uint64_t spread = one_each ? g->o.rows - g->o.users : g->o.rows;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t u = g->next_user++, behind = g->o.users - u - 1, given = g->o.rows - g->left, want, least;
		double target;

		g->cum += share_of(g, u);
		target = (double)spread * (g->cum / g->total);
		want = (behind ? (uint64_t)target : spread) + (one_each ? u + 1 : 0);
		want = want > given ? want - given : 0;
		if (one_each && want < 1)
			want = 1;
		least = g->left > behind * g->o.items ? g->left - behind * g->o.items : 0;
		if (want < least)
			want = least;
		if (want > g->o.items)
			want = g->o.items;
		if (one_each && want > g->left - behind)
			want = g->left - behind;
		n[i] = (uint32_t)(want < g->left ? want : g->left);
		g->left -= n[i];
	}
}

int rec_gen_scratch_new(struct rec_gen_scratch **out, const struct rec_gen *g, struct rec_err *e)
{
	struct rec_gen_scratch *s = rec_zalloc(1, sizeof *s, e);

	*out = s;
	if (!s)
		return -1;
	s->taken = rec_zalloc(g->o.items, sizeof *s->taken, e);
	s->p = rec_alloc(g->o.dim, sizeof *s->p, e);
	if (s->taken && s->p)
		return 0;
	rec_gen_scratch_free(s);
	*out = NULL;
	return -1;
}

void rec_gen_scratch_free(struct rec_gen_scratch *s)
{
	if (!s)
		return;
	free(s->taken);
	free(s->p);
	free(s);
}

static double affinity(const struct rec_gen *g, const double *p, uint32_t item)
{
	const float *q = g->q + (uint64_t)item * g->o.dim;
	double sum = 0;

	for (uint32_t d = 0; d < g->o.dim; d++)
		sum += p[d] * q[d];
	return sum;
}

/* An item by popularity. */
static uint32_t by_popularity(const struct rec_gen *g, uint64_t key, uint64_t draw)
{
	uint32_t rank = (uint32_t)rec_below(rec_random(key, 3 * draw), g->o.items);

	if (rec_unit(rec_random(key, 3 * draw + 1)) >= g->alias[rank].keep)
		rank = g->alias[rank].other;
	return g->by_rank[rank];
}

/* Whether taste takes it. */
static bool taken_by_taste(const struct rec_gen *g, const double *p, uint32_t item, uint64_t key, uint64_t draw)
{
	return rec_unit(rec_random(key, 3 * draw + 2)) * (1 + rec_exp(OFFSET - STRENGTH * affinity(g, p, item))) < 1;
}

static void values(const struct rec_gen *g, const double *p, uint64_t key, uint32_t n, struct rec_gen_row *row)
{
	double user_bias = rec_normal(rec_random(key, 0));

	for (uint32_t j = 0; j < n; j++) {
		double x = 3.5 + 0.5 * user_bias + 0.5 * g->bias[row[j].item] + 0.7 * affinity(g, p, row[j].item) +
			   g->o.noise * rec_normal(rec_random(key, 1 + j));
		double half = floor(2 * x + 0.5) / 2;

		row[j].value = (float)(half < 0.5 ? 0.5 : half > 5 ? 5 : half);
	}
}

static void times(uint64_t key, uint32_t n, struct rec_gen_row *row)
{
	double t = 1600000000 + floor(rec_unit(rec_random(key, 0)) * 86400000);

	for (uint32_t j = 0; j < n; j++) {
		row[j].time = t;
		t += 1 + floor(-21600 * rec_log(rec_unit(rec_random(key, 1 + j))));
	}
}

void rec_gen_user(const struct rec_gen *g, struct rec_gen_scratch *s, uint64_t u, uint32_t n, struct rec_gen_row *row)
{
	uint64_t key = rec_mix2(g->key_draws, u), draws = rec_mix2(key, 2), tries = 64 + 256 * (uint64_t)n;
	double scale = 1 / sqrt(sqrt(g->o.dim ? g->o.dim : 1));
	uint32_t got = 0;

	for (uint32_t d = 0; d < g->o.dim; d++)
		s->p[d] = scale * rec_normal(rec_random(rec_mix2(key, 1), d));
	for (uint64_t draw = 0; got < n && draw < tries; draw++) {
		bool noise = g->o.dim == 0 || rec_unit(rec_random(rec_mix2(key, 5), got)) < g->o.noise;
		uint32_t item = by_popularity(g, draws, draw);

		if (s->taken[item] == u + 1 || (!noise && !taken_by_taste(g, s->p, item, draws, draw)))
			continue;
		s->taken[item] = u + 1;
		row[got++] = (struct rec_gen_row){ item, 1, 0 };
	}
	for (uint32_t r = 0; got < n; r++)	/* a user that wants nearly everything takes the rest by popularity */
		if (s->taken[g->by_rank[r]] != u + 1) {
			s->taken[g->by_rank[r]] = u + 1;
			row[got++] = (struct rec_gen_row){ g->by_rank[r], 1, 0 };
		}
	if (g->o.explicit_values)
		values(g, s->p, rec_mix2(key, 3), n, row);
	if (g->o.times)
		times(rec_mix2(key, 4), n, row);
}

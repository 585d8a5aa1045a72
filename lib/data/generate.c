/* SPDX-License-Identifier: MIT */
#include "data/generate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"

/*
 * Steepness of taste, and how far an item has to be liked before it is taken
 * half of the time.
 */
#define STRENGTH 6.0
#define OFFSET 8.0

enum {
	LANES = 4,	/* partial sums of p.q, over components 4n, 4n + 1, ... */
	/*
	 * candidates drawn before they are looked at, so that memory is not
	 * waited for
	 */
	AHEAD = 16,
};

/*
 * A draw of rank r is item self with probability keep / 2^32, else item other.
 */
struct alias {
	uint32_t keep, self, other;
};

struct rec_gen {
	struct rec_gen_opts o;
	uint64_t key_users, key_draws;
	uint32_t *by_rank;	/* items in order of popularity */
	struct alias *alias;	/* over ranks (Walker 1977, Vose 1991) */
	float *q;		/* items x width */
	uint32_t width;		/* dim, rounded up to lanes; the rest is 0 */
	float *bias;
	double total;		/* sum of exp(z_u) */
	uint64_t next_user, left;	/* of rec_gen_counts */
	double cum;		/* share given so far */
};

struct rec_gen_scratch {
	uint64_t *taken;	/* 1 + user that took the item last */
	float *p;
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

/*
 * The table holds items where the work lists hold ranks. A probability of 1 is
 * one that stays with its own item.
 */
static void put_alias(const struct rec_gen *g, uint32_t rank, double keep, uint32_t other)
{
	double scaled = floor(keep * 0x1p32);

	g->alias[rank] = (struct alias){ scaled < 4294967295.0 ? (uint32_t)scaled : UINT32_MAX,
					 g->by_rank[rank], g->by_rank[other] };
}

/*
 * Two work lists in one array: small ones from the front, large ones from the
 * back.
 */
static void fill_alias(const struct rec_gen *g, double *w, uint32_t *list, uint32_t n)
{
	uint32_t small = 0, large = n;

	for (uint32_t i = 0; i < n; i++)
		list[w[i] < 1 ? small++ : --large] = i;
	for (uint32_t i = 0; i < n; i++)
		put_alias(g, i, 1, i);
	while (small > 0 && large < n) {
		uint32_t s = list[--small], l = list[large];

		put_alias(g, s, w[s], l);
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
		fill_alias(g, w, list, n);
	}
	free(w);
	free(list);
	return w && list && g->alias ? 0 : -1;
}

static int tastes(struct rec_gen *g, struct rec_err *e)
{
	uint64_t key = rec_key(g->o.seed, "item tastes"),
		 bias_key = rec_key(g->o.seed, "item biases");
	double scale = 1 / sqrt(sqrt(g->o.dim ? g->o.dim : 1));

	g->width = (g->o.dim + LANES - 1) / LANES * LANES;
	g->q = rec_zalloc((uint64_t)g->o.items * g->width, sizeof *g->q, e);
	g->bias = rec_alloc(g->o.items, sizeof *g->bias, e);
	if (!g->q || !g->bias)
		return -1;
	for (uint32_t i = 0; i < g->o.items; i++)
		for (uint32_t d = 0; d < g->o.dim; d++)
			g->q[(uint64_t)i * g->width + d] =
				(float)(scale *
					rec_normal(rec_random(key, (uint64_t)i * g->o.dim + d)));
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
		return rec_err_set(e, REC_EDATA,
				   "--rows %llu is more than %llu user%s x %u item%s; give fewer "
				   "rows, or more items",
				   (unsigned long long)o->rows, (unsigned long long)o->users,
				   REC_S(o->users), o->items, REC_S(o->items));
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
 * User u gets what its share moves the running total past, plus one row where
 * there are enough for all; never more than all items, never so few that the
 * users after it could not take the rest.
 */
void rec_gen_counts(struct rec_gen *g, uint32_t *n, uint64_t count)
{
	bool one_each = g->o.rows >= g->o.users;
	uint64_t spread = one_each ? g->o.rows - g->o.users : g->o.rows;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t u = g->next_user++, behind = g->o.users - u - 1,
			 given = g->o.rows - g->left, want, least;
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
	s->p = rec_zalloc(g->width, sizeof *s->p, e);
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

static double affinity(const struct rec_gen *g, const float *p, uint32_t item)
{
	const float *q = g->q + (size_t)item * g->width, *end = q + g->width;
	float a = 0, b = 0, c = 0, d = 0;

	for (; q < end; p += LANES, q += LANES) {
		a += p[0] * q[0];
		b += p[1] * q[1];
		c += p[2] * q[2];
		d += p[3] * q[3];
	}
	return (a + c) + (b + d);
}

/*
 * An item by popularity. The rank takes the upper part of the draw; what is
 * left over says which of its two items. Its vector will be wanted.
 */
static uint32_t by_popularity(const struct rec_gen *g, uint64_t draw)
{
	unsigned __int128 product = (unsigned __int128)draw * g->o.items;
	const struct alias *a = &g->alias[(uint32_t)(product >> 64)];
	uint32_t item = (uint32_t)(product >> 32) < a->keep ? a->self : a->other;

	__builtin_prefetch(g->q + (size_t)item * g->width);
	return item;
}

/*
 * Whether taste takes it, with probability 1 / (1 + e^x). Few are taken, and of
 * the others nearly all are refused without an exponential: for x > 0, e^x > (1
 * + x/8)^8.
 */
static bool taken_by_taste(const struct rec_gen *g, const float *p, uint32_t item, uint64_t draw)
{
	double unit = rec_unit(draw), x = OFFSET - STRENGTH * affinity(g, p, item),
	       below = 1 + 0.125 * x;

	below *= below;
	below *= below;
	below *= below;
	if (x > 0 && unit * (1 + below) >= 1)
		return false;
	return unit * (1 + rec_exp(x)) < 1;
}

static void values(const struct rec_gen *g, const float *p, uint64_t key, uint32_t n,
		   struct rec_gen_row *row)
{
	double user_bias = rec_normal(rec_random(key, 0));

	for (uint32_t j = 0; j < n; j++) {
		double x = 3.5 + 0.5 * user_bias + 0.5 * g->bias[row[j].item] +
			   0.7 * affinity(g, p, row[j].item) +
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

/*
 * Rows by taste and noise until there are n or tries run out; returns how many.
 */
static uint32_t choose(const struct rec_gen *g, struct rec_gen_scratch *s, uint64_t u, uint64_t key,
		       uint32_t n, struct rec_gen_row *row)
{
	uint64_t items = rec_mix2(key, 2), tastes_key = rec_mix2(key, 6),
		 noise_key = rec_mix2(key, 5), tries = 64 + 256 * (uint64_t)n, draw = 0;
	uint32_t got = 0, ahead[AHEAD];

	for (uint32_t i = 0; i < AHEAD; i++)
		ahead[i] = by_popularity(g, rec_random(items, i));
	while (got < n && draw < tries) {
		bool noise = g->o.dim == 0 || rec_unit(rec_random(noise_key, got)) < g->o.noise;

		for (; draw < tries; draw++) {
			uint32_t item = ahead[draw % AHEAD];

			ahead[draw % AHEAD] = by_popularity(g, rec_random(items, draw + AHEAD));
			if ((!noise &&
			     !taken_by_taste(g, s->p, item, rec_random(tastes_key, draw))) ||
			    s->taken[item] == u + 1)
				continue;
			s->taken[item] = u + 1;
			row[got++] = (struct rec_gen_row){ item, 1, 0 };
			draw++;
			break;
		}
	}
	return got;
}

void rec_gen_user(const struct rec_gen *g, struct rec_gen_scratch *s, uint64_t u, uint32_t n,
		  struct rec_gen_row *row)
{
	uint64_t key = rec_mix2(g->key_draws, u);
	double scale = 1 / sqrt(sqrt(g->o.dim ? g->o.dim : 1));
	uint32_t got;

	for (uint32_t d = 0; d < g->o.dim; d++)
		s->p[d] = (float)(scale * rec_normal(rec_random(rec_mix2(key, 1), d)));
	got = choose(g, s, u, key, n, row);
	/* a user that wants nearly everything takes the rest by popularity */
	for (uint32_t r = 0; got < n; r++)
		if (s->taken[g->by_rank[r]] != u + 1) {
			s->taken[g->by_rank[r]] = u + 1;
			row[got++] = (struct rec_gen_row){ g->by_rank[r], 1, 0 };
		}
	if (g->o.explicit_values)
		values(g, s->p, rec_mix2(key, 3), n, row);
	if (g->o.times)
		times(rec_mix2(key, 4), n, row);
}

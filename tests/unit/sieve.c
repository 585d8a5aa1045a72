/* SPDX-License-Identifier: MIT */
/*
 * sieve.c - no pair whose weight reaches a bound is sifted out, by any measure,
 * for items of any number of users; and hardly any other pair is let pass.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check.h"
#include "sim/linear.h"
#include "sim/llr.h"
#include "sim/method.h"
#include "sim/methods.h"

enum { ITEMS = 300, KINDS = 6 };

static uint64_t ptr[ITEMS + 1], seed;
static uint32_t count[ITEMS], met[ITEMS], passed[ITEMS + 1];
static double xy[ITEMS], xx[ITEMS], yy[ITEMS];
static float other[ITEMS], weight[ITEMS], sorted[ITEMS];

static double unit(void)
{
	return rec_unit(rec_random(7, seed++));
}

/* From `from` to `to`, small numbers as likely as large ones. */
static uint32_t whole(double from, double to)
{
	return (uint32_t)fmin(to, floor(from * exp2(unit() * log2(to / from))));
}

/* Items of 1 .. users users, and how many each shares with item 0. */
static void make(double users)
{
	for (uint32_t i = 0; i < ITEMS; i++) {
		double own = i ? (double)ptr[1] : 0, d = whole(1, users);

		ptr[i + 1] = ptr[i] + (uint64_t)d;
		count[i] = i ? whole(fmax(1, own + d - users), fmin(own, d)) : (uint32_t)d;
		met[i] = i;
		xy[i] = (i % 5 ? 1 : -1) * unit() * exp2(20 * unit() - 10) * count[i];
		xx[i] = fabs(xy[i]) * exp2(10 * unit() - 5);
		yy[i] = i % 11 ? xy[i] * xy[i] / xx[i] * (1 + 3 * unit()) : 0;
	}
	xy[ITEMS - 1] = NAN;
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x < y) - (x > y);
}

static bool in(uint32_t n, uint32_t item)
{
	for (uint32_t k = 0; k < n; k++)
		if (passed[k] == item)
			return true;
	return false;
}

/* Sift for a bound. Returns how many pass that are not at or near it. */
static uint32_t sift(const struct rec_sim_data *d, const struct rec_sim_measure *m,
		     const struct rec_line *l, float bound, const char *name)
{
	uint32_t n = m->sieve(d, l, bound, passed), more = 0;

	for (uint32_t i = 0; i < ITEMS; i++) {
		bool pass = in(n, i);

		CHECK(pass || fabsf(weight[i]) < bound,
		      "%s: %g is sifted out at %g (users %u; pairs %g, %g; count %u)", name,
		      (double)weight[i], (double)bound, d->users, rec_sim_item_count(d, 0),
		      rec_sim_item_count(d, i), count[i]);
		more += pass && fabsf(weight[i]) < bound * 0.999f;
	}
	return more;
}

/*
 * Bounds that some weight equals, or just misses. Returns the share that pass
 * in vain.
 */
static double try_bounds(const struct rec_sim_data *d, const struct rec_sim_measure *m,
			 const struct rec_line *l, const char *name)
{
	double more = 0;
	uint32_t tries = 0;

	m->weigh(d, l, met, ITEMS, weight);
	for (uint32_t k = 0; k < ITEMS; k++)
		sorted[k] = isnan(weight[k]) ? 0 : fabsf(weight[k]);
	qsort(sorted, ITEMS, sizeof *sorted, by_size);
	for (uint32_t k = 1; k < ITEMS; k += 7) {
		if (!(sorted[k] >= FLT_MIN && sorted[k] <= FLT_MAX))
			continue;
		more += sift(d, m, l, sorted[k], name);
		sift(d, m, l, nextafterf(sorted[k], INFINITY), name);
		tries++;
	}
	return tries ? more / tries / ITEMS : 0;
}

static void test(const struct rec_sim_method *method, const struct rec_sim_measure *m,
		 double users, int kind)
{
	static const char no_sums;	/* so user weights are not asked for */
	struct rec_sim_opts o;
	struct rec_sim_data d = { .o = &o,
				  .unit = true,
				  .sums = (const void *)&no_sums,
				  .users = (uint32_t)users,
				  .items = ITEMS,
				  .t = { .nrows = ITEMS, .ptr = ptr } };
	struct rec_accumulator a = { .count = count, .met = met, .n = ITEMS };
	struct rec_line l = { .sums = &a, .other = other, .rows = kind & 1 };
	bool moments = method->base == REC_BASE_MOMENT,
	     sums = method->base != REC_BASE_COUNT ||
		    (kind >= 4 && method->takes & REC_SIM_WEIGHTS);
	struct rec_err e = { 0 };
	double more;

	rec_sim_defaults(&o, method);
	if (kind & 2) {
		o.shrink = method->takes & REC_SIM_SHRINK ? 20 : 0;
		o.asymmetry = 0.3;
		o.power = 0.4;
		o.walk[0] = 1.2, o.walk[1] = 0.4;
	}
	a.xy = sums ? xy : NULL;
	a.xx = moments ? xx : NULL;
	a.yy = moments ? yy : NULL;
	make(users);
	if (method->prepare && !moments)	/* means are those of values */
		MUST(method->prepare(&d, &e), &e);
	for (uint32_t i = 0; i < ITEMS; i++)
		other[i] = m->other(&d, i, l.rows);
	more = try_bounds(&d, m, &l, rec_sim_name(method));
	/* bars are tight; moments leave out --shrink, llr logarithms */
	CHECK(more < (moments ? 0.5 : m == &rec_llr ? 0.3 : 1e-3), "%s: %g pass in vain",
	      rec_sim_name(method), more);
	free(d.a);
	free(d.b);
	free(d.user);
}

int main(void)
{
	const struct rec_sim_method *m;

	for (size_t i = 0; (m = rec_sim_method_at(i)) != NULL; i++)
		for (double users = 3; m->measure && m->measure->sieve && users < 4e9; users *= 60)
			for (int kind = 0; kind < KINDS; kind++)
				test(m, m->measure, users, kind);
	for (int kind = 0; kind < KINDS; kind++)
		test(rec_sim_method("linear"), &rec_linear_to_a_power, 4000, kind);
	return finished("sieve");
}

/* SPDX-License-Identifier: MIT */
/* survey - weights of users in fixed point: exact sums whatever the order, close to the power, never 0; the bound that the scale rests on. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "check.h"
#include "model/sim_survey.h"

enum { USERS = 20000 };

static double length[USERS];

/* Lengths from 1 to most, short ones more often. */
static void make(struct rec_survey *s, double most, uint64_t seed)
{
	*s = (struct rec_survey){ .users = USERS };
	for (int u = 0; u < USERS; u++) {
		length[u] = floor(pow(most, rec_unit(rec_random(seed, (uint64_t)u))));
		s->length[(int)floor(log2(length[u]))]++;
	}
}

static void test_exact(double p, double most)
{
	struct rec_survey s;
	double up = 0, down = 0, worst = 0;
	int scale;

	make(&s, most, 1);
	scale = rec_survey_scale(&s, p);
	for (int u = 0; u < USERS; u++) {
		double w = rec_survey_weight(length[u], p, scale), v = rec_survey_weight(length[USERS - 1 - u], p, scale);

		CHECK(w > 0 && ldexp(w, scale) == floor(ldexp(w, scale)), "p %g: weight %g is no multiple of 2^-%d", p, w, scale);
		worst = fmax(worst, fabs(w - pow(length[u], -p)) * ldexp(1, scale) - pow(length[u], -p) * ldexp(1, scale) * 1e-14);
		up += length[u] > 1 ? w : 0;
		down += length[USERS - 1 - u] > 1 ? v : 0;
	}
	CHECK(up == down, "p %g: %.17g in one order, %.17g in the other", p, up, down);
	CHECK(ldexp(up, scale) < 0x1p53, "p %g: the sum of all is beyond 2^53", p);
	CHECK(ldexp(up, scale) > 0x1p48, "p %g: bits are wasted: %g", p, ldexp(up, scale));
	CHECK(worst <= 1, "p %g: a weight is off by %g units", p, worst);
}

static void test_borders(void)
{
	struct rec_survey none = { 0 }, ones = { .length = { 1000 } };

	CHECK(rec_survey_scale(&none, 1) == 0 && rec_survey_scale(&ones, 1) == 0, "nobody has two pairs");
	CHECK(rec_survey_weight(0, 1, 10) == 0, "no pairs");
	CHECK(rec_survey_weight(1, 3, 20) == 1, "one pair");
	CHECK(rec_survey_weight(1e9, 2, 20) == 0x1p-20, "the smallest weight is one unit");
}

int main(void)
{
	static const double power[] = { 0, 0.25, 0.5, 1, 1.1, 2, 9.5, -0.5, -1, -3 };

	for (size_t i = 0; i < sizeof power / sizeof *power; i++) {
		test_exact(power[i], 3);
		test_exact(power[i], 1000);
		test_exact(power[i], 2e9);
	}
	test_borders();
	return finished("survey");
}

/* SPDX-License-Identifier: MIT */
/*
 * survey - weights of users in fixed point: exact sums whatever the order,
 * close to the power, never 0; the bound that the scale rests on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check.h"
#include "sim/survey.h"

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
		double w = rec_survey_weight(length[u], p, scale),
		       v = rec_survey_weight(length[USERS - 1 - u], p, scale);

		CHECK(w > 0 && ldexp(w, scale) == floor(ldexp(w, scale)),
		      "p %g: weight %g is no multiple of 2^-%d", p, w, scale);
		worst = fmax(worst, fabs(w - pow(length[u], -p)) * ldexp(1, scale) -
					    pow(length[u], -p) * ldexp(1, scale) * 1e-14);
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

	CHECK(rec_survey_scale(&none, 1) == 0 && rec_survey_scale(&ones, 1) == 0,
	      "nobody has two pairs");
	CHECK(rec_survey_weight(0, 1, 10) == 0, "no pairs");
	CHECK(rec_survey_weight(1, 3, 20) == 1, "one pair");
	CHECK(rec_survey_weight(1e9, 2, 20) == 0x1p-20, "the smallest weight is one unit");
}

/* Numbers of a survey against each other. */
static void test_read(void)
{
	static const struct {
		const char *lengths, *rest, *what;
	} cases[] = {
		{ "length.1\t1\nlength.2\t2\n", "pairs\t6\nusers\t3\ncells\t9\n", NULL },
		{ "length.1\t1\nlength.2\t2\n", "pairs\t5\nusers\t5\ncells\t5\n", NULL },
		{ "length.1\t1\nlength.2\t2\n", "pairs\t6\nusers\t2\ncells\t9\n",
		  "there are more users in length.* than users" },
		{ "length.1\t1\nlength.2\t2\n", "pairs\t8\nusers\t3\ncells\t9\n",
		  "pairs are not what length.* add up to" },
		{ "length.1\t1\nlength.2\t2\n", "pairs\t4\nusers\t3\ncells\t9\n",
		  "pairs are not what length.* add up to" },
		{ "length.1\t1\nlength.2\t2\n", "pairs\t6\nusers\t3\ncells\t5\n",
		  "there are more pairs or users than cells, which are rows as read" },
		{ "length.4\t1\n", "pairs\t4\nusers\t1\ncells\t4\n",
		  "a length of users is above max-user" },
		{ "length.2147483648\t18446744073709551615\n",
		  "pairs\t4\nusers\t18446744073709551615\ncells\t4\n",
		  "pairs are not what length.* add up to" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rec_err e = { 0 };
		struct rec_survey s;
		struct rec_in *in = NULL;
		char text[400], want[200];
		int n = snprintf(text, sizeof text,
				 "%s%sdigest\t%032d\nmax-user.%d\t1\nshards\t1\n", cases[i].lengths,
				 cases[i].rest, 0, cases[i].lengths[7] == '4' ? 3 : 0);

		MUST(rec_in_memory(&in, "s", text, (size_t)n, &e), &e);
		CHECK((rec_survey_read(&s, in, &e) == 0) == !cases[i].what, "case %zu: %s", i,
		      e.msg);
		snprintf(want, sizeof want,
			 "s: %s; give the output of rec-sim --survey for each shard once",
			 cases[i].what ? cases[i].what : "");
		CHECK(!cases[i].what || strcmp(e.msg, want) == 0, "case %zu: %s", i, e.msg);
		rec_in_close(in);
	}
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
	test_read();
	return finished("survey");
}

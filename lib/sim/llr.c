/* SPDX-License-Identifier: MIT */
/* sim/llr.c - log-likelihood ratios, and a bound without their logarithms. */
#include "sim/llr.h"

#include <math.h>

#include "base/math.h"
#include "base/mem.h"

/*
 * ln(1 + y) to a few units in the last place, fast near 0 where most cells are:
 * 2 artanh(y / (2 + y)) by its series, whose rest is below 1e-17 there.
 */
static double log1p_fast(double y)
{
	double s, t, sum = 1.0 / 19;

	if (!(fabs(y) < 0.25))
		return rec_log1p(y);
	s = y / (2 + y);
	t = s * s;
	for (int k = 17; k >= 1; k -= 2)
		sum = sum * t + 1.0 / k;
	return 2 * s * sum;
}

/*
 * k ln(k U / (row * column)) of a cell of the table of two items, where k U =
 * row * column + excess: no cancellation near independence.
 */
static double surprise(double k, double row, double column, double excess)
{
	return k > 0 ? k * log1p_fast(excess / (row * column)) : 0;
}

/*
 * In a table of two by two the excess is the determinant, with the sign of the
 * diagonal.
 */
static double ratio(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;
	double u = d->users, di = rec_sim_item_count(d, i), dj = rec_sim_item_count(d, j),
	       c = p->count, x = c * u - di * dj;
	/* the same sum for i and j as for j and i */
	double alone = surprise(di - c, di, u - dj, -x) + surprise(dj - c, u - di, dj, -x);
	double sum = surprise(c, di, dj, x) + alone + surprise(u - di - dj + c, u - di, u - dj, x);

	return sum > 0 ? 2 * sum : 0;
}

static REC_WEIGH(weigh, ratio)

/* -- the sieve -- */

/* The table of logarithms: 32 KiB. */
enum { LOGS = 4096 };

int rec_llr_prepare(struct rec_sim_data *d, struct rec_err *e)
{
	d->a = rec_alloc(LOGS, sizeof *d->a, e);
	for (uint32_t k = 0; d->a && k < LOGS; k++)
		d->a[k] = rec_log(k);
	return d->a ? 0 : -1;
}

static double log_of(const struct rec_sim_data *d, double whole)
{
	return whole < LOGS ? d->a[(uint32_t)whole] : rec_log(whole);
}

static float pairs_of_other(const void *arg, uint32_t item, bool rows)
{
	double pairs = rec_sim_item_count(arg, item);

	(void)rows;
	return pairs <= 0x1p24 ? (float)pairs : NAN;
}

static uint32_t sift(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	const uint32_t *met = l->sums->met, *count = l->sums->count;
	double u = d->users, own = rec_sim_item_count(d, l->own), share = own / u,
	       log_share = log_of(d, own) - rec_log(u), t = (double)least / 2 * (1 - 0x1p-20),
	       a = u / own * (u / (u - own)), b = u / (u - own);
	uint32_t passed = 0;

	for (uint32_t k = 0; k < l->sums->n; k++) {
		double c = count[met[k]], y = l->other[met[k]], off = c - share * y;
		double g = c * (log_of(d, c) - log_of(d, y) - log_share) - off +
			   off * off * ((a * y + b * (u - y)) / ((u - y) * y));

		to[passed] = met[k];
		passed += !(g + 0x1p-30 * (own + y) < t);
	}
	return passed;
}

const struct rec_sim_measure rec_llr = { weigh, pairs_of_other, sift };

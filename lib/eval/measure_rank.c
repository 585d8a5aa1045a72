/* SPDX-License-Identifier: MIT */
/*
 * measure_rank.c - the ranking measures of one user's list.
 *
 * Every one walks the groups of the list and adds up expectations over the
 * random order within a group of g entries, t of them relevant, that starts at
 * position s (McSherry and Najork 2008, "Computing information retrieval
 * performance measures efficiently in the presence of tied scores"). A group of
 * one entry gives the ordinary value. All are closed forms:
 *   hits in the first c entries of the group    t c / g
 *   no hit in them                              product over i < c of (g - t -
 *                                               i) / (g - i)
 *   first hit at entry i                        p_1 = t / g, p_(i+1) = p_i (g -
 *                                               i - t + 1) / (g - i)
 *   hit at entry i, hits up to it               t / g, H + 1 + (i - 1)(t - 1) /
 *                                               (g - 1), H hits before the
 *                                               group
 *   gain at an entry                            sum of gains / g
 * f1 is 2 hits / (k + |truth|), so it is linear in hits like recall and
 * precision.
 */
#include <math.h>

#include "base/math.h"
#include "eval/measure.h"

struct group {
	uint32_t start, size, relevant;
	uint32_t cut;	/* entries of it within the first k */
};

/*
 * Group number g, which starts at position start: false where nothing of it is
 * within the first k.
 */
static bool next_group(const struct rec_ranking *r, uint32_t g, uint32_t start, uint32_t k,
		       struct group *out)
{
	uint32_t end;

	if (start >= r->n || start >= k)
		return false;
	end = r->group[g];
	*out = (struct group){ .start = start,
			       .size = end - start,
			       .cut = (end < k ? end : k) - start };
	for (uint32_t i = start; i < end; i++)
		out->relevant += r->gain[i] > 0;
	return true;
}

static double expected_hits(const struct rec_ranking *r, uint32_t k)
{
	struct group x;
	double hits = 0;

	for (uint32_t g = 0, s = 0; next_group(r, g, s, k, &x); g++, s += x.size)
		hits += (double)x.relevant * x.cut / x.size;
	return hits;
}

double rec_rank_recall(const struct rec_ranking *r, const struct rec_metric *m)
{
	return expected_hits(r, m->k) / r->relevant;
}

double rec_rank_precision(const struct rec_ranking *r, const struct rec_metric *m)
{
	return expected_hits(r, m->k) / m->k;
}

double rec_rank_f1(const struct rec_ranking *r, const struct rec_metric *m)
{
	return 2 * expected_hits(r, m->k) / ((double)m->k + r->relevant);
}

double rec_rank_hit(const struct rec_ranking *r, const struct rec_metric *m)
{
	struct group x;
	double none = 1;

	for (uint32_t g = 0, s = 0; next_group(r, g, s, m->k, &x); g++, s += x.size)
		for (uint32_t i = 0; i < x.cut && x.relevant > 0; i++) {
			if (x.relevant + i >= x.size)
				return 1;
			none *= (double)(x.size - x.relevant - i) / (x.size - i);
		}
	return 1 - none;
}

/* Only the first group with a relevant entry can hold the first hit. */
double rec_rank_mrr(const struct rec_ranking *r, const struct rec_metric *m)
{
	struct group x;

	for (uint32_t g = 0, s = 0; next_group(r, g, s, m->k, &x); g++, s += x.size) {
		double p = (double)x.relevant / x.size, sum = 0;

		if (x.relevant == 0)
			continue;
		for (uint32_t i = 1; i <= x.cut && p > 0; i++) {
			sum += p / ((double)x.start + i);
			if (i + x.relevant > x.size)
				break;
			p *= ((double)x.size - i - x.relevant + 1) / (x.size - i);
		}
		return sum;
	}
	return 0;
}

double rec_rank_map(const struct rec_ranking *r, const struct rec_metric *m)
{
	uint32_t best = m->k < r->relevant ? m->k : r->relevant;
	struct group x;
	double sum = 0, before = 0;

	for (uint32_t g = 0, s = 0; next_group(r, g, s, m->k, &x); g++, s += x.size) {
		for (uint32_t i = 1; i <= x.cut && x.relevant > 0; i++) {
			double also = x.size > 1 ?
					      (double)(i - 1) * (x.relevant - 1) / (x.size - 1) :
					      0;

			sum += (double)x.relevant / x.size *
			       ((before + 1 + also) / ((double)x.start + i));
		}
		before += x.relevant;
	}
	return sum / best;
}

/* What an item of that value counts. 2^value is exact for whole values. */
static double gain_of(double value, enum rec_gain gain)
{
	double whole = floor(value);

	if (gain == REC_GAIN_LINEAR || value <= 0)
		return value;
	return ldexp(value > whole ? rec_pow(2, value - whole) : 1, (int)whole) - 1;
}

static double group_gain(const struct rec_ranking *r, const struct group *x, enum rec_gain gain)
{
	double sum = 0;

	if (gain == REC_GAIN_ONE)
		return (double)x->relevant / x->size;
	for (uint32_t i = x->start; i < x->start + x->size; i++)
		sum += gain_of(r->gain[i], gain);
	return sum / x->size;
}

/*
 * Ideal and list are added up in the same order, so a perfect list gives
 * exactly 1.
 */
double rec_rank_ndcg(const struct rec_ranking *r, const struct rec_metric *m)
{
	uint32_t best = m->k < r->relevant ? m->k : r->relevant;
	double sum = 0, ideal = m->gain != REC_GAIN_ONE ? 0 : r->discount_sum[best];
	struct group x;

	for (uint32_t i = 0; m->gain != REC_GAIN_ONE && i < best; i++)
		ideal += gain_of(r->ideal[i], m->gain) * r->discount[i];
	for (uint32_t g = 0, s = 0; next_group(r, g, s, m->k, &x); g++, s += x.size) {
		double gain = x.relevant ? group_gain(r, &x, m->gain) : 0;

		for (uint32_t i = s; i < s + x.cut && gain > 0; i++)
			sum += gain * r->discount[i];
	}
	return sum / ideal;
}

/* A candidate that isn't listed counts as below every listed one. */
double rec_rank_auc(const struct rec_ranking *r, const struct rec_metric *m)
{
	uint64_t above = 0;
	double right = 0;

	(void)m;
	if (r->candidates_relevant == 0 || r->candidates_other == 0)
		return NAN;
	for (uint32_t g = 0, s = 0; s < r->n; s = r->tied[g++]) {
		uint32_t hits = 0, others = 0;

		for (uint32_t i = s; i < r->tied[g]; i++) {
			hits += !r->skip[i] && r->gain[i] > 0;
			others += !r->skip[i] && !(r->gain[i] > 0);
		}
		right += hits * ((double)(r->candidates_other - above - others) + 0.5 * others);
		above += others;
	}
	return right / ((double)r->candidates_relevant * (double)r->candidates_other);
}

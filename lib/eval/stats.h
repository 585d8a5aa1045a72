/* SPDX-License-Identifier: MIT */
/*
 * stats.h - paired tests and intervals. Deterministic: random ones draw by
 * counter from a key.
 */
#ifndef REC_EVAL_STATS_H
#define REC_EVAL_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "recpipe/eval.h"

struct rec_tested {
	double p;		/* two-sided */
	/*
	 * t: t; wilcoxon: the smaller of the two rank sums; randomization: the
	 * mean difference
	 */
	double statistic;
	size_t n;		/* pairs used: wilcoxon leaves equal ones out */
	/*
	 * wilcoxon: distribution counted out, else normal with correction for
	 * ties
	 */
	int exact;
};

/*
 * Random rounds: the same numbers come from the same key, whatever the threads.
 */
struct rec_draws {
	uint32_t rounds;
	uint64_t key;
	struct rec_pool *pool;
};

/*
 * Test that differences d[0 .. n-1] have mean (or median) 0.
 *   t               paired t test, n - 1 degrees of freedom
 *   wilcoxon        signed ranks, mean ranks for ties; exact up to 50 pairs
 *                   without ties, else normal without continuity correction
 *   randomization   `rounds` random sign flips of every pair; p = (1 + means at
 *                   least as far from 0) / (1 + rounds)
 */
REC_MUST int rec_test_paired(struct rec_tested *out, enum rec_test test, const double *d, size_t n,
			     const struct rec_draws *draws, struct rec_err *e);

/*
 * 95 % percentile interval by resampling n users with replacement, rounds
 * times: of sum(x) / n, or where weight is given of sum(x) / sum(weight). lo
 * and hi are the values at positions floor(0.025 rounds) and ceil(0.975 rounds)
 * - 1 of the sorted results.
 */
REC_MUST int rec_bootstrap(double *lo, double *hi, const double *x, const uint32_t *weight,
			   size_t n, const struct rec_draws *draws, struct rec_err *e);

/*
 * ln of the gamma function, x > 0; regularised incomplete beta function.
 * Relative error below 1e-9.
 */
double rec_lgamma(double x);
double rec_incomplete_beta(double a, double b, double x);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sampled.h - a measure over all items, estimated from ranks among sampled ones
 * (Krichene and Rendle 2020, "On sampled metrics for item recommendation").
 *
 * One relevant item has rank r among n, and rank j among itself and m of the n
 * - 1 others drawn without replacement: j - 1 is hypergeometric. With a[r][j] =
 * P(j | r), the estimate w[j] of the measure b[r] minimises, over ranks r = 1
 * .. n taken alike, squared bias plus gamma times variance,
 *   sum over r of (sum over j of a[r][j] w[j] - b[r])^2 + gamma * (sum over j
 *   of a[r][j] w[j]^2 - (sum over j of a[r][j] w[j])^2),
 * which is the paper's "bias-variance" estimator: ((1 - gamma) A'A + gamma
 * diag(A'1)) w = A'b. The paper draws with replacement; drawn without, as
 * `rec-split --negatives` does, m = n - 1 gives back the measure itself.
 */
#ifndef REC_EVAL_SAMPLED_H
#define REC_EVAL_SAMPLED_H

#include <stdint.h>

#include "base/err.h"

/*
 * b holds count measures by rank, n each; w gets m + 1 estimates for each. 1 <=
 * m <= n - 1; 0 < gamma <= 1. O(n m) time at worst per measure, O(m^2) memory.
 */
REC_MUST int rec_sampled_estimate(double *w, const double *b, uint32_t count, uint64_t n,
				  uint32_t m, double gamma, struct rec_err *e);

#endif

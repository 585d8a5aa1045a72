/* SPDX-License-Identifier: MIT */
/* score/one.c - scores of pairs, or what is known of them, within bounds. */
#include "score/one.h"

void rec_score_some(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    const struct rec_score_opts *o, const uint32_t *item, uint32_t n, float *score,
		    unsigned *fate)
{
	uint32_t found = rec_scorer_pairs(s, sc, item, n, score);

	for (uint32_t i = 0; i < n; i++) {
		fate[i] = 0;
		if (!(found >> i & 1)) {
			fate[i] = REC_FATE_COLD |
				  (rec_scorer_knows(s, item[i]) ? REC_FATE_KNOWN : 0);
			score[i] = rec_scorer_prior(s, sc, item[i]);
		}
		if (o->clamp && (score[i] < o->lo || score[i] > o->hi)) {
			score[i] = score[i] < o->lo ? o->lo : o->hi;
			fate[i] |= REC_FATE_CLAMPED;
		}
	}
}

/* SPDX-License-Identifier: MIT */
/* score/one.c - one pair: its score, or what is known of it, within bounds. */
#include "score/one.h"

unsigned rec_score_one(const struct rec_scorer *s, struct rec_score_scratch *sc,
		       const struct rec_score_opts *o, uint32_t item, float *score)
{
	unsigned fate = 0;

	if (!rec_scorer_pair(s, sc, item, score)) {
		fate = REC_FATE_COLD | (rec_scorer_knows(s, item) ? REC_FATE_KNOWN : 0);
		*score = rec_scorer_prior(s, sc, item);
	}
	if (o->clamp && (*score < o->lo || *score > o->hi)) {
		*score = *score < o->lo ? o->lo : o->hi;
		fate |= REC_FATE_CLAMPED;
	}
	return fate;
}

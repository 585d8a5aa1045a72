/* SPDX-License-Identifier: MIT */
/* score/one.h - scores of pairs of a row, as rec-score has them. */
#ifndef REC_SCORE_ONE_H
#define REC_SCORE_ONE_H

#include <stdint.h>

#include "recpipe/score.h"
#include "score/row.h"

/* Bits of what became of a pair. */
enum rec_fate {
	REC_FATE_COLD = 1,		/* no model scores it */
	REC_FATE_CLAMPED = 2,
	REC_FATE_KNOWN = 4,		/* cold: its item has a bias or an offset */
};

/* Why a pair has no score, in messages. */
#define REC_FATE_FAIL_COLD "no model can score this pair (--cold fail)"
#define REC_FATE_FAIL_NUMBER "the score of this pair is not a finite number"

/*
 * The scores of n <= REC_LANES items (or REC_NONE) for the row that was begun,
 * clamped; of a cold one what is known of it. fate[i] gets bits. The caller
 * refuses cold pairs where o->cold says so, and a score that is not finite.
 */
void rec_score_some(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    const struct rec_score_opts *o, const uint32_t *item, uint32_t n, float *score,
		    unsigned *fate);

#endif

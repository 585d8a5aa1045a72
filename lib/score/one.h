/* SPDX-License-Identifier: MIT */
/* score/one.h - the score of one pair, as rec-score has it. */
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
 * The score of an item (or REC_NONE) for the row that was begun, clamped; of a
 * cold one what is known of it. Returns bits. The caller refuses cold pairs
 * where o->cold says so, and a score that is not finite.
 */
unsigned rec_score_one(const struct rec_scorer *s, struct rec_score_scratch *sc,
		       const struct rec_score_opts *o, uint32_t item, float *score);

#endif

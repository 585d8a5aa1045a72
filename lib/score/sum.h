/* SPDX-License-Identifier: MIT */
/*
 * score/sum.h - scores of one row that add up, by candidate.
 *
 * It remembers which candidates were touched, so that clearing it costs what
 * the row before it touched and not the size of the catalogue.
 */
#ifndef REC_SCORE_SUM_H
#define REC_SCORE_SUM_H

#include <math.h>
#include <stdint.h>

#include "base/err.h"

struct rec_score_sum {
	/*
	 * By candidate, padded with zeros to a multiple of REC_LANES and as
	 * much again; 0 where not touched.
	 */
	float *score;
	unsigned char *hit;		/* by candidate: 1 where touched */
	uint32_t *touched;		/* the candidates that are, in no order */
	uint32_t ntouched;
};

/* n candidates, none of them touched. {0} is valid for the two others below. */
REC_MUST int rec_score_sum_new(struct rec_score_sum *s, uint32_t n, struct rec_err *e);
void rec_score_sum_free(struct rec_score_sum *s);

/* The bytes of one for n candidates. */
static inline uint64_t rec_score_sum_bytes(uint32_t n)
{
	return (sizeof(float) + sizeof(uint32_t) + 1) * (uint64_t)n;
}

/* Nothing is touched. */
void rec_score_sum_clear(struct rec_score_sum *s);

/* score[c] = fma(w, x, score[c]); the first time that starts from 0. */
static inline void rec_score_sum_add(struct rec_score_sum *s, uint32_t c, float w, float x)
{
	if (!s->hit[c]) {
		s->hit[c] = 1;
		s->touched[s->ntouched++] = c;
	}
	s->score[c] = fmaf(w, x, s->score[c]);
}

#endif

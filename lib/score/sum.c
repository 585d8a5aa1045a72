/* SPDX-License-Identifier: MIT */
/* score/sum.c - scores of one row that add up. */
#include "score/sum.h"

#include <stdlib.h>

#include "base/mem.h"
#include "kernel/kernel.h"

int rec_score_sum_new(struct rec_score_sum *s, uint32_t n, struct rec_err *e)
{
	size_t padded = rec_round_up(n, REC_LANES) + REC_LANES;

	*s = (struct rec_score_sum){ .score = rec_zalloc(padded, sizeof *s->score, e),
				     .hit = rec_zalloc((size_t)n + 1, 1, e),
				     .touched = rec_alloc((size_t)n + 1, sizeof *s->touched, e) };
	return s->score && s->hit && s->touched ? 0 : -1;
}

void rec_score_sum_free(struct rec_score_sum *s)
{
	free(s->score);
	free(s->hit);
	free(s->touched);
	*s = (struct rec_score_sum){ 0 };
}

void rec_score_sum_clear(struct rec_score_sum *s)
{
	for (uint32_t i = 0; i < s->ntouched; i++) {
		s->hit[s->touched[i]] = 0;
		s->score[s->touched[i]] = 0;
	}
	s->ntouched = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * score/scale.h - how the scores of a model become comparable with those of
 * another: for each row, over the items that the model scores.
 */
#ifndef REC_SCORE_SCALE_H
#define REC_SCORE_SCALE_H

#include <stdint.h>

#include "base/best.h"
#include "recpipe/score.h"

/*
 * Replace n scores by scaled ones, in place: those with hit[i] != 0, or all
 * where hit is NULL. room: n entries of scratch, for REC_SCALE_RANK alone.
 */
void rec_scale_apply(enum rec_scale scale, float *score, const unsigned char *hit, uint32_t n,
		     struct rec_best *room);

#endif

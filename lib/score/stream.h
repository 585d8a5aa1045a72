/* SPDX-License-Identifier: MIT */
/*
 * score/stream.h - rec_score_stream of recpipe/score.h, and what --clamp says.
 *
 * All threads score a piece of some thousand pairs, which is then written in
 * order. So memory is the scorer, the histories and one piece.
 */
#ifndef REC_SCORE_STREAM_H
#define REC_SCORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/out.h"
#include "recpipe/score.h"
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/row.h"
#include "score/score.h"

/* The two numbers of --clamp LO:HI. */
REC_MUST int rec_clamp_parse(float *lo, float *hi, const char *text, struct rec_err *e);

/*
 * The range of the training values (value.min and value.max of the metadata): 1
 * if it is there, 0 if not, -1.
 */
REC_MUST int rec_clamp_train(float *lo, float *hi, const struct rec_meta *m, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * score/stream.h - pairs in, the same pairs with their scores as values out, in
 * the order they came.
 *
 * Pieces of some thousand rows are scored by all threads and written in order:
 * memory is the scorer, the histories and a piece.
 */
#ifndef REC_SCORE_STREAM_H
#define REC_SCORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "io/out.h"
#include "recpipe/score.h"
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/row.h"
#include "score/score.h"

REC_BEGIN_C

/* "LO:HI" for --clamp. */
REC_MUST int rec_clamp_parse(float *lo, float *hi, const char *text, struct rec_err *e);

/*
 * The range of training values in the metadata (value.min, value.max): 1 found,
 * 0 not there, -1.
 */
REC_MUST int rec_clamp_train(float *lo, float *hi, const struct rec_meta *m, struct rec_err *e);

REC_END_C

#endif

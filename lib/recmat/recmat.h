/* SPDX-License-Identifier: MIT */
/*
 * recmat/recmat.h - recpipe/recmat.h, and what the library alone needs of it.
 */
#ifndef REC_RECMAT_RECMAT_H
#define REC_RECMAT_RECMAT_H

#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/out.h"
#include "recpipe/recmat.h"

REC_BEGIN_C

/*
 * Scores of an implicit model, so that nobody takes them for predicted ratings.
 */
#define REC_SCORES_IMPLICIT "implicit-scores"

/* Bytes that the block takes in a stream. */
uint64_t rec_recmat_size(const struct rec_block *b);

/*
 * Rows in the order they come, in blocks of order stream and bounded size
 * (rec-split, rec-score, rec-cat): memory is bounded, labels are written once a
 * block.
 */
struct rec_row;
struct rec_stream_out;
REC_MUST int rec_stream_out_new(struct rec_stream_out **s, struct rec_out *out, struct rec_err *e);
/* Name the blocks to come (rec_block_name_ok); without it they have none. */
void rec_stream_out_name(struct rec_stream_out *s, const char *name);
REC_MUST int rec_stream_out_row(struct rec_stream_out *s, const struct rec_row *row,
				struct rec_err *e);
/* last block and end mark */
REC_MUST int rec_stream_out_end(struct rec_stream_out *s, struct rec_err *e);
void rec_stream_out_free(struct rec_stream_out *s);

REC_END_C

#endif

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
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/row.h"
#include "score/score.h"

REC_BEGIN_C

/*
 * What becomes of a pair that no model can score. MEAN: what is known of it
 * (rec_scorer_prior).
 */
enum rec_cold_pair { REC_COLD_PAIR_MEAN, REC_COLD_PAIR_DROP, REC_COLD_PAIR_FAIL };

struct rec_score_opts {
	enum rec_cold_pair cold;
	bool clamp;
	float lo, hi;
	const struct rec_pairs *history;	/* of users, by label; NULL for none */
	const char *name;		/* of the blocks of binary output; NULL for none */
};

enum { REC_SCORE_LABEL = 60 };		/* bytes of a label that are kept for messages */

struct rec_score_counts {
	uint64_t pairs, cold, clamped;
	uint64_t known;			/* cold ones of whose item a bias or an offset is known */
	uint64_t with_history;		/* pairs whose user has a history */
	/* the beginnings of the labels of the first pair */
	char user[REC_SCORE_LABEL], item[REC_SCORE_LABEL];
	size_t user_len, item_len;
};

/* "LO:HI" for --clamp. */
REC_MUST int rec_clamp_parse(float *lo, float *hi, const char *text, struct rec_err *e);

/*
 * The range of training values in the metadata (value.min, value.max): 1 found,
 * 0 not there, -1.
 */
REC_MUST int rec_clamp_train(float *lo, float *hi, const struct rec_meta *m, struct rec_err *e);

REC_MUST int rec_score_stream(const struct rec_scorer *s, const struct rec_score_opts *o,
			      struct rec_rows *in, struct rec_out *out, bool binary,
			      struct rec_score_counts *counts, struct rec_err *e);

REC_END_C

#endif

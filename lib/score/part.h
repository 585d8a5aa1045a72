/* SPDX-License-Identifier: MIT */
/*
 * score/part.h - what the files of kinds (score/kind.h) share about one model
 * of a scorer.
 */
#ifndef REC_SCORE_PART_H
#define REC_SCORE_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "score/query.h"
#include "score/score.h"
#include "score/sum.h"

/*
 * Free x with the part. Returns x. NULL where x is NULL (an allocation failed),
 * or where the list of such memory cannot grow: x is freed then.
 */
REC_MUST void *rec_part_own(struct rec_scorer_part *p, void *x, struct rec_err *e);

/* The row's user among part->users, or REC_NONE. */
uint32_t rec_part_user(const struct rec_scorer_part *p, const struct rec_query *q);

/* A score with the offset of its candidate. */
static inline float rec_part_with_offset(const struct rec_scorer_part *p, uint32_t c, float score)
{
	return p->offset ? score + p->offset[c] : score;
}

/* Add offsets to all scores of a row, or to the touched ones. */
void rec_part_add_offset(const struct rec_scorer_part *p, struct rec_score_sum *sum);
void rec_part_add_offset_touched(const struct rec_scorer_part *p, struct rec_score_sum *sum);

/* The scores of a row are those of the touched candidates alone. */
void rec_part_touched(struct rec_scores *out, const struct rec_score_sum *sum);

/* Candidates that may be listed (rec_scorer_allow). The others go. */
struct rec_cut {
	uint32_t n;			/* how many stay */
	uint32_t *new_to_old;		/* n of them, ascending */
	uint32_t *old_to_new;		/* or REC_NONE */
};

/* Memory of the part for n cells of a cut table; its bytes are counted. */
REC_MUST void *rec_cut_alloc(struct rec_scorer_part *p, size_t n, size_t size, struct rec_err *e);

#endif

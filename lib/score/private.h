/* SPDX-License-Identifier: MIT */
/*
 * score/private.h - scratch of a thread, shared by score/row.c, score/pair.c
 * and score/scale.c alone.
 */
#ifndef REC_SCORE_PRIVATE_H
#define REC_SCORE_PRIVATE_H

#include "base/best.h"
#include "score/score.h"

struct rec_part_scratch {
	bool live;   /* the row just begun has scores under this model */
	bool cut;   /* and may lack some: see rec_scorer_is_cut */
	const float *vector;  /* factors */
	float *folded;
	struct rec_foldin_scratch *foldin;
	uint32_t user;	 /* user side: row of the similarity */
	/*
	 * history: rows of the similarity (fold-in: of the items), ascending,
	 * with weights (fold-in: raw values)
	 */
	uint32_t *hist;
	float *weight;
	size_t hist_cap, weight_cap;
	uint32_t nhist;
	float *score;	/* ncand, rounded up to lanes */
	unsigned char *hit;
	uint32_t *touched, ntouched;
};

struct rec_score_scratch {
	struct rec_part_scratch *part;
	size_t nparts;
	struct rec_part_scratch sum; /* of a blend, by item */
	struct rec_best *ranked; /* for REC_SCALE_RANK */
};

/* Where i lies in other labels; without a map the labels are the same. */
static inline uint32_t rec_mapped(const uint32_t *map, uint32_t i)
{
	return map ? map[i] : i;
}

/* score.c: all of the table of a factor model in panels of the kernel. */
REC_MUST int rec_part_pack(struct rec_scorer_part *p, const struct rec_run *run, struct rec_err *e);

/*
 * score/empty.c: mark the items of a factor model whose vector isn't zero;
 * usable stays NULL where that is all of them.
 */
REC_MUST int rec_part_usable(struct rec_scorer_part *p, const struct rec_run *run,
			     struct rec_err *e);

/*
 * Replace the scores of a part by scaled ones, in place; all of 0 .. n - 1
 * where hit is NULL.
 */
void rec_scale_apply(enum rec_scale scale, float *score, const unsigned char *hit, uint32_t n,
		     struct rec_best *scratch);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * score/allow.h - models cut down to the candidates that may be listed at all,
 * so that a run over a share of the items costs about that share.
 *
 * Candidates are numbered anew, ascending as before. Histories, users and all
 * that a score is made of stay, so every score that is left keeps its bits.
 */
#ifndef REC_SCORE_ALLOW_H
#define REC_SCORE_ALLOW_H

#include "base/err.h"
#include "score/score.h"

/*
 * Stop scoring items whose allowed[item] is 0, where that saves work. Three
 * things are not cut: a single factor model (topn/tiles.c packs what may be
 * listed), a user-user similarity, and what is scaled over all items. Call it
 * before rec_score_scratch_new.
 */
REC_MUST int rec_scorer_allow(struct rec_scorer *s, const unsigned char *allowed,
			      struct rec_err *e);

#endif

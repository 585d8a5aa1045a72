/* SPDX-License-Identifier: MIT */
/*
 * score/similar.h - where a similarity says what is most like an item.
 *
 * In a whole table S it is row i: the candidates j with the largest S_ij. But
 * rec-sim -n N has cut most tables to the N largest |S_ij|
 *
 *   of each row      (--keep history). What is left of row i is right. With
 *                    --normalize the row was divided by one number, which
 *                    leaves the order as it was
 *   of each column   (--keep candidate). Row i lacks every j that had N better
 *                    history items. If S_ij = S_ji for all pairs, column i is
 *                    what row i was; if not, the table does not say
 *
 * A line (row or column) with fewer than N cells was not cut. If it has N
 * cells, those above 0 are the largest that it had: each dropped cell was
 * smaller, or equal with a later label. But a dropped cell may be better than
 * one below 0.
 */
#ifndef REC_SCORE_SIMILAR_H
#define REC_SCORE_SIMILAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/model.h"

struct rec_similar {
	bool columns;			/* read column i; else row i */
	/*
	 * By line: 1 if it may have been cut. NULL: no line was. The caller
	 * frees it.
	 */
	unsigned char *cut;
};

/*
 * Whether the model says how its table was made. If it does not, the table is
 * taken as a whole one.
 */
bool rec_similar_told(const struct rec_model *m);

/*
 * For a model with a similarity. REC_EUSAGE: the table does not say it, and the
 * message tells how to make one that does. REC_EDATA: it is a part of a table.
 */
REC_MUST int rec_similar_find(struct rec_similar *x, const struct rec_model *m, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * similar.h - where the table of a similarity says what is most like an item.
 * For score.c, and for who tells about it.
 *
 * What is most like item i stands in row i of the whole table S: the candidates
 * j by S_ij. Of a table that rec-sim -n N has cut, the N largest |S_ij| are
 * left
 *
 *   of each row      (--keep history): row i is right as far as it goes.
 *                    --normalize divides it by one number: its order stays
 *   of each column   (--keep candidate): row i lacks every j that had N better
 *                    history items. Where S_ij = S_ji, column i is what row i
 *                    would have been; else nothing tells
 *
 * A line with fewer than N cells was not cut. Of a line with N cells, those
 * above 0 are the largest there were: what was dropped is smaller, or as large
 * with a later label. Those below 0 may hide dropped ones that are better.
 */
#ifndef REC_SCORE_SIMILAR_H
#define REC_SCORE_SIMILAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "model/model.h"

REC_BEGIN_C

struct rec_similar {
	bool columns;			/* read column i; else row i */
	/*
	 * By line: 1 where it may have been cut. NULL where none was. The
	 * caller frees it.
	 */
	unsigned char *cut;
};

/*
 * Whether the model says how its table was made. One that does not is taken as
 * a whole table.
 */
bool rec_similar_told(const struct rec_model *m);

/*
 * Of a model with a similarity. REC_EUSAGE where the table does not tell (the
 * message says how to make one that does), REC_EDATA where it is a part of one.
 */
REC_MUST int rec_similar_find(struct rec_similar *x, const struct rec_model *m, struct rec_err *e);

REC_END_C

#endif

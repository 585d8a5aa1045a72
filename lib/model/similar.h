/* SPDX-License-Identifier: MIT */
/*
 * similar.h - where the table of a similarity says what is most like an item. For score.c, and for who tells about it.
 *
 * What is most like item i stands in row i of the whole table S: the candidates j by S_ij. Of a table that rec-sim -n N has cut, the N largest |S_ij| of every row
 * (--keep history) or of every column (--keep candidate) are left:
 *   rows kept      row i is right as far as it goes. --normalize divides it by one number, which leaves its order
 *   columns kept   row i lacks any j that had N better history items. Where S_ij = S_ji, column i is what row i would have been; else nothing tells
 * A line with fewer than N cells was not cut. Of one with N cells those below 0 may hide dropped ones that are better; those above 0 are the largest of the line:
 * what was dropped is smaller, or as large with a later label.
 */
#ifndef REC_MODEL_SIMILAR_H
#define REC_MODEL_SIMILAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "model/model.h"

REC_BEGIN_C

struct rec_similar {
	bool columns;		/* read column i; else row i */
	unsigned char *cut;	/* by line: 1 where it may have been cut; NULL where none was. The caller frees it */
};

/* Whether the model says how its table was made. One that does not is taken as a whole table. */
bool rec_similar_told(const struct rec_model *m);

/* Of a model with a similarity. REC_EUSAGE where the table does not tell; the message says how to make one that does. */
REC_MUST int rec_similar_find(struct rec_similar *x, const struct rec_model *m, struct rec_err *e);

REC_END_C

#endif

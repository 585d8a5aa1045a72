/* SPDX-License-Identifier: MIT */
/*
 * rows/rows.h - recpipe/rows.h, and what a text without a TAB looks like.
 */
#ifndef REC_ROWS_ROWS_H
#define REC_ROWS_ROWS_H

#include "recpipe/rows.h"

/*
 * What the text looks like, where none of its lines so far held a TAB
 * (io/looks.h); NULL where one did, for labels and for recmat.
 */
struct rec_looks;
const struct rec_looks *rec_rows_looks(const struct rec_rows *r);

#endif

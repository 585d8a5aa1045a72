/* SPDX-License-Identifier: MIT */
/*
 * rows/row.h - one row of a stream: a pair of labels with a value and a time,
 * or a label alone.
 */
#ifndef REC_ROWS_ROW_H
#define REC_ROWS_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"

REC_BEGIN_C

enum {	/* rec_row.has: bit field */
	REC_HAS_COL = 1,	/* else a label alone */
	REC_HAS_VALUE = 2,	/* else value is 1 */
	REC_HAS_TIME = 4,	/* else time is NaN */
	/*
	 * The value or the time was written with more digits than the type
	 * keeps (io/num.h). The fields then follow the column's label in memory
	 * as they were written: TAB, value[, TAB, time], then TAB, CR or
	 * newline. So text can pass them on unchanged.
	 */
	REC_LOST_VALUE = 8,
	REC_LOST_TIME = 16,
};

struct rec_row {
	const char *row, *col;	/* labels, borrowed, no NUL at their end */
	uint32_t row_len, col_len;
	float value;
	unsigned has;
	double time;
};

enum {	/* how rows are read: flags of rec_rows_open; of text the parser's, too */
	REC_ROWS_LABELS = 1,	/* a line without TAB is a label alone; else an error */
	REC_ROWS_TRUST = 2,	/* recmat: no section CRCs */
	/*
	 * With REC_ROWS_LABELS: accept a text in which no line has a TAB even
	 * where it is surely another format.
	 */
	REC_ROWS_ANYHOW = 4,
	/*
	 * Lists: time is the score as a double, so that scores that are equal
	 * as floats keep the order they were written in. In recmat it is the
	 * double of the float's shortest text; in a ranked block whose equal
	 * scores are out of label order, the next double below the score of the
	 * entry before. A score beyond float becomes the largest float. A time
	 * is checked and dropped. REC_LOST_TIME is about the double.
	 */
	REC_ROWS_SCORES = 8,
};

/*
 * Called with n rows at a time by a thread of a pool; the rows are valid during
 * the call. A failure that is about rows[i] returns -1 and sets *bad = i: the
 * reader then names the place of that row. Other failures leave *bad alone.
 */
typedef int rec_rows_visit(void *arg, unsigned thread, const struct rec_row *rows, size_t n,
			   size_t *bad, struct rec_err *e);

REC_END_C

#endif

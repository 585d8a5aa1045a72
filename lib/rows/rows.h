/* SPDX-License-Identifier: MIT */
/*
 * rows.h - any sparse input, text or recmat, as a stream of rows (pairs with
 * value and time).
 *
 * Text is cut into pieces at newlines and parsed by the pool; memory does not
 * grow with the input. Recmat blocks of order canonical, ranked and stream are
 * read alike, dense ones are an error; a meta block is skipped. Errors name
 * file, line and field (recmat: file and block), and of several the first in
 * the input is reported whatever the threads do.
 */
#ifndef REC_ROWS_ROWS_H
#define REC_ROWS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/label.h"
#include "base/lang.h"
#include "base/mem.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"

REC_BEGIN_C

enum {	/* rec_row.has: bit field */
	REC_HAS_COL = 1,	/* else a label alone */
	REC_HAS_VALUE = 2,	/* else value is 1 */
	REC_HAS_TIME = 4,	/* else time is NaN */
	/*
	 * Digits of the value, the time as written are more than are kept
	 * (num.h). Then the fields stand behind the column's label as they
	 * were written: TAB, value[, TAB, time], TAB, CR or newline.
	 */
	REC_LOST_VALUE = 8,
	REC_LOST_TIME = 16,
};

struct rec_row {
	const char *row, *col;	/* labels, not NUL-terminated */
	uint32_t row_len, col_len;
	float value;
	unsigned has;
	double time;
};

enum {	/* flags of rec_rows_open */
	REC_ROWS_LABELS = 1,	/* lines without TAB are rows without a cell; else an error */
	REC_ROWS_TRUST = 2,	/* recmat: no section CRCs */
	/*
	 * with REC_ROWS_LABELS: not an error where no line has a TAB and the
	 * text is surely another format
	 */
	REC_ROWS_ANYHOW = 4,
	/*
	 * Lists: time is the score in double, as it was written (recmat: the
	 * double of the float's shortest text; one step less than the entry
	 * before where a ranked block has equal scores out of label order).
	 * Scores beyond float are those of the largest float. A time is
	 * checked, not kept. REC_LOST_TIME is of the double.
	 */
	REC_ROWS_SCORES = 8,
};

struct rec_rows;

/* Takes in over on success (closed by rec_rows_close). */
REC_MUST int rec_rows_open(struct rec_rows **r, struct rec_in *in, unsigned flags,
			   struct rec_pool *pool, struct rec_err *e);
void rec_rows_close(struct rec_rows *r);

/*
 * The next rows in input order: *rows and *n > 0, valid until the next call. 1,
 * 0 at the end, -1.
 */
REC_MUST int rec_rows_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
			   struct rec_err *e);

/*
 * An error about row i of the batch that rec_rows_next gave last: "FILE:LINE:
 * ..." or "FILE: field F: ..." (field 0: none). Returns -1.
 */
int rec_rows_fail(const struct rec_rows *r, size_t i, int field, struct rec_err *e, const char *fmt,
		  ...) REC_PRINTF(5, 6);

/*
 * All rows, in any order: visit is called from the threads of the pool with
 * pieces of some thousand rows while they are hot in cache. A failure of visit
 * on row i of its piece is reported with that row's line where visit returns -1
 * and sets *bad = i (leave it alone otherwise).
 */
typedef int rec_rows_visit(void *arg, unsigned thread, const struct rec_row *rows, size_t n,
			   size_t *bad, struct rec_err *e);
REC_MUST int rec_rows_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e);

/*
 * What the text looks like, where none of its lines so far held a TAB
 * (io/looks.h); NULL where one did, for labels and for recmat.
 */
struct rec_looks;
const struct rec_looks *rec_rows_looks(const struct rec_rows *r);
/*
 * The numbers of the rows seen so far that have more digits than are kept. They
 * are lost where the rows become anything but text (rec_row_put keeps them).
 */
const struct rec_lost *rec_rows_lost(const struct rec_rows *r);

/* Rows seen so far. */
uint64_t rec_rows_count(const struct rec_rows *r);

/*
 * For --stream: one line at a time without waiting for more input than that
 * line. Text only. 1 and *row (an empty line has row_len 0 and has 0), 0, -1.
 * Not to be mixed with the calls above.
 */
REC_MUST int rec_rows_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e);

/*
 * Field 3 or 4 of a row whose REC_LOST bit is set, as it was written; of others
 * as they are printed, into buf. Returns the text, *n its length.
 */
const char *rec_row_field(const struct rec_row *row, int field, char buf[32], size_t *n);

/*
 * One text row as it stands in a pipe, with newline, into out; out has room for
 * rec_row_max(row) bytes. Returns the length.
 */
size_t rec_row_max(const struct rec_row *row);
size_t rec_row_put(char *out, const struct rec_row *row);
/* The same, behind the text in b (no NUL is put behind it), or to out. */
REC_MUST int rec_row_add(struct rec_buf *b, const struct rec_row *row, struct rec_err *e);
REC_MUST int rec_row_write(struct rec_out *out, const struct rec_row *row, struct rec_err *e);

REC_END_C

#endif

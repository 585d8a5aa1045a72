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

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/lost.h"
#include "rows/row.h"

REC_BEGIN_C

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
 * pieces of some thousand rows while they are hot in cache. A failure about a
 * row is reported with the row's line or block.
 */
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

REC_END_C

#endif

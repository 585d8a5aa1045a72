/* SPDX-License-Identifier: MIT */
/*
 * recpipe/rows.h - interactions one after another, and out again: what a filter
 * is made of.
 *
 * A row is a pair of labels with a value and a time, or a label alone. It comes
 * from text (row TAB column [TAB value [TAB time]]) or from recmat, the program
 * need not know which. Nothing is held but what is being worked on, so a filter
 * takes files of any size:
 *
 *	while ((rc = rec_rows_next(in, &row, &n, &e)) == 1)
 *		for (size_t i = 0; i < n; i++)
 *			if (wanted(&row[i]) &&
 *			    rec_row_write(out, &row[i], &e) != 0)
 *				return -1;
 *
 * A line that is no row is an error that names file, line and field; of several
 * the first in the input is reported, whatever the threads do. Rows are written
 * as they were read, number for number, also where a number has more digits
 * than float or double keep.
 */
#ifndef RECPIPE_ROWS_H
#define RECPIPE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/pool.h>
#include <recpipe/stream.h>

REC_BEGIN_C

enum {	/* rec_row.has: a bit for each thing that the row came with */
	REC_HAS_COL = 1,	/* else it is a label alone */
	REC_HAS_VALUE = 2,	/* else value is 1 */
	REC_HAS_TIME = 4,	/* else time is NaN */
	/*
	 * The value or the time was written with more digits than its type
	 * keeps. The fields then follow the column's label in memory as they
	 * were written: TAB, value[, TAB, time], then TAB, CR or newline. So
	 * rec_row_write can pass them on unchanged. A program that changes the
	 * value takes the bit away, too.
	 */
	REC_LOST_VALUE = 8,
	REC_LOST_TIME = 16,
};

/*
 * Labels are borrowed from the reader and have no NUL at their end. They are
 * bytes, at least one of them, never TAB, newline or NUL.
 */
struct rec_row {
	const char *row, *col;
	uint32_t row_len, col_len;
	float value;		/* finite */
	unsigned has;
	double time;		/* seconds or whatever the input counts in; or NaN */
};

/* -- in --------------------------------------------------------------- */

enum {	/* flags of rec_rows_open */
	/* a line without TAB is a label alone, where it is an error else */
	REC_ROWS_LABELS = 1,
	/* recmat: CRCs of sections are not compared */
	REC_ROWS_TRUST = 2,
	/*
	 * With REC_ROWS_LABELS: accept a text in which no line has a TAB even
	 * where it is surely another format, such as CSV.
	 */
	REC_ROWS_ANYHOW = 4,
	/*
	 * Recommendation lists: time is the score as a double, so that scores
	 * that are equal as floats keep the order they were written in. In
	 * recmat it is the double of the float's shortest text; in a ranked
	 * block whose equal scores are out of label order, the next double
	 * below the score of the entry before. A score beyond float becomes the
	 * largest float. A time is checked and dropped. REC_LOST_TIME is about
	 * the double.
	 */
	REC_ROWS_SCORES = 8,
};

struct rec_rows;

/*
 * Rows of a stream. On success the reader has taken `in` over and closes it; on
 * failure it remains the caller's. pool parses and may be NULL. Blocks of
 * metadata are skipped, a dense block is an error.
 */
REC_MUST int rec_rows_open(struct rec_rows **r, struct rec_in *in, unsigned flags,
			   struct rec_pool *pool, struct rec_err *e);
void rec_rows_close(struct rec_rows *r);

/*
 * The next rows in the order of the input: 1, with *n > 0 of them at *rows,
 * valid until the next call; 0 at the end; -1.
 */
REC_MUST int rec_rows_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
			   struct rec_err *e);

/*
 * For the caller's own checks: an error about row i of those that rec_rows_next
 * gave last, with its place before the message: "FILE:LINE: field F: ..."
 * (field 0: of the line as a whole). Returns -1.
 */
int rec_rows_fail(const struct rec_rows *r, size_t i, int field, struct rec_err *e, const char *fmt,
		  ...) REC_PRINTF(5, 6);

/*
 * All rows in any order, for work that does not depend on it, such as counting:
 * each thread of the pool visits some thousand rows at a time while they are in
 * its cache. rows are valid during the visit. A visit that fails because of
 * rows[i] sets *bad = i, and the message gets the place of that row; other
 * failures leave *bad alone.
 */
typedef int rec_rows_visit(void *arg, unsigned thread, const struct rec_row *rows, size_t n,
			   size_t *bad, struct rec_err *e);
REC_MUST int rec_rows_each(struct rec_rows *r, rec_rows_visit *visit, void *arg, struct rec_err *e);

/*
 * For a conversation over a pipe: the next line, as soon as it is there, of
 * text alone. 1 and *row, until the next call; 0; -1. An empty line, which ends
 * a request, has row_len 0 and has 0. Not to be mixed with the calls above.
 */
REC_MUST int rec_rows_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e);

/* Rows so far. */
uint64_t rec_rows_count(const struct rec_rows *r);

/*
 * What was lost of the numbers so far, where the rows become anything but text;
 * as long as the reader.
 */
const struct rec_lost *rec_rows_lost(const struct rec_rows *r);

/* -- out -------------------------------------------------------------- */

/*
 * A row as a line of text, newline included. rec_row_put writes it to memory of
 * at least rec_row_max(row) bytes and returns its length: for threads that fill
 * buffers of their own.
 */
REC_MUST int rec_row_write(struct rec_out *out, const struct rec_row *row, struct rec_err *e);
size_t rec_row_max(const struct rec_row *row);
size_t rec_row_put(char *to, const struct rec_row *row);

/*
 * Rows as recmat, in the order they come: blocks of order stream and of bounded
 * size. So memory is bounded, and a label is written once a block.
 */
struct rec_stream_out;

/* Borrows out. */
REC_MUST int rec_stream_out_new(struct rec_stream_out **s, struct rec_out *out, struct rec_err *e);

/*
 * A name for the blocks to come, as rec_block_name_ok has it; without it they
 * have none. name is borrowed.
 */
void rec_stream_out_name(struct rec_stream_out *s, const char *name);
REC_MUST int rec_stream_out_row(struct rec_stream_out *s, const struct rec_row *row,
				struct rec_err *e);

/* The last block, then the end mark. Without it a reader finds a cut file. */
REC_MUST int rec_stream_out_end(struct rec_stream_out *s, struct rec_err *e);
void rec_stream_out_free(struct rec_stream_out *s);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * rows/private.h - what the files of rows share: rows.c, rows/text.c,
 * rows/blocks.c, rows/line.c.
 */
#ifndef REC_ROWS_PRIVATE_H
#define REC_ROWS_PRIVATE_H

#include "recmat/recmat.h"
#include "rows/lines.h"
#include "rows/rows.h"

/* rows parsed at a time: with their text they stay in the second-level cache */
enum { REC_ROWS_BATCH = 2048 };

/* Lines parsed for rec_rows_next; a bad one comes behind n good ones. */
struct rec_rows_piece {
	struct rec_row *rows;
	size_t n, cap;
	bool failed, explained;		/* explained: the message names the stream already */
	bool lost;			/* some row has digits that are not kept */
	struct rec_err err;
};

/*
 * What a thread visited; on a cache line of its own. Numbers that lose digits
 * are counted; of the region, the first row with one of each kind is kept.
 */
enum { REC_LOST_KINDS = 3 };	/* values, times, wide times */
struct rec_rows_tally {
	_Alignas(64) uint64_t n;
	bool tab;
	uint64_t lost[REC_LOST_KINDS];
	struct rec_row first[REC_LOST_KINDS];
};

struct rec_rows {
	struct rec_in *in;
	struct rec_pool *pool;
	unsigned flags;
	bool binary;
	bool tab;			/* some line held a TAB */
	/*
	 * rows given out; in text also the lines before the present region or
	 * piece
	 */
	uint64_t count;
	struct rec_row *scratch;	/* REC_ROWS_BATCH a thread */
	struct rec_rows_tally *tally;	/* one a thread */

	struct rec_lost lost;

	/* what rec_rows_next gave last */
	size_t batch_n;

	/* text */
	struct rec_lines *lines;
	struct rec_rows_piece *pieces;
	size_t npieces, pieces_cap, piece;

	/* recmat */
	struct rec_recmat *recmat;
	struct rec_block block;
	uint64_t blocks;		/* that were read, this one included */
	bool in_block;
	uint32_t *lone;			/* stream: rows that no cell names */
	uint64_t nlone;
	uint64_t at_row, at_cell;	/* where rec_rows_next stands */

	/* one line at a time */
	char *line;
	size_t line_cap, line_at, line_n;
	bool line_end;
	uint64_t line_number;
};

/* scratch and tally, or tally alone, once. */
REC_MUST int rec_rows_scratch(struct rec_rows *r, struct rec_err *e);
REC_MUST int rec_rows_tallies(struct rec_rows *r, struct rec_err *e);
/* Add what the threads counted, from zero, to r->count. */
void rec_rows_add_tally(struct rec_rows *r);
/*
 * What is known of a line (first: that of the stream) that could not be parsed
 * goes into its message: another format by the first bytes of the stream (then
 * true: the message names the stream, and no line), a line of column names
 * where numbers are wanted.
 */
bool rec_rows_explain(const struct rec_rows *r, const char *line, const char *end, bool first,
		      struct rec_err *e);
/* "FILE:LINE: " before a message that explain did not replace. Returns -1. */
int rec_rows_bad_line(const struct rec_rows *r, const char *p, const char *end, uint64_t line,
		      struct rec_err *e);
/* The first line of a stream: tell where it reads like names of columns. */
void rec_rows_first_line(const struct rec_rows *r, const char *p, const char *end);
/*
 * At the end of a text: no line held a TAB, and it is surely another format
 * (not with REC_ROWS_ANYHOW).
 */
REC_MUST int rec_rows_end(const struct rec_rows *r, struct rec_err *e);
/* One of n rows has a column. */
bool rec_rows_any_tab(const struct rec_row *rows, size_t n);
/* Numbers of n rows that lose digits, to t. */
void rec_rows_note_lost(struct rec_rows_tally *t, const struct rec_row *rows, size_t n);
/*
 * What the tallies say of the region of text at p, whose first line is `line`,
 * to r->lost.
 */
void rec_rows_add_lost(struct rec_rows *r, const char *p, uint64_t line);
/* "FILE:LINE: " or "FILE: block N: " before the message. */
int rec_rows_at_line(const struct rec_rows *r, uint64_t line, struct rec_err *e);
int rec_rows_in_block(const struct rec_rows *r, struct rec_err *e);

REC_MUST int rec_rows_text_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
				struct rec_err *e);
REC_MUST int rec_rows_text_each(struct rec_rows *r, rec_rows_visit *visit, void *arg,
				struct rec_err *e);
REC_MUST int rec_rows_recmat_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
				  struct rec_err *e);
REC_MUST int rec_rows_recmat_each(struct rec_rows *r, rec_rows_visit *visit, void *arg,
				  struct rec_err *e);

#endif

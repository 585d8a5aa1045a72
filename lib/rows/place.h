/* SPDX-License-Identifier: MIT */
/*
 * rows/place.h - what the readers of rows share: the state of a stream, what
 * its threads count, and the place in it that a message names.
 */
#ifndef REC_ROWS_PLACE_H
#define REC_ROWS_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/window.h"
#include "recmat/recmat.h"
#include "recpipe/rows.h"
#include "rows/lines.h"

/*
 * Rows that are parsed, then visited: 2048 rows of 48 bytes and their text stay
 * in the second-level cache.
 */
enum { REC_ROWS_BATCH = 2048 };

/* Lines parsed for rec_rows_next; where one is bad, it follows n good ones. */
struct rec_rows_piece {
	struct rec_row *rows;
	size_t n, cap;
	bool failed, explained;		/* explained: the message names the stream already */
	bool lost;			/* some row has digits that are not kept */
	struct rec_err err;
};

/*
 * What a thread visited, on cache lines of its own. Numbers that lose digits
 * are counted by kind, and of each kind the first row of the region is kept.
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
	 * Rows given out; while a text is read, the lines before the present
	 * region or piece.
	 */
	uint64_t count;
	struct rec_row *scratch;	/* REC_ROWS_BATCH a thread */
	struct rec_rows_tally *tally;	/* one a thread */
	struct rec_lost lost;
	size_t batch_n;			/* what rec_rows_next gave last */

	/* text */
	struct rec_lines *lines;
	struct rec_rows_piece *pieces;
	size_t npieces, pieces_cap, piece;

	/* recmat */
	struct rec_recmat *recmat;
	struct rec_block block;
	uint64_t blocks;		/* read so far, this one included */
	bool in_block;
	uint32_t *lone;			/* order stream: rows that no cell names */
	uint64_t nlone;
	uint64_t at_row, at_cell;	/* where rec_rows_next stands */

	/* text, one line at a time */
	struct rec_window held;
	size_t held_at;			/* bytes of held that were given out */
	uint64_t line_number;
};

/* Take scratch and tallies, or tallies alone, where they are not there yet. */
REC_MUST int rec_rows_scratch(struct rec_rows *r, struct rec_err *e);
REC_MUST int rec_rows_tallies(struct rec_rows *r, struct rec_err *e);
/* Move what the threads counted to r->count and r->tab. */
void rec_rows_add_tally(struct rec_rows *r);
bool rec_rows_any_tab(const struct rec_row *rows, size_t n);

/* Add the numbers of n rows that lose digits to t. */
void rec_rows_note_lost(struct rec_rows_tally *t, const struct rec_row *rows, size_t n);
/*
 * Move what the tallies hold about the region of text at p to r->lost. `line`
 * is the number of its first line.
 */
void rec_rows_add_lost(struct rec_rows *r, const char *p, uint64_t line);

/* Newlines in [p, end). */
uint64_t rec_rows_newlines(const char *p, const char *end);

/* "FILE:LINE: " or "FILE: block N: " before the message. Both return -1. */
int rec_rows_at_line(const struct rec_rows *r, uint64_t line, struct rec_err *e);
int rec_rows_in_block(const struct rec_rows *r, struct rec_err *e);

#endif

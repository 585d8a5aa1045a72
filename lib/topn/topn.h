/* SPDX-License-Identifier: MIT */
/*
 * topn.h - ranks items for rows: exact, without a rows x items matrix.
 *
 * A single factor model is scored tile by tile: up to REC_TOPN_BATCH rows
 * against a tile of packed items that stays in the second-level cache; from
 * each row of the tile the scores above the row's n-th best so far are picked
 * by the kernel and kept in a buffer (base/best.h). Memory: the packed items
 * once, and for each thread a tile of scores, so it grows with neither rows nor
 * rows x items. All other models score row by row into an accumulator over the
 * items.
 * A list depends on its row and the models alone: not on the batch it is in,
 * the thread, or the tile.
 */
#ifndef REC_TOPN_TOPN_H
#define REC_TOPN_TOPN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/best.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/mem.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/query.h"
#include "score/row.h"
#include "score/score.h"
#include "topn/popular.h"

REC_BEGIN_C

enum { REC_TOPN_BATCH = 128 };

/* What becomes of a row that no model can score. */
enum rec_cold { REC_COLD_DROP, REC_COLD_POPULAR, REC_COLD_FAIL };

struct rec_topn_opts {
	uint32_t n;
	/* leave nothing out (of similar items: but the item itself) */
	bool keep_seen;
	enum rec_cold cold;
	bool fill;			/* complete short lists from popular */
	const struct rec_popular *popular;	/* for fill and REC_COLD_POPULAR */
	const unsigned char *allowed;	/* by item; NULL for all */
};

struct rec_topn_counts {
	uint64_t rows, answered, entries;
	uint64_t cold;			/* rows that no model could score, flat ones among them */
	uint64_t flat;	/* rows whose every item has one score: nothing to rank by */
	/*
	 * lists with fewer than n entries, empty ones and those of cold rows
	 * not counted
	 */
	uint64_t shorter;
	uint64_t empty;	/* rows that a model could score, with nothing left to list */
	/*
	 * lists that nothing was left out of, because nothing was known of the
	 * row
	 */
	uint64_t bare;
	uint64_t filled;		/* entries from popularity */
	uint64_t unknown;		/* pairs of histories that name no item of any model */
};

struct rec_topn;
REC_MUST int rec_topn_new(struct rec_topn **t, const struct rec_scorer *s,
			  const struct rec_topn_opts *o, struct rec_err *e);
void rec_topn_free(struct rec_topn *t);
const struct rec_scorer *rec_topn_scorer(const struct rec_topn *t);

/* Entries a list can have: the smaller of n and the number of items. */
uint32_t rec_topn_depth(const struct rec_topn *t);
/* Entries that the making of a list needs room for. */
uint32_t rec_topn_room(const struct rec_topn *t);
/*
 * Items in the tiles, of a single factor model; REC_NONE where rows are scored
 * one by one.
 */
uint32_t rec_topn_tiled(const struct rec_topn *t);
/* Bytes of the packed items, and of what each thread needs. */
uint64_t rec_topn_size(const struct rec_topn *t, unsigned threads);

/* For one thread. */
struct rec_topn_scratch;
REC_MUST int rec_topn_scratch_new(struct rec_topn_scratch **sc, const struct rec_topn *t,
				  struct rec_err *e);
void rec_topn_scratch_free(struct rec_topn_scratch *sc);

/*
 * Answer nq <= REC_TOPN_BATCH rows: list[i].entry has room for rec_topn_room
 * entries and gets n of them, best first. An error where a score is not finite,
 * or under REC_COLD_FAIL for the first cold row. counts are added to (all but
 * unknown).
 */
REC_MUST int rec_topn_answer(const struct rec_topn *t, struct rec_topn_scratch *sc,
			     const struct rec_query *q, uint32_t nq, struct rec_top *list,
			     struct rec_topn_counts *counts, struct rec_err *e);

/*
 * A list as text, behind what b holds: label TAB item TAB score, a line an
 * entry.
 */
REC_MUST int rec_topn_print(struct rec_buf *b, const struct rec_topn *t, const char *label,
			    size_t len, const struct rec_top *list, struct rec_err *e);

/*
 * Rows to answer: the histories (rows, also those without cells), with what
 * other files say of them (NULL for nothing).
 */
struct rec_topn_rows {
	const struct rec_pairs *history, *seen, *candidates;
	uint32_t first, last;		/* rows first .. last - 1 of the histories */
};

/*
 * Set first and last to part i of n, 1 <= i <= n: borders fall on blocks of 256
 * rows, and parts take about the same time. Takes 8 bytes an item of a
 * similarity and 4 a row.
 */
REC_MUST int rec_topn_part(const struct rec_topn *t, struct rec_topn_rows *rows, uint32_t i,
			   uint32_t n, struct rec_err *e);

/*
 * Answer them all in label order, text or one ranked block. Text takes memory
 * that does not grow with the rows; recmat 12 bytes an entry.
 */
REC_MUST int rec_topn_write(const struct rec_topn *t, const struct rec_topn_rows *rows,
			    struct rec_out *out, bool binary, struct rec_topn_counts *counts,
			    struct rec_err *e);

/* Bytes that it takes besides rec_topn_size. */
uint64_t rec_topn_write_size(const struct rec_topn *t, const struct rec_topn_rows *rows,
			     bool binary);

/*
 * Answer rows as they come (grouped lines, text in and out): a row ends at the
 * next label, an empty line or the end; its list is written and flushed at
 * once, and after an empty line an empty line. history of o is not used.
 */
REC_MUST int rec_topn_stream(const struct rec_topn *t, struct rec_rows *in,
			     const struct rec_topn_rows *o, enum rec_repeats repeats,
			     struct rec_out *out, struct rec_topn_counts *counts,
			     struct rec_err *e);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * topn/topn.h - recpipe/topn.h, and what the parts of the room share.
 *
 * There are two ways to score. A single factor model scores up to
 * REC_TOPN_BATCH rows at once against tiles of packed items (topn/tiles.h): the
 * kernel picks the scores above each row's n-th best so far, and a buffer keeps
 * them (base/best.h). All other models score row by row (score/row.h).
 *
 * Memory is the packed items once, and for each thread a tile of scores or a
 * score for each item. It does not grow with rows. A list depends on its row
 * and the models alone: not on the batch, the thread or the tile.
 */
#ifndef REC_TOPN_TOPN_H
#define REC_TOPN_TOPN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/best.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "recpipe/topn.h"
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/query.h"
#include "score/row.h"
#include "score/score.h"
#include "topn/popular.h"

/* Rows of a batch: a few groups of tiles.c, so that a tile is read for all. */
enum { REC_TOPN_BATCH = 128 };

const struct rec_scorer *rec_topn_scorer(const struct rec_topn *t);

/* Entries that a list can have: the smaller of n and the number of items. */
uint32_t rec_topn_depth(const struct rec_topn *t);
/* Entries that a list needs space for while it is made. */
uint32_t rec_topn_room(const struct rec_topn *t);
/* Items in the tiles; REC_NONE where rows are scored one by one. */
uint32_t rec_topn_tiled(const struct rec_topn *t);
/* Bytes of the packed items, and of what so many threads need. */
uint64_t rec_topn_size(const struct rec_topn *t, unsigned threads);

/* What one thread needs. */
struct rec_topn_scratch;
REC_MUST int rec_topn_scratch_new(struct rec_topn_scratch **sc, const struct rec_topn *t,
				  struct rec_err *e);
void rec_topn_scratch_free(struct rec_topn_scratch *sc);

/*
 * Answer nq <= REC_TOPN_BATCH rows. list[i].entry points to rec_topn_room
 * entries; list[i].n of them are filled, best first. A score that is not finite
 * is an error, and so is a cold row under REC_COLD_FAIL. All counts but unknown
 * are added to.
 */
REC_MUST int rec_topn_answer(const struct rec_topn *t, struct rec_topn_scratch *sc,
			     const struct rec_query *q, uint32_t nq, struct rec_top *list,
			     struct rec_topn_counts *counts, struct rec_err *e);

/* Append a list to b: a line an entry, label TAB item TAB score. */
REC_MUST int rec_topn_print(struct rec_buf *b, const struct rec_topn *t, const char *label,
			    size_t len, const struct rec_top *list, struct rec_err *e);

/* Bytes that rec_topn_write takes besides rec_topn_size. */
uint64_t rec_topn_write_size(const struct rec_topn *t, const struct rec_topn_rows *rows,
			     bool binary);

#endif

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
#include "recpipe/topn.h"
#include "rows/rows.h"
#include "score/pairs.h"
#include "score/query.h"
#include "score/row.h"
#include "score/score.h"
#include "topn/popular.h"

REC_BEGIN_C

enum { REC_TOPN_BATCH = 128 };

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

/* Bytes that rec_topn_write takes besides rec_topn_size. */
uint64_t rec_topn_write_size(const struct rec_topn *t, const struct rec_topn_rows *rows,
			     bool binary);

REC_END_C

#endif

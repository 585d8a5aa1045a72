/* SPDX-License-Identifier: MIT */
/*
 * topn/topn.h - recpipe/topn.h, and what the parts of the room share.
 *
 * There are two ways to score. A single factor model scores up to
 * REC_TOPN_BATCH rows at once against tiles of items (topn/tiles.h), most of
 * which are sifted out before (topn/sift.h): the kernel picks the scores that
 * reach each row's n-th best so far, and a buffer keeps them (base/best.h). All
 * other models score row by row (score/row.h).
 *
 * Memory is the items once, packed or in 8 bits, and for each thread a tile of
 * scores or a score for each item. It does not grow with rows. A list depends
 * on its row and the models alone: not on the batch, the thread or the tile.
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
#include "recpipe/answer.h"
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
/* Entries that a list needs space for while it is made; of n entries. */
uint32_t rec_topn_room(const struct rec_topn *t);
uint32_t rec_topn_room_for(const struct rec_topn *t, uint32_t n);
bool rec_topn_keeps_seen(const struct rec_topn *t);
bool rec_topn_knows_popular(const struct rec_topn *t);
/* Items in the tiles; REC_NONE where rows are scored one by one. */
uint32_t rec_topn_tiled(const struct rec_topn *t);
/* Bytes of the packed items, and of what so many threads need. */
uint64_t rec_topn_size(const struct rec_topn *t, unsigned threads);

/* What one thread needs. */
struct rec_topn_scratch;
REC_MUST int rec_topn_scratch_new(struct rec_topn_scratch **sc, const struct rec_topn *t,
				  struct rec_err *e);
void rec_topn_scratch_free(struct rec_topn_scratch *sc);

/* What one answer may have of its own; until it is asked, the options of t. */
struct rec_topn_how {
	uint32_t n;
	enum rec_cold cold;
	bool fill;
};
void rec_topn_ask(struct rec_topn_scratch *sc, const struct rec_topn *t,
		  const struct rec_topn_how *how);

/* The row that was begun last. */
struct rec_score_scratch *rec_topn_score_scratch(struct rec_topn_scratch *sc);

/*
 * Answer nq <= REC_TOPN_BATCH rows. list[i].entry points to rec_topn_room
 * entries (rec_topn_room_for what was asked); list[i].n of them are filled,
 * best first. A score that is not finite is an error, and so is a cold row
 * under REC_COLD_FAIL. All counts but unknown
 * are added to.
 */
REC_MUST int rec_topn_answer(const struct rec_topn *t, struct rec_topn_scratch *sc,
			     const struct rec_query *q, uint32_t nq, struct rec_top *list,
			     struct rec_topn_counts *counts, struct rec_err *e);

/* Whether no model could score row i of the batch that was answered last. */
bool rec_topn_was_cold(const struct rec_topn_scratch *sc, uint32_t i);

/*
 * Append the list of q to b: a line an entry, label TAB item TAB score. Where t
 * explains, a line for each reason, with TAB item of the history TAB share
 * after that.
 */
REC_MUST int rec_topn_print(struct rec_buf *b, const struct rec_topn *t,
			    struct rec_topn_scratch *sc, const struct rec_query *q,
			    const struct rec_top *list, struct rec_err *e);

/* The score that is explained, and where the answer goes. */
struct rec_topn_why {
	uint32_t item, k;
	double *term;			/* room for the history */
	struct rec_reason *reason;	/* room for k */
	uint32_t *n;
};
REC_MUST int rec_topn_reasons(const struct rec_topn *t, struct rec_topn_scratch *sc,
			      const struct rec_query *q, const struct rec_topn_why *why,
			      struct rec_err *e);

/*
 * The reasons that the options of t ask for; *n = 0 where they ask for none.
 * They stay until the next call.
 */
REC_MUST int rec_topn_explain(const struct rec_topn *t, struct rec_topn_scratch *sc,
			      const struct rec_query *q, uint32_t item,
			      const struct rec_reason **reason, uint32_t *n, struct rec_err *e);

/* Bytes that rec_topn_write takes besides rec_topn_size. */
uint64_t rec_topn_write_size(const struct rec_topn *t, const struct rec_topn_rows *rows,
			     bool binary);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * topn/tiles.h - many rows at once against the items of a single model whose
 * scores are products with one table (score/factor_table.h); for topn.c alone.
 */
#ifndef REC_TOPN_TILES_H
#define REC_TOPN_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/best.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "score/row.h"
#include "score/score.h"
#include "score/factor_table.h"

/*
 * The items that may be listed, packed in tiles; a position counts them in
 * label order.
 */
struct rec_tiles {
	const struct rec_run *run;
	/* the model: rows of the table are candidates of the part; borrowed */
	const struct rec_scorer_part *part;
	const struct rec_factor_table *table;
	bool keep_seen;
	float *packed;
	float *offset;			/* by position, or NULL */
	uint32_t *position_to_item;	/* NULL where all items are there */
	uint32_t *item_to_position;	/* or REC_NONE; NULL likewise */
	uint32_t n, tile;		/* items in all, and in a tile: a multiple of 16 */
};

/* For one thread: the rows of a batch, each in a slot. */
struct rec_tile_scratch {
	uint32_t m;			/* slots taken */
	uint32_t *query;		/* by slot: which query of the batch it is */
	float *vector;			/* a padded vector a slot */
	/*
	 * positions that a slot leaves out: out[out_ptr[slot]] ..., ascending
	 */
	uint32_t *out_ptr, *out;
	size_t out_cap;
	uint32_t *walk;			/* how far a slot has come in out */
	float *score;			/* of a group of slots over a tile */
	uint32_t *above;
};

/*
 * Of a scorer that has a table. Items with allowed[item] = 0 are not there
 * (allowed NULL: none is missing). keep_seen: rows leave nothing out but
 * themselves.
 */
REC_MUST int rec_tiles_new(struct rec_tiles *t, const struct rec_scorer *s,
			   const unsigned char *allowed, bool keep_seen, struct rec_err *e);
void rec_tiles_free(struct rec_tiles *t);

/* batch: the most slots that will be taken. */
REC_MUST int rec_tile_scratch_new(struct rec_tile_scratch *sc, const struct rec_tiles *t,
				  uint32_t batch, struct rec_err *e);
void rec_tile_scratch_free(struct rec_tile_scratch *sc);

/* Bytes of the tiles, and of the vectors and scores of a scratch. */
uint64_t rec_tiles_size(const struct rec_tiles *t);
uint64_t rec_tile_scratch_size(const struct rec_tiles *t, uint32_t batch);

/*
 * Take no slot; then a slot for query number `query` of the batch, which is q;
 * self is its own item, or REC_NONE.
 */
void rec_tiles_begin(struct rec_tile_scratch *sc);
REC_MUST int rec_tiles_add(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t query,
			   const struct rec_query *q, uint32_t self, const float *vector,
			   struct rec_err *e);

/*
 * Offer all items to list[query] of every slot. REC_NONE, or a query that has a
 * score that is not a number.
 */
REC_MUST uint32_t rec_tiles_rank(const struct rec_tiles *t, struct rec_tile_scratch *sc,
				 struct rec_top *list);

#endif

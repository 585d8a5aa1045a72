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
#include "score/factor_table.h"
#include "score/row.h"
#include "score/score.h"

/*
 * The items that may be listed, packed in tiles. They are numbered by position,
 * ascending by label.
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

/*
 * For one thread: the rows of a batch that the tiles rank. Each has a slot, so
 * that their vectors stand side by side.
 */
struct rec_tile_scratch {
	uint32_t m;			/* slots taken */
	uint32_t *query;		/* by slot: the number of its row in the batch */
	float *vector;			/* by slot: its vector, padded with zeros */
	/*
	 * Positions that a slot leaves out, ascending: out[out_ptr[slot]] up to
	 * out[out_ptr[slot + 1]].
	 */
	uint32_t *out_ptr, *out;
	size_t out_cap;
	uint32_t *walk;			/* by slot: how far it has come in out */
	float *score;			/* of a group of slots over a tile */
	uint32_t *above;		/* positions in a tile that the kernel picked */
};

/*
 * s has a table (rec_scorer_table). Items with allowed[item] = 0 are left out;
 * allowed NULL leaves none out. keep_seen: a list may hold what its row holds.
 */
REC_MUST int rec_tiles_new(struct rec_tiles *t, const struct rec_scorer *s,
			   const unsigned char *allowed, bool keep_seen, struct rec_err *e);
void rec_tiles_free(struct rec_tiles *t);

/* At most `batch` slots will be taken. */
REC_MUST int rec_tile_scratch_new(struct rec_tile_scratch *sc, const struct rec_tiles *t,
				  uint32_t batch, struct rec_err *e);
void rec_tile_scratch_free(struct rec_tile_scratch *sc);

/* Bytes of the tiles, and of the vectors and scores of a scratch. */
uint64_t rec_tiles_size(const struct rec_tiles *t);
uint64_t rec_tile_scratch_size(const struct rec_tiles *t, uint32_t batch);

/*
 * Begin a batch without slots; then take a slot for q, which is number `query`
 * of the batch and has this vector. self is its own item (similar items), or
 * REC_NONE.
 */
void rec_tiles_begin(struct rec_tile_scratch *sc);
REC_MUST int rec_tiles_add(const struct rec_tiles *t, struct rec_tile_scratch *sc, uint32_t query,
			   const struct rec_query *q, uint32_t self, const float *vector,
			   struct rec_err *e);

/*
 * Offer all items to list[query] of every slot. Returns REC_NONE, or the number
 * of a query with a score that is not a number.
 */
REC_MUST uint32_t rec_tiles_rank(const struct rec_tiles *t, struct rec_tile_scratch *sc,
				 struct rec_top *list);

#endif

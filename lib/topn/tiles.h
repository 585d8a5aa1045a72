/* SPDX-License-Identifier: MIT */
/*
 * topn/tiles.h - many rows at once against the items of a single model whose
 * scores are products with one table (score/factor_table.h); for topn.c alone.
 *
 * Items stand in the order of their norms, the longest first: these have most
 * of the high scores. They are packed in tiles and scored for all rows. That
 * sets each row's bound, its n-th best score so far. The items that follow are
 * sifted first (topn/sift.h), and those that stay are scored from the table.
 * Where nothing is sifted, all are packed; for few rows, none is.
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
#include "topn/sift.h"

/* The items that may be listed, numbered by position. */
struct rec_tiles {
	const struct rec_run *run;
	/* the model: rows of the table are candidates of the part; borrowed */
	const struct rec_scorer_part *part;
	const struct rec_factor_table *table;
	bool keep_seen, bare;		/* bare: none is packed or sifted */
	uint32_t *row;			/* by position: the row of the table */
	uint32_t *item_to_position;	/* or REC_NONE */
	uint32_t n;			/* items in all */
	uint32_t packed_n;		/* those of them that are packed, the first */
	uint32_t tile;			/* items of a tile: a multiple of 16 */
	float *packed;
	float *offset;			/* of the packed, or NULL */
	struct rec_sift sift;		/* of the others */
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
	/* where items are sifted */
	struct rec_sift_row *sift;	/* by slot */
	int32_t *code;			/* by slot: its row in whole numbers */
	/* by slot: positions that wait to be scored, below 16 */
	uint32_t *waiting, *wait;
	int32_t *beside;		/* the codes of a group of slots, side by side */
	uint16_t *mask;			/* of a group of slots over a block */
};

/*
 * s has a table (rec_scorer_table). Items with allowed[item] = 0 are left out;
 * allowed NULL leaves none out. keep_seen: a list may hold what its row holds.
 * Lists will have about `depth` entries. few: rows to come are few, so that
 * nothing is made ready for them: each row reads the table as it lies. Not
 * where items have offsets.
 */
struct rec_tiles_opts {
	const unsigned char *allowed;
	bool keep_seen, few;
	uint32_t depth;
};
REC_MUST int rec_tiles_new(struct rec_tiles *t, const struct rec_scorer *s,
			   const struct rec_tiles_opts *o, struct rec_err *e);
void rec_tiles_free(struct rec_tiles *t);

/* At most `batch` slots will be taken. */
REC_MUST int rec_tile_scratch_new(struct rec_tile_scratch *sc, const struct rec_tiles *t,
				  uint32_t batch, struct rec_err *e);
void rec_tile_scratch_free(struct rec_tile_scratch *sc);

/* Bytes of the items, and of a scratch. */
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

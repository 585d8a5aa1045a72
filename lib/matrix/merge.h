/* SPDX-License-Identifier: MIT */
/*
 * merge.h - puts the blocks of several recmat streams together by label. Blocks
 * of the same name become one block (canonical, ranked or dense), so parts give
 * the bytes of the whole.
 *
 *   sparse, name ""        the cells of canonical and stream blocks; the rule
 *                          for repeats decides on a pair that appears twice
 *   sparse with a name     the rows of the parts if the parts are in order;
 *                          else their cells, and a pair that appears twice is
 *                          an error
 *   ranked, dense          the rows of the parts; a row that appears twice is
 *                          an error; dense parts must have the same columns,
 *                          and parts without rows add nothing
 *   metadata               rec_meta_merge
 *
 * If a name has one block, the block stays where it lies (in the mapped file).
 * Otherwise the memory is that of the parts (except mapped ones) and of the
 * result; combining cells takes another 24 bytes a cell.
 */
#ifndef REC_MATRIX_MERGE_H
#define REC_MATRIX_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/out.h"
#include "matrix/sparse.h"
#include "recmat/meta.h"
#include "recmat/recmat.h"

struct rec_merge {
	enum rec_repeats repeats;	/* for cells; not KEEP */
	bool trust;
	/*
	 * name of the block that a text input becomes: "" (with times) or
	 * "similarity"; NULL: text is an error
	 */
	const char *text_name;
	/*
	 * A metadata key, that of the sweep of a factorisation, or NULL. Its
	 * number may differ between names, but not among the parts of one name.
	 * The result has the largest.
	 */
	const char *sweep;
};

struct rec_merged {
	struct rec_meta meta;
	/*
	 * n blocks, in the order in which their names first appeared; none has
	 * order stream
	 */
	struct rec_block *block;
	size_t n;
	bool text;			/* some input was text */
	/* counts numbers of text inputs with more digits than are kept */
	struct rec_lost lost;
	struct rec_merge_keep *keep;	/* the memory that holds the blocks */
};

void rec_merged_free(struct rec_merged *m);

/* Read and merge n inputs. Takes over all of them, also on failure. */
REC_MUST int rec_blocks_merge(struct rec_merged *m, struct rec_in *const *in, size_t n,
			      const struct rec_merge *how, struct rec_pool *pool,
			      struct rec_err *e);

/* Write one stream: metadata if there are any, the blocks, the end mark. */
REC_MUST int rec_merged_write(struct rec_out *out, const struct rec_merged *m,
			      struct rec_pool *pool, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * merge.h - the blocks of several recmat streams put together by label: blocks
 * of the same name become one canonical (or ranked, or dense) block, so that
 * parts give the bytes of the whole.
 *
 *   sparse, name ""        cells of canonical and stream blocks; a pair that is
 *                          there twice falls under the rule for repeats
 *   sparse with a name     rows of the parts where they are in order; else
 *                          cells, and a pair twice is an error
 *   ranked, dense          rows of the parts; a row twice is an error; dense
 *                          parts have the same columns, and those without rows
 *                          add nothing
 *   metadata               rec_meta_merge
 *
 * A name with one block keeps that block where it lies (in the mapped file).
 * Otherwise memory is that of the parts (mapped ones apart) and of the result,
 * for cells another 24 bytes each.
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
	enum rec_repeats repeats;	/* of cells; not KEEP */
	bool trust;
	/*
	 * what a text input is read as: "" (with times) or "similarity"; NULL:
	 * text is an error
	 */
	const char *text_name;
	/*
	 * A key of the metadata whose number may differ between names, but not
	 * among the parts of a name: the sweep of a factorisation. The largest
	 * stays. NULL: none.
	 */
	const char *sweep;
};

struct rec_merged {
	struct rec_meta meta;
	/*
	 * n of them, in the order in which their names came first; none is of
	 * order stream
	 */
	struct rec_block *block;
	size_t n;
	bool text;			/* some input was text */
	/* numbers of text inputs that have more digits than are kept */
	struct rec_lost lost;
	struct rec_merge_keep *keep;	/* what the blocks lie in */
};

void rec_merged_free(struct rec_merged *m);

/* Read and merge n inputs. Takes all of them over, also on failure. */
REC_MUST int rec_blocks_merge(struct rec_merged *m, struct rec_in *const *in, size_t n,
			      const struct rec_merge *how, struct rec_pool *pool,
			      struct rec_err *e);

/* One stream: metadata where there are any, the blocks, the end mark. */
REC_MUST int rec_merged_write(struct rec_out *out, const struct rec_merged *m,
			      struct rec_pool *pool, struct rec_err *e);

#endif

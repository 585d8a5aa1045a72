/* SPDX-License-Identifier: MIT */
/*
 * load.h - an input, text or recmat, to a sparse matrix.
 *
 * Pieces of the input are parsed and their labels numbered by all threads (a
 * concurrent table, so each label is held once); then labels are sorted, cells
 * are counted out to their rows and sorted within. Peak memory is at most 40
 * bytes a row of input (24 without times) plus labels. A canonical recmat file
 * is mapped and used in place. The result depends on the multiset of rows
 * alone.
 */
#ifndef REC_MATRIX_LOAD_H
#define REC_MATRIX_LOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "matrix/sparse.h"

REC_BEGIN_C

struct rec_load {
	enum rec_repeats repeats;
	bool times;		/* keep times (also needed for LAST, where it is implied) */
	bool scores;		/* lists: times are scores in double (REC_ROWS_SCORES) */
	/*
	 * whole times above 2^53 whose digits do not fit are an error, not
	 * counted (LAST: where a pair repeats)
	 */
	bool compare_times;
	bool label_only;	/* rec-topn: a line with a label alone makes a row without cells */
	/*
	 * label_only: not an error where no line has a TAB and the text is
	 * surely another format; see looks above
	 */
	bool anyhow;
	bool trust;
	/*
	 * not wanted, nor what follows from values (has_value, rating_like,
	 * negative): a matrix used in place is read once less
	 */
	bool no_digest;
	const char *what;	/* for messages, such as "truth"; NULL for none */
	/*
	 * cells beyond its room go to temporary files, and mapped input is kept
	 * within it (labels stay in memory); NULL: all in memory
	 */
	struct rec_spill *spill;
};

/*
 * Load all of in (text or recmat). Takes in over, also on failure. An input
 * without any row gives an empty matrix and 0.
 */
REC_MUST int rec_sparse_load(struct rec_sparse *s, struct rec_in *in, const struct rec_load *how,
			     struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif

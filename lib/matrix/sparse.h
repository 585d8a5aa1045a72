/* SPDX-License-Identifier: MIT */
/*
 * sparse.h - a labelled sparse matrix, canonical: what a command that needs the
 * whole of its input holds. load.h makes one of an input, build.h of cells.
 */
#ifndef REC_MATRIX_SPARSE_H
#define REC_MATRIX_SPARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/digest.h"
#include "matrix/labels.h"
#include "recmat/meta.h"

REC_BEGIN_C

/*
 * What becomes of a pair that is there more than once. Sums are taken in double
 * in the order of (time, value), where times are held, else of value, and
 * rounded once; a missing time comes first. KEEP keeps all cells in that order;
 * the others keep the latest time. LAST takes the value with the latest time,
 * of those the largest, and is an error where a repeated row has no time.
 */
enum rec_repeats {
	REC_REPEATS_SUM,
	REC_REPEATS_MAX,
	REC_REPEATS_LAST,
	REC_REPEATS_FAIL,
	REC_REPEATS_KEEP
};

/*
 * A score that differs from its double: a cell, and a hash of the number as it
 * was written.
 */
struct rec_beyond {
	uint32_t row, col;
	uint64_t hash;
};

/* Seconds reach it in the year 5138, milliseconds in 1973. */
#define REC_LARGE_TIME 1e11

struct rec_sparse {
	/*
	 * every row and column holds at least one cell (rows: but for
	 * label_only)
	 */
	struct rec_labels row, col;
	struct rec_csr m;
	struct rec_digest digest;
	/*
	 * some input row carried a value; else every value is 1 because none
	 * was given
	 */
	bool has_value;
	/*
	 * at most 20 distinct values, all <= 10, not all equal (for a hint on
	 * stderr)
	 */
	bool rating_like;
	bool negative;			/* some value < 0 */
	/*
	 * Times of input rows, and how many of them are beyond REC_LARGE_TIME:
	 * where some are and others not, two units may be mixed.
	 */
	uint64_t times, large_times;
	/*
	 * scores: those that have more digits than a double, in canonical order
	 */
	struct rec_beyond *beyond;
	size_t nbeyond;
	/*
	 * scores: a ranked block had equal ones out of label order; its doubles
	 * keep the order
	 */
	bool ranked_ties;
	struct rec_lost lost;		/* numbers of text that have more digits than are kept */
	uint64_t repeats;		/* rows of input that repeated an earlier pair */
	uint64_t label_only_rows;	/* rows of the matrix without cells */
	/*
	 * label_only: what a text without any TAB looks like (io/looks.h), or
	 * NULL
	 */
	const struct rec_looks *looks;
	char name[32];			/* of the first block of recmat; "" otherwise */
	struct rec_in *in;		/* kept open where the matrix lies in its mapping */
	struct rec_block *block;	/* kept where the matrix lies in a block that was read */
};

void rec_sparse_free(struct rec_sparse *s);

/*
 * Write as text (row, col, value[, time]) or as one canonical block named name
 * with end mark (meta, where not NULL and not empty, as a block before it).
 */
REC_MUST int rec_sparse_write(struct rec_out *out, const struct rec_sparse *s, bool binary,
			      const char *name, const struct rec_meta *meta, struct rec_pool *pool,
			      struct rec_err *e);

REC_END_C

#endif

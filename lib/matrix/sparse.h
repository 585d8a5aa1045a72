/* SPDX-License-Identifier: MIT */
/*
 * sparse.h - a labelled sparse matrix, canonical: what a command that needs the
 * whole of its input holds.
 *
 * Loading: pieces of the input are parsed and their labels numbered by all
 * threads (a concurrent table, so each label is held once); then labels are
 * sorted, cells are counted out to their rows and sorted within. Peak memory is
 * at most 40 bytes a row of input (without times 24) plus labels. A canonical
 * recmat file is mapped and used in place. The result depends on the multiset
 * of rows alone.
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
 * Digest of the cells as read (before repeats are combined): two sums modulo
 * 2^64 of keyed hashes of (row label, column label, value, time), so it does
 * not depend on order or encoding, and adds up over shards. With r and c
 * rec_hash(label, 0), v the bits of the float32 value, t those of the double
 * time (0x7ff8000000000000 where missing; a missing value is 1, negative zeros
 * are 0) and m = rec_mix, a cell adds
 *     m(m(p ^ t) ^ v)  to sum[0], m(m(p + t) - v) to sum[1], p = m(m(r) ^ c).
 */
struct rec_digest {
	uint64_t sum[2];
	uint64_t cells;
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

void rec_sparse_free(struct rec_sparse *s);

/*
 * Load all of in (text or recmat). Takes in over, also on failure. An input
 * without any row gives an empty matrix and 0.
 */
REC_MUST int rec_sparse_load(struct rec_sparse *s, struct rec_in *in, const struct rec_load *how,
			     struct rec_pool *pool, struct rec_err *e);

/*
 * Write as text (row, col, value[, time]) or as one canonical block named name
 * with end mark (meta, where not NULL and not empty, as a block before it).
 */
REC_MUST int rec_sparse_write(struct rec_out *out, const struct rec_sparse *s, bool binary,
			      const char *name, const struct rec_meta *meta, struct rec_pool *pool,
			      struct rec_err *e);

/*
 * Build a matrix from cells that the caller made (splits, merges): row and col
 * index given label sets; cells may come in any order; labels without cells are
 * dropped. Combines repeats by rule.
 */
struct rec_cell {
	uint32_t row, col;
	float value;
	double time;	/* NaN where missing */
};
REC_MUST int rec_sparse_build(struct rec_sparse *s, const struct rec_labels *row,
			      const struct rec_labels *col, const struct rec_cell *cell, uint64_t n,
			      enum rec_repeats repeats, bool times, struct rec_pool *pool,
			      struct rec_err *e);

/* Digest of one cell, added to d. time NaN where missing. */
void rec_digest_add(struct rec_digest *d, uint64_t row_hash, uint64_t col_hash, float value,
		    double time);
/* Sets digest (32 hexadecimal digits) and cells in meta. */
REC_MUST int rec_digest_meta(struct rec_meta *m, const struct rec_digest *d, struct rec_err *e);

REC_END_C

#endif

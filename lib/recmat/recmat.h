/* SPDX-License-Identifier: MIT */
/*
 * recmat.h - the binary form, specified to the byte in recmat(5): a stream of
 * self-contained blocks, then an end mark that counts them; streams
 * concatenate. Every block that a reader hands out has passed all checks:
 * header, sizes against what is there (before anything is allocated), section
 * table, pointers, indices, label order, CRCs, finite values.
 */
#ifndef REC_RECMAT_RECMAT_H
#define REC_RECMAT_RECMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/out.h"

REC_BEGIN_C

enum rec_kind { REC_SPARSE = 1, REC_DENSE = 2, REC_META = 3, REC_KEYS = 4 };
/* sparse only; 0 for others */
enum rec_order { REC_CANONICAL = 1, REC_RANKED = 2, REC_STREAM = 3 };
enum { REC_NAME_MAX = 32 };	/* name of a block, NUL included */

/*
 * Scores of an implicit model, so that nobody takes them for predicted ratings.
 */
#define REC_SCORES_IMPLICIT "implicit-scores"

/*
 * One block in memory: written from, and read into. Pointers that don't apply
 * are NULL.
 *   sparse canonical  row_off, row_bytes, col_off, col_bytes, ptr (rows + 1),
 *                     col (nnz), val (nnz, finite), time (nnz or NULL; NaN
 *                     where missing)
 *   sparse ranked     the same; entries of a row in rank order: value
 *                     descending, then column label ascending
 *   sparse stream     labels as above; row (nnz), col (nnz), val (NaN where
 *                     missing), time (NaN where missing) or NULL; as the rows
 *                     came
 *   dense             row labels; val rows x cols row-major, finite; column
 *                     labels or NULL
 *   meta              meta, meta_len: text of meta.h
 *   keys              key (rows), numbers that do not descend; always optional.
 *                     For readers that ask for them (rec_recmat_want_keys)
 * Labels ascend by bytes and are unique: off has n + 1 entries, label i is
 * bytes[off[i]] .. bytes[off[i + 1]].
 */
struct rec_block {
	enum rec_kind kind;
	enum rec_order order;
	/*
	 * "" for interactions and lists, "user", "item", "similarity", "offset"
	 * ...
	 */
	char name[REC_NAME_MAX];
	bool optional;			/* a reader that doesn't know it may skip it */
	uint64_t rows, cols, nnz;
	const uint64_t *row_off, *col_off, *ptr;
	const char *row_bytes, *col_bytes;
	const uint32_t *row, *col;
	const float *val;
	const double *time;
	const uint64_t *key;
	const char *meta;
	size_t meta_len;
	/*
	 * borrowed: the file that it all lies in, where not all of it may be
	 * resident (base/far.h); else NULL
	 */
	struct rec_far *far;
	/* memory that rec_block_free releases; NULL where mapped or borrowed */
	void *own;
};

void rec_block_free(struct rec_block *b);

/*
 * Names go into messages and file names as they are: at most 31 printable ASCII
 * characters, no blank among them. What is longer is kept cut and without its
 * NUL, so that it is refused when it is written.
 */
bool rec_block_name_ok(const char *name);
void rec_block_name(struct rec_block *b, const char *name);

/*
 * True where the next bytes of in are those of a recmat stream. -1 on a read
 * error.
 */
REC_MUST int rec_recmat_is(struct rec_in *in, struct rec_err *e);

struct rec_recmat;

/*
 * Borrow in, which must outlive the reader and its blocks (they may lie in its
 * mapping). trust skips section CRCs only.
 */
REC_MUST int rec_recmat_open(struct rec_recmat **r, struct rec_in *in, bool trust,
			     struct rec_pool *pool, struct rec_err *e);
void rec_recmat_close(struct rec_recmat *r);

/*
 * Hand out blocks of keys, too, which are skipped else. Before the first block.
 */
void rec_recmat_want_keys(struct rec_recmat *r);

/*
 * The next block: 1, 0 at the proper end (an end mark with the right count,
 * nothing behind it but further streams), -1. Free each block. Unknown kinds
 * flagged optional are skipped, others are an error. Mapped files are not
 * copied: blocks stay valid until in is closed.
 */
REC_MUST int rec_recmat_next(struct rec_recmat *r, struct rec_block *b, struct rec_err *e);

/*
 * Write one block; fields as above, sizes are trusted, a name that no reader
 * takes is an error, CRCs are computed by the pool. Then the end mark, which
 * counts the blocks.
 */
REC_MUST int rec_recmat_write(struct rec_out *out, const struct rec_block *b, struct rec_pool *pool,
			      struct rec_err *e);
REC_MUST int rec_recmat_end(struct rec_out *out, uint64_t nblocks, struct rec_err *e);

/* Bytes that the block takes in a stream. */
uint64_t rec_recmat_size(const struct rec_block *b);

/*
 * Rows in the order they come, in blocks of order stream and bounded size
 * (rec-split, rec-score, rec-cat): memory is bounded, labels are written once a
 * block.
 */
struct rec_row;
struct rec_stream_out;
REC_MUST int rec_stream_out_new(struct rec_stream_out **s, struct rec_out *out, struct rec_err *e);
/* Name the blocks to come (rec_block_name_ok); without it they have none. */
void rec_stream_out_name(struct rec_stream_out *s, const char *name);
REC_MUST int rec_stream_out_row(struct rec_stream_out *s, const struct rec_row *row,
				struct rec_err *e);
/* last block and end mark */
REC_MUST int rec_stream_out_end(struct rec_stream_out *s, struct rec_err *e);
void rec_stream_out_free(struct rec_stream_out *s);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * recpipe/recmat.h - the binary form block by block, as recmat(5) has it.
 *
 * Most programs do not need this header: rows.h reads interactions, matrix.h
 * matrices, model.h models, whichever form they come in. It is for programs
 * that make or take blocks themselves, such as a converter, or a trainer of
 * factors that rec-topn then ranks with.
 *
 * A stream is any number of blocks and an end mark that counts them. Streams
 * concatenate: `cat a.rec b.rec` is valid. A file without an end mark was cut
 * off, and reading it fails.
 *
 * A block that the reader hands out has passed every check of the format:
 * header, sizes (against what is there, before anything is allocated), CRCs,
 * pointers, indices, order of labels and cells, finite values. So a program may
 * use it without looking.
 */
#ifndef RECPIPE_RECMAT_H
#define RECPIPE_RECMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/pool.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/* -- metadata --------------------------------------------------------- */

/*
 * Keys and values of text, sorted by key. Keys consist of [a-z0-9._-], values
 * hold no TAB, newline or NUL. Numbers are written with as many digits as it
 * takes to read the same number back, so that equal runs give equal bytes.
 */
struct rec_meta_entry {
	char *key, *value;
};

struct rec_meta {
	struct rec_meta_entry *entry;
	size_t n, cap;
};

void rec_meta_free(struct rec_meta *m);

/* Set or replace; key and value are copied. */
REC_MUST int rec_meta_set(struct rec_meta *m, const char *key, const char *value,
			  struct rec_err *e);
REC_MUST int rec_meta_set_f64(struct rec_meta *m, const char *key, double value, struct rec_err *e);
REC_MUST int rec_meta_set_u64(struct rec_meta *m, const char *key, uint64_t value,
			      struct rec_err *e);

/* The value, or NULL; until m changes. */
const char *rec_meta_get(const struct rec_meta *m, const char *key);

/*
 * The value as a number: 1 found, 0 not there, -1 there and no number. *x is
 * set where it is found.
 */
REC_MUST int rec_meta_get_f64(const struct rec_meta *m, const char *key, double *x,
			      struct rec_err *e);
REC_MUST int rec_meta_get_u64(const struct rec_meta *m, const char *key, uint64_t *x,
			      struct rec_err *e);

/* -- blocks ----------------------------------------------------------- */

enum rec_kind {
	REC_SPARSE = 1,	/* cells of rows and columns that have labels */
	REC_DENSE = 2,	/* every row has a value in every column */
	REC_META = 3,	/* keys and values of text */
	REC_KEYS = 4,	/* numbers that do not descend */
};

/* Of a sparse block; 0 for the others. */
enum rec_order {
	REC_CANONICAL = 1,	/* columns ascend in each row */
	REC_RANKED = 2,		/* values descend in each row: lists */
	REC_STREAM = 3,		/* cells as they came, pairs may repeat */
};

enum { REC_NAME_MAX = 32 };	/* bytes of the name of a block, NUL included */

/*
 * One block in memory: read into, or filled by the program and written. What a
 * kind does not have is NULL.
 *
 *   canonical  row and column labels, ptr, col, val, perhaps time
 *   ranked     the same; of equal values the smaller column first
 *   stream     row and column labels, row, col, val, perhaps time
 *   dense      row labels, val; column labels or none
 *   meta       meta, meta_len
 *   keys       key; always optional
 *
 * The labels of a side ascend by their bytes and are unique. Label i is
 * bytes[off[i]] .. bytes[off[i + 1] - 1], without NUL; off[0] is 0.
 */
struct rec_block {
	enum rec_kind kind;
	enum rec_order order;
	/*
	 * "" for interactions and lists; "user" and "item" for factors,
	 * "similarity", "offset"
	 */
	char name[REC_NAME_MAX];
	bool optional;		/* who does not know the kind may skip it */
	uint64_t rows, cols;	/* at most 0xfffffffe */
	uint64_t nnz;		/* cells of a sparse block */
	const uint64_t *row_off, *col_off;	/* rows + 1, cols + 1 */
	const char *row_bytes, *col_bytes;
	const uint64_t *ptr;	/* rows + 1: cells of row i are ptr[i] .. ptr[i + 1] - 1 */
	const uint32_t *row, *col;	/* nnz indices */
	/*
	 * sparse: nnz, dense: rows x cols, row by row. Finite; in order stream
	 * NaN is a value that was not given, which counts as 1.
	 */
	const float *val;
	const double *time;	/* nnz; NaN is a time that was not given */
	const uint64_t *key;	/* rows */
	const char *meta;	/* lines of key, TAB, value, newline; keys ascend */
	size_t meta_len;
	/*
	 * The library's: where the arrays lie, and what rec_block_free
	 * releases. {0} in a block that the program filled.
	 */
	struct rec_far *far;
	void *own;
};

/* Of a block that was read. What the program filled in stays the program's. */
void rec_block_free(struct rec_block *b);

/*
 * Give a block a name: at most 31 printable ASCII characters, no blank among
 * them. Names go into messages and file names as they are. What is longer is
 * refused when it is written.
 */
void rec_block_name(struct rec_block *b, const char *name);
bool rec_block_name_ok(const char *name);

/* -- reading ---------------------------------------------------------- */

struct rec_recmat;

/* 1 where the next bytes of in are those of recmat, else 0; none is taken. */
REC_MUST int rec_recmat_is(struct rec_in *in, struct rec_err *e);

/*
 * Borrows in, which must outlive the reader and its blocks: in a file that can
 * be mapped the blocks are not copied. trust leaves the CRCs of sections out,
 * for files that this machine has just written; everything else is checked.
 */
REC_MUST int rec_recmat_open(struct rec_recmat **r, struct rec_in *in, bool trust,
			     struct rec_pool *pool, struct rec_err *e);
void rec_recmat_close(struct rec_recmat *r);

/*
 * Hand out blocks of keys too; else they are skipped. To be called before the
 * first block.
 */
void rec_recmat_want_keys(struct rec_recmat *r);

/*
 * The next block: 1, 0 at the end, -1. Each is freed by the caller. A block of
 * a kind that is not known is skipped where it is optional, else an error.
 */
REC_MUST int rec_recmat_next(struct rec_recmat *r, struct rec_block *b, struct rec_err *e);

/* -- writing ---------------------------------------------------------- */

/*
 * Write a block. The caller answers for its contents: they are not checked (a
 * reader will), except for the name. The pool computes CRCs.
 */
REC_MUST int rec_recmat_write(struct rec_out *out, const struct rec_block *b, struct rec_pool *pool,
			      struct rec_err *e);

/* The end mark after nblocks blocks. */
REC_MUST int rec_recmat_end(struct rec_out *out, uint64_t nblocks, struct rec_err *e);

REC_END_C

#endif

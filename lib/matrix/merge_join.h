/* SPDX-License-Identifier: MIT */
/*
 * merge_join.h - between merge.c, which reads and writes, and merge_join.c,
 * which puts the blocks of one name together.
 */
#ifndef REC_MATRIX_MERGE_JOIN_H
#define REC_MATRIX_MERGE_JOIN_H

#include "matrix/merge.h"

struct rec_merge_part {
	struct rec_block b;
	const char *file;	/* where it is from, for messages */
	uint64_t turn;		/* that number in the metadata before it, 0 where there is none */
};

struct rec_merge_keep {
	struct rec_in **in;
	size_t nin;
	struct rec_merge_part *part;
	size_t nparts, cap;
	struct rec_sparse **sparse;	/* text inputs, and matrices built of cells */
	size_t nsparse, sparse_cap;
	void **mem;
	size_t nmem, mem_cap;
	uint64_t turn;		/* of the metadata read last */
};

/*
 * Memory that lives as long as the result. NULL p (a failed allocation) fails.
 */
REC_MUST int rec_merge_keep_mem(struct rec_merge_keep *k, void *p, struct rec_err *e);

/* An empty matrix that is released with the result, or NULL. */
struct rec_sparse *rec_merge_sparse(struct rec_merge_keep *k, struct rec_err *e);

struct rec_block rec_merge_block(const struct rec_sparse *s, const char *name);

/* Does each part begin behind the last row of those before it? */
bool rec_merge_in_order(const struct rec_merge_part *const *part, size_t n);

/*
 * Rows of n parts, no row twice; b begins as a copy of the first part. Dense
 * parts without rows leave the list.
 */
REC_MUST int rec_merge_rows(struct rec_block *b, const struct rec_merge_part **part, size_t n,
			    struct rec_merge_keep *keep, struct rec_pool *pool, struct rec_err *e);

/* Cells of n parts of order canonical or stream, combined by the rule. */
REC_MUST int rec_merge_cells(struct rec_block *b, const struct rec_merge_part *const *part,
			     size_t n, enum rec_repeats repeats, struct rec_merge_keep *keep,
			     struct rec_pool *pool, struct rec_err *e);

#endif

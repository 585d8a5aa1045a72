/* SPDX-License-Identifier: MIT */
/*
 * merge_keep.h - holds what a merge reads and the memory of its result. It is
 * released with the result.
 */
#ifndef REC_MATRIX_MERGE_KEEP_H
#define REC_MATRIX_MERGE_KEEP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"
#include "matrix/sparse.h"
#include "recmat/recmat.h"

struct rec_merge_part {
	struct rec_block b;
	const char *file;	/* the input, for messages */
	uint64_t sweep;		/* sweep in the metadata before the block, 0 if none */
};

struct rec_merge_keep {
	struct rec_in **in;
	size_t nin;
	struct rec_merge_part *part;
	size_t nparts, cap;
	struct rec_sparse **sparse;	/* text inputs, and matrices built from cells */
	size_t nsparse, sparse_cap;
	void **mem;
	size_t nmem, mem_cap;
	uint64_t sweep;		/* sweep in the last metadata read */
};

/* k may be NULL. */
void rec_merge_keep_free(struct rec_merge_keep *k);

/*
 * Let p live as long as the result. Fails if p is NULL, as after a failed
 * allocation.
 */
REC_MUST int rec_merge_keep_mem(struct rec_merge_keep *k, void *p, struct rec_err *e);

/* An empty matrix that is released with the result, or NULL. */
struct rec_sparse *rec_merge_sparse(struct rec_merge_keep *k, struct rec_err *e);

#endif

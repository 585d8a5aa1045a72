/* SPDX-License-Identifier: MIT */
/*
 * lone.h - rows that no cell names. Only a block of order stream can hold them
 * and mean something: each was a label alone on its line.
 */
#ifndef REC_RECMAT_LONE_H
#define REC_RECMAT_LONE_H

#include <stdint.h>

#include "base/err.h"
#include "io/in.h"
#include "recmat/recmat.h"

/*
 * The n rows of a stream block that no cell names, ascending; the caller frees
 * *row. Memory: a byte for each row of the block besides.
 */
REC_MUST int rec_lone_rows(const struct rec_block *b, uint32_t **row, uint64_t *n,
			   struct rec_err *e);

/* "row 'LABEL' has no cell". Returns -1. */
int rec_lone_fail(const struct rec_block *b, uint64_t row, struct rec_err *e);

/* Fail, naming in, if b is a stream block with a row that no cell names. */
REC_MUST int rec_lone_check(const struct rec_block *b, const struct rec_in *in, struct rec_err *e);

#endif

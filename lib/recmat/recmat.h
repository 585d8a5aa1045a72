/* SPDX-License-Identifier: MIT */
/*
 * recmat/recmat.h - recpipe/recmat.h, and what the library alone needs of it.
 */
#ifndef REC_RECMAT_RECMAT_H
#define REC_RECMAT_RECMAT_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/out.h"
#include "recpipe/recmat.h"

/*
 * Scores of an implicit model, so that nobody takes them for predicted ratings.
 */
#define REC_SCORES_IMPLICIT "implicit-scores"

/* Bytes that the block takes in a stream. */
uint64_t rec_recmat_size(const struct rec_block *b);

#endif

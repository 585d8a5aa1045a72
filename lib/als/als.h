/* SPDX-License-Identifier: MIT */
/* als/als.h - recpipe/als.h, and the memory of a training through files. */
#ifndef REC_ALS_ALS_H
#define REC_ALS_ALS_H

#include <stdbool.h>
#include <stdint.h>

#include "als/options.h"
#include "als/report.h"
#include "base/err.h"
#include "base/far.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/als.h"

/*
 * Bytes that training holds with job.spill, x's labels and row pointers
 * included, except for what spill->limit allows. *tables: of these the tables,
 * which are not there before the transpose is.
 */
uint64_t rec_als_bytes_far(const struct rec_sparse *x, const struct rec_als_opts *o,
			   unsigned threads, bool spill_tables, uint64_t *tables);

#endif

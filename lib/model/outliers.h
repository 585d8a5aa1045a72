/* SPDX-License-Identifier: MIT */
/*
 * outliers.h - a few values that are so far from the others that a mean would
 * be theirs alone: a wrong unit, a cancelled bulk order, a robot. Those whose
 * size is above 100 times the median (of the sizes of values other than 0)
 * count as such where together they carry more than half of the sum. In
 * listening counts and shop quantities, whose tails are heavy, they carry a
 * fifth at most.
 */
#ifndef REC_MODEL_OUTLIERS_H
#define REC_MODEL_OUTLIERS_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/csr.h"
#include "recpipe/model.h"

/* Three passes over the values of m, by one thread; 768 KiB for a moment. */
REC_MUST int rec_outliers_find(struct rec_outliers *o, const struct rec_csr *m, struct rec_err *e);

#endif

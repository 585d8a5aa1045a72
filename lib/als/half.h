/* SPDX-License-Identifier: MIT */
/* als/half.h - what a row costs, for the borders of parts. */
#ifndef REC_ALS_HALF_H
#define REC_ALS_HALF_H

#include <stdint.h>

#include "als/options.h"
#include "base/lang.h"

REC_BEGIN_C

/*
 * What a row costs beside its pairs, in the unit of one pair: building and
 * solving its equations against adding a pair to them. Measured with 16 to 128
 * factors on AVX-512 between 11 and 64, noise included; only how evenly parts
 * take their time depends on it.
 */
uint64_t rec_als_row_cost(enum rec_solver solver, uint32_t factors);

REC_END_C

#endif

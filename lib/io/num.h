/* SPDX-License-Identifier: MIT */
/*
 * num.h - numbers to text and back, independent of locale.
 *
 * Input: an optional sign (+ or -), decimal digits with an optional point (at least one digit), an optional exponent e or E with sign and digits.
 * Nothing else: no nan, inf, hexadecimal, blanks. Correctly rounded. Too small becomes 0, too large is an error.
 * Output: the fewest digits that read back the same; plain between 1e-5 and 1e15 (0.00012, 1700000050), as 1.5e-07 beyond; -0 as 0.
 */
#ifndef REC_IO_NUM_H
#define REC_IO_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"

REC_BEGIN_C

enum { REC_NUM_MAX = 32 };	/* enough for any number printed here */

enum rec_num { REC_NUM_OK, REC_NUM_EMPTY, REC_NUM_BAD, REC_NUM_RANGE };

REC_MUST enum rec_num rec_num_f32(const char *s, size_t n, float *x);
REC_MUST enum rec_num rec_num_f64(const char *s, size_t n, double *x);
REC_MUST enum rec_num rec_num_u64(const char *s, size_t n, uint64_t *x);	/* digits only */

/* Print x; returns the length. No NUL is written. What is not finite comes out as nan, inf or -inf, which no reader takes: callers refuse it before. */
size_t rec_num_put_f32(char out[REC_NUM_MAX], float x);
size_t rec_num_put_f64(char out[REC_NUM_MAX], double x);
size_t rec_num_put_u64(char out[REC_NUM_MAX], uint64_t x);

REC_END_C

#endif

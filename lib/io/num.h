/* SPDX-License-Identifier: MIT */
/*
 * num.h - numbers to text and back, independent of locale.
 *
 * Input: an optional sign (+ or -), decimal digits with an optional point (at
 * least one digit), an optional exponent e or E with sign and digits. Nothing
 * else: no nan, inf, hexadecimal, blanks. Correctly rounded. Too small becomes
 * 0, too large is an error.
 * Output: the fewest digits that read back the same; plain between 1e-5 and
 * 1e15 (0.00012, 1700000050), as 1.5e-07 beyond; -0 as 0.
 */
#ifndef REC_IO_NUM_H
#define REC_IO_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REC_NUM_MAX = 32 };	/* enough for any number printed here */

enum rec_num { REC_NUM_OK, REC_NUM_EMPTY, REC_NUM_BAD, REC_NUM_RANGE };

REC_MUST enum rec_num rec_num_f32(const char *s, size_t n, float *x);
REC_MUST enum rec_num rec_num_f64(const char *s, size_t n, double *x);
/*
 * The same, and *lost becomes true where digits are lost (else it stays as it
 * is). A value's are lost where the shortest text of the float is another
 * number than s: '16777217' is 16777216, '0.30000000000000004' is 0.3. A time's
 * are lost where s is not what the double rounds to at as many digits, so that
 * doubles printed with 17 digits lose nothing; or, above 2^53, where the
 * shortest text of the double is another number: '1700000000000000100'.
 */
REC_MUST enum rec_num rec_num_value(const char *s, size_t n, float *x, bool *lost);
REC_MUST enum rec_num rec_num_time(const char *s, size_t n, double *x, bool *lost);
/*
 * A number (as above) as it is written: the same for 1.50 and 15e-1, another
 * for numbers that differ in any digit.
 */
uint64_t rec_num_hash(const char *s, size_t n);
/* The double nearest to the shortest text of finite x. */
double rec_num_as_written(float x);
REC_MUST enum rec_num rec_num_u64(const char *s, size_t n, uint64_t *x);	/* digits only */

/*
 * Print x; returns the length. No NUL is written. What is not finite comes out
 * as nan, inf or -inf, which no reader takes: callers refuse it before.
 */
size_t rec_num_put_f32(char out[REC_NUM_MAX], float x);
size_t rec_num_put_f64(char out[REC_NUM_MAX], double x);
size_t rec_num_put_u64(char out[REC_NUM_MAX], uint64_t x);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * num_private.h - what the files of num share. num.c reads; num_put.c, above
 * it, writes; num_lost.c, on top, compares the two.
 */
#ifndef REC_IO_NUM_PRIVATE_H
#define REC_IO_NUM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/num.h"

/* A number that was looked through once. */
struct rec_scanned {
	bool minus, exact;	/* exact: mantissa holds all digits */
	uint64_t mantissa;
	int64_t exponent;	/* of the mantissa's last digit */
	int64_t written;	/* the exponent that was written after e */
	const char *digits, *end;	/* digits and point */
};

/* Look through s; exponents that do not fit are cut, far beyond any number. */
REC_MUST enum rec_num rec_num_scan(const char *s, size_t n, struct rec_scanned *x);

/* Look through s, and round. */
REC_MUST enum rec_num rec_num_read_f32(const char *s, size_t n, struct rec_scanned *x, float *out);
REC_MUST enum rec_num rec_num_read_f64(const char *s, size_t n, struct rec_scanned *x, double *out);

struct rec_decimal {
	uint64_t m;
	int e;
};

/*
 * The shortest decimal that reads back as x > 0, of several the closest; m may
 * end in zeros.
 */
struct rec_decimal rec_num_shortest_f32(float x);
struct rec_decimal rec_num_shortest_f64(double x);

#endif

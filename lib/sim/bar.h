/* SPDX-License-Identifier: MIT */
/*
 * sim/bar.h - the sieve of measures that are quotients or products: a bar that
 * the sum of a pair must reach for its weight to reach a bound.
 *
 * Let x be |sum| (the count, or |xy|), T the bound, s the other item, d and d_s
 * the pairs of both. Each of these measures has numbers p, q and m of the line
 * and T, and y of s, with
 *
 *	|weight| >= T   only if   x >= p + q min(y, m)
 *
 *	cosine, asymmetric   p = T X, q = T z; z and y: the factors of the items
 *	jaccard              p = T (d + X) / (1 + T), q = T / (1 + T), y = d_s
 *	dice                 p = T (d + X) / 2, q = T / 2, y = d_s
 *	overlap              p = T X, q = T, y = d_s, m = d
 *	conditional          of s: p = T X, q = T, y = d_s; else p = T (d + X)
 *	lift                 p = T X / U, q = T d / U, y = d_s
 *	count, dot           p = T, q = 0
 *	linear, walks        p = 0, q = T / z; 1 / y and z: the factors
 *
 * Rounding. A weight is made in double by no more than 8 operations, and
 * rounded to float once: if the float is T or more, its real value is at least
 * T (1 - 2^-24) (1 - 2^-50). The terms of a bar are not negative, so that no
 * digits are lost in its sum; it takes no more than 8 operations too, with y
 * rounded to float (2^-24). So with T made smaller by 2^-20 a sum below the bar
 * has a weight below T. That holds where nothing overflows or falls out of the
 * normal numbers: T is normal in float, and factors outside of 2^-100 .. 2^100
 * count as 0, which makes a bar lower. A sum that is not a number is not below.
 */
#ifndef REC_SIM_BAR_H
#define REC_SIM_BAR_H

#include "sim/line.h"

/* A factor in a bar; 0 where it is too small or too large for one. */
static inline double rec_bar_factor(double x)
{
	return x >= 0x1p-100 && x <= 0x1p100 ? x : 0;
}

/* The bound that bars are made of: a little below it. */
static inline double rec_bar_bound(double least)
{
	return least * (1 - 0x1p-20);
}

struct rec_bar {
	double own, each, most;		/* p, q, m */
};

/* The items of the line whose sum is not below the bar. */
uint32_t rec_bar_sieve(const struct rec_line *l, const struct rec_bar *b, uint32_t *to);

#endif

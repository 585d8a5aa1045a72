/* SPDX-License-Identifier: MIT */
/*
 * sim/llr.h - the log-likelihood ratio of two items (Dunning 1993), and its
 * sieve.
 *
 * Over the cells k of the table of two items, with E_k = row * column / U:
 * G = 2 sum of k ln(k / E_k). The sieve keeps the logarithm of the first cell,
 * c, alone. For the others, from ln(x) <= x - 1,
 *
 *	k ln(k / E_k) <= k (k - E_k) / E_k = (k - E_k) + (k - E_k)^2 / E_k
 *
 * and k - E_k is -(c - E) in two of them, and c - E in the last, where E is
 * that of c. So
 *
 *	G / 2 <= c ln(c / E) - (c - E) + (c - E)^2 (1/E_12 + 1/E_21 + 1/E_22)
 *
 * which is close, since the last three E_k are large where items are rare. Its
 * logarithms are those of whole numbers, from a table.
 *
 * Rounding. All that is added up, here and in G, is below 100 (d_i + d_j) in
 * size, U below 2^32, and comes from a few operations: so both are off by less
 * than 2^-40 (d_i + d_j), and a float of T or more has a real value of T (1 -
 * 2^-24) - 2^-40 (d_i + d_j) or more. The sieve adds 2^-30 (d_i + d_j) and
 * 2^-20 of T. Where an item has all users an E_k is 0, the bound is not a
 * number or infinite, and the pair passes; so do pairs of an item whose number
 * of users is no float.
 */
#ifndef REC_SIM_LLR_H
#define REC_SIM_LLR_H

#include "sim/method.h"

REC_MUST int rec_llr_prepare(struct rec_sim_data *d, struct rec_err *e);
extern const struct rec_sim_measure rec_llr;

#endif

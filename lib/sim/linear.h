/* SPDX-License-Identifier: MIT */
/*
 * linear.h - item models whose weight is a product: S_ij = (a_i * b_j * sum
 * over u of f_u * w_ui * w_uj)^p.
 *
 *   linear  a_i = d_i^-A, b_j = d_j^-B, f_u = d_u^-C; d counts pairs
 *   walks   p3alpha (Cooper et al. 2014) and rp3beta (Paudel et al. 2017): P_iu
 *           = w_ui / sum_u w_ui, P_uj = w_uj / sum_j w_uj, S_ij = sum_u P_iu^A
 *           P_uj^A / d_j^B. With w' = w^A that is a_i = (sum_u w_ui)^-A, b_j =
 *           d_j^-B, f_u = (sum_j w_uj)^-A
 * On 0/1 data f_u is rounded to a multiple of 2^-scale (sim/survey.h): the sums
 * over users are exact.
 */
#ifndef REC_SIM_LINEAR_H
#define REC_SIM_LINEAR_H

#include "sim/method.h"

REC_MUST int rec_linear_prepare(struct rec_sim_data *d, struct rec_err *e);
REC_MUST int rec_p3alpha_prepare(struct rec_sim_data *d, struct rec_err *e);
REC_MUST int rec_rp3beta_prepare(struct rec_sim_data *d, struct rec_err *e);

/* P of f_u = d_u^-P on 0/1 data, 0 for a method that only counts users. */
double rec_linear_user_power(const struct rec_sim_opts *o);

extern const struct rec_sim_measure rec_linear, rec_linear_to_a_power;

#endif

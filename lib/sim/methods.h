/* SPDX-License-Identifier: MIT */
/*
 * sim/methods.h - the table of methods, as commands, help and tests see it:
 * every method has a name, a formula, and the options that it takes.
 */
#ifndef REC_SIM_METHODS_H
#define REC_SIM_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"
#include "recmat/meta.h"
#include "sim/options.h"

REC_BEGIN_C

/* By name, or NULL. By number; NULL after the last. */
const struct rec_sim_method *rec_sim_method(const char *name);
const struct rec_sim_method *rec_sim_method_at(size_t i);

const char *rec_sim_name(const struct rec_sim_method *m);
const char *rec_sim_formula(const struct rec_sim_method *m);
/* Whether the method has all of these bits; every method has REC_SIM_DATA. */
bool rec_sim_takes(const struct rec_sim_method *m, unsigned bits);

/* Pairs of value 0 take part: the method takes means off the values. */
bool rec_sim_takes_zeros(const struct rec_sim_method *m);

/*
 * Whether the model of these metadata was made by a measure with S_ij = S_ji,
 * to the bit; --normalize comes after it.
 */
bool rec_sim_is_symmetric(const struct rec_meta *made);

/* The defaults for a method. */
void rec_sim_defaults(struct rec_sim_opts *o, const struct rec_sim_method *m);

/* The model needs -b: it has an offset, or transforms the history. */
bool rec_sim_needs_binary(const struct rec_sim_opts *o);

REC_END_C

#endif

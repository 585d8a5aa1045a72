/* SPDX-License-Identifier: MIT */
/* model/model.h - recpipe/model.h, and whose fault an error is. */
#ifndef REC_MODEL_MODEL_H
#define REC_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/dense.h"
#include "matrix/labels.h"
#include "recmat/meta.h"
#include "recpipe/model.h"

/* Put the model's file before a message that e holds about it. Returns -1. */
int rec_model_blame(const struct rec_model *m, struct rec_err *e);

/* Bytes of the numbers in a model. */
uint64_t rec_model_bytes(const struct rec_model *m);

/* Whether its similarity is one of users (rec-sim --side user). */
bool rec_model_of_users(const struct rec_model *m);

/* Whether a factor model holds all these users (true for other models). */
REC_MUST int rec_model_holds(const struct rec_model *m, const struct rec_labels *rows, bool *all,
			     struct rec_err *e);

/*
 * Whether a factor model holds fewer items than it was trained on. Its stored
 * users score those it has; nobody is folded in, because that takes all items.
 */
bool rec_model_is_part(const struct rec_model *m);

/*
 * What no dot product of a factor model can exceed in size, biases left out:
 * the largest norm of a user times that of an item. 0: all vectors are zero.
 * Ends at the first vectors that reach `enough`; then it is at least that.
 */
double rec_model_reach(const struct rec_model *m, double enough);

#endif

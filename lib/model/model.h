/* SPDX-License-Identifier: MIT */
/* model/model.h - recpipe/model.h, and whose fault an error is. */
#ifndef REC_MODEL_MODEL_H
#define REC_MODEL_MODEL_H

#include "base/err.h"
#include "base/lang.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/dense.h"
#include "matrix/labels.h"
#include "recmat/meta.h"
#include "recpipe/model.h"

REC_BEGIN_C

/* Put the model's file before a message that e holds about it. Returns -1. */
int rec_model_blame(const struct rec_model *m, struct rec_err *e);

REC_END_C

#endif

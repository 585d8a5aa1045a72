/* SPDX-License-Identifier: MIT */
/* summary.h - results summed up: one line a measure, with its definition. */
#ifndef REC_EVAL_SUMMARY_H
#define REC_EVAL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "eval/results.h"
#include "eval/stats.h"
#include "io/out.h"
#include "recpipe/eval.h"

enum { REC_RANDOMIZATIONS = 10000 };

#endif

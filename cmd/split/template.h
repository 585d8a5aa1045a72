/* SPDX-License-Identifier: MIT */
/* cmd/split/template.h - the N files of --to TEMPLATE. */
#ifndef REC_CMD_SPLIT_TEMPLATE_H
#define REC_CMD_SPLIT_TEMPLATE_H

#include <stdint.h>

#include "base/err.h"

/* Opens file i under its name. */
typedef int split_open_fn(void *arg, uint32_t i, const char *name, struct rec_err *e);

/*
 * Open files 0 .. n - 1. All are opened before the first is written, so a name
 * that cannot be opened is an error before the work begins. A wrong TEMPLATE
 * ends the process as bad usage does.
 */
REC_MUST int split_template_open(const char *to, uint32_t n, split_open_fn *open, void *arg,
				 struct rec_err *e);

#endif

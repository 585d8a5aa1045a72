/* SPDX-License-Identifier: MIT */
/* cmd/cli/template.h - the N files of --to TEMPLATE. */
#ifndef REC_CMD_CLI_TEMPLATE_H
#define REC_CMD_CLI_TEMPLATE_H

#include <stdint.h>

#include "base/err.h"

/* Opens file i under its name. */
typedef int cli_template_fn(void *arg, uint32_t i, const char *name, struct rec_err *e);

/*
 * Open files 0 .. n - 1. All are opened before the first is written, so a name
 * that cannot be opened is an error before the work begins. A wrong TEMPLATE
 * ends the process as bad usage does.
 */
REC_MUST int cli_template_open(const char *to, uint32_t n, cli_template_fn *open, void *arg,
				 struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* need.h - --estimate and --mem: what a run needs, known before its work. */
#ifndef REC_CMD_CLI_NEED_H
#define REC_CMD_CLI_NEED_H

#include <stdint.h>

#include "base/err.h"

/* Further lines of --estimate, whole numbers; the last has key NULL. */
struct cli_amount {
	const char *key;
	double n;
};

/*
 * The work needs so many bytes. 1: --estimate was given and is answered, only
 * cli_commit is left to do. 0: go on. -1: --mem allows less. more may be NULL.
 */
REC_MUST int cli_need(uint64_t bytes, const struct cli_amount *more, struct rec_err *e);

#endif

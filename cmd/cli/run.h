/* SPDX-License-Identifier: MIT */
/* run.h - what the work of a command is done with. */
#ifndef REC_CMD_CLI_RUN_H
#define REC_CMD_CLI_RUN_H

#include "base/err.h"
#include "base/far.h"
#include "cmd/cli/stats.h"
#include "kernel/kernel.h"

/*
 * Pool, kernels (REC_ISA), progress on a terminal, memory bound. One a process;
 * valid until cli_commit.
 */
REC_MUST int cli_run(struct rec_run **run, struct rec_err *e);

/*
 * Where bytes go that --mem leaves no room for: temporary files in TMPDIR
 * [/tmp]. NULL where --mem was not given.
 */
struct rec_spill *cli_spill(void);

struct rec_pool *cli_pool(void);	/* NULL before cli_run */
struct cli_used cli_used(void);	/* after cli_run */
void cli_free_run(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * files.h - inputs, and the list of outputs. What is in the list when the
 * process ends, however it ends, is removed unless it was committed.
 */
#ifndef REC_CMD_CLI_FILES_H
#define REC_CMD_CLI_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pool.h"
#include "cmd/cli/stats.h"
#include "io/in.h"
#include "io/out.h"

/*
 * Open FILE, or stdin where path is NULL or "-" (once only; on a terminal one
 * line says what is awaited: what = "interactions").
 */
REC_MUST int cli_in(struct rec_in **in, const char *path, const char *what, struct rec_err *e);

/*
 * Open an output; path NULL or "-" is stdout. binary to a terminal is refused.
 * It is finished, committed and freed by cli_commit.
 */
REC_MUST int cli_out(struct rec_out **out, const char *path, bool binary, struct rec_err *e);

/*
 * Fail now where cli_out would fail for this output after hours of work: no
 * such folder, a folder in its place, no permission, binary to a terminal.
 * cli_run asks it for --output and --binary.
 */
REC_MUST int cli_expect_out(const char *path, bool binary, struct rec_err *e);

/* Before any file is opened: descriptors 0, 1 and 2 are in use. */
void cli_safe_descriptors(void);

/* Before any work: a FILE of --stats that cannot be written is an error. */
REC_MUST int cli_open_stats(struct rec_err *e);

/* The steps of cli_commit: all but --stats to the disk, then --stats. */
REC_MUST int cli_finish_outputs(struct rec_pool *pool, struct rec_err *e);
REC_MUST int cli_finish_stats(const struct cli_used *used, struct rec_err *e);

/*
 * All outputs under their names, or none. A signal waits until that is decided;
 * after success it waits until the exit, so that the status tells the truth.
 */
REC_MUST int cli_name_outputs(struct rec_pool *pool, struct rec_err *e);

void cli_free_outputs(void);

#endif

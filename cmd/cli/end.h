/* SPDX-License-Identifier: MIT */
/* end.h - how a command ends: all outputs get their names, or it fails. */
#ifndef REC_CMD_CLI_END_H
#define REC_CMD_CLI_END_H

#include "base/err.h"

/*
 * Finish every output, have the files on the disk, write --stats, then give
 * every file its name: all or none.
 */
REC_MUST int cli_commit(struct rec_err *e);

/* The message on stderr; returns the exit status for e->code. */
int cli_fail(const struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* hint.h - what to do about a file that cannot be opened. */
#ifndef REC_CMD_CLI_HINT_H
#define REC_CMD_CLI_HINT_H

#include "base/err.h"

/*
 * Append to the message on the file what to do next. what is what the input
 * should hold; NULL: the file is an output. Returns -1.
 */
int cli_hint_file(struct rec_err *e, const char *path, const char *what);

#endif

/* SPDX-License-Identifier: MIT */
/* options.h - the arguments of a command. The highest file of cmd/cli. */
#ifndef REC_CMD_CLI_OPTIONS_H
#define REC_CMD_CLI_OPTIONS_H

#include "cmd/cli/spec.h"

/*
 * Parse; --help, --version and bad usage end the process here. Descriptors 0-2
 * are made safe, SIGPIPE ends it, signals that end it remove temporary files
 * first.
 */
void cli_parse(const struct cli_spec *spec, int argc, char **argv);

/*
 * Operands in order; *n of them. Options and operands mix; "--" ends options.
 */
char **cli_operands(size_t *n);

/* The end for an operand that is not wanted; spec->hint says what is. */
_Noreturn void cli_unexpected(const char *operand);

/* True where an operand names a file, or looks as if it should. */
bool cli_is_file(const char *operand);

#endif

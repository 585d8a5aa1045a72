/* SPDX-License-Identifier: MIT */
/*
 * table.h - the option table of the command that runs: which options it has,
 * which were given, their values as text.
 */
#ifndef REC_CMD_CLI_TABLE_H
#define REC_CMD_CLI_TABLE_H

#include "cmd/cli/spec.h"

enum { CLI_VALUE_TEXT = 48 };	/* bytes of a value as text; a longer one is cut */

/* Make the table of that command. The other functions need it. */
void cli_make_table(const struct cli_spec *spec);

/* True where the option was given. The command must have it: asserted. */
bool cli_given(const char *name);
void cli_mark_given(const struct cli_opt *o);

/* The option whose name is these n bytes, or NULL. */
const struct cli_opt *cli_option(const char *name, size_t n);

/* The value as --help shows it, in CLI_VALUE_TEXT bytes; "": there is none. */
void cli_value_text(char *to, const struct cli_opt *o);

/* The same before parsing. cli_keep_defaults must come first. */
void cli_keep_defaults(void);
const char *cli_default(const struct cli_opt *o);

#endif

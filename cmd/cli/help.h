/* SPDX-License-Identifier: MIT */
/* help.h - what a command prints of itself, from its option table. */
#ifndef REC_CMD_CLI_HELP_H
#define REC_CMD_CLI_HELP_H

_Noreturn void cli_help(void);
_Noreturn void cli_print_version(void);

/* --operands: words for completion. */
_Noreturn void cli_print_operands(void);

/* --options: the table, for completion and the check of the manual page. */
_Noreturn void cli_print_options(void);

#endif

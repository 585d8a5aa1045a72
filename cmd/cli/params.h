/* SPDX-License-Identifier: MIT */
/*
 * params.h - whether parameters of the algorithm (model/params.h) go together.
 */
#ifndef REC_CMD_CLI_PARAMS_H
#define REC_CMD_CLI_PARAMS_H

#include <stdbool.h>

/* False for a parameter that does not matter with the others as they are. */
bool cli_matters(const char *name);

/*
 * Refuse a parameter that was given and does not matter with the others: "--x
 * needs --y", "--x cannot work with --y".
 */
void cli_check_params(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what every command shares: one table of options, inputs, outputs that
 * are committed together, messages, statistics, exit status.
 *
 * A command is, in this order: options (static), table, spec, the work, run(),
 * main():
 *
 *	int main(int argc, char **argv)
 *	{
 *		struct rec_err e = { 0 };
 *
 *		cli_parse(&spec, argc, argv);
 *		return run(&e) == 0 ? CLI_OK : cli_fail(&e);
 *	}
 *
 * run() ends with cli_commit(): all outputs are complete before the first gets
 * its name.
 */
#ifndef REC_CMD_CLI_CLI_H
#define REC_CMD_CLI_CLI_H

#include "cmd/cli/end.h"
#include "cmd/cli/files.h"
#include "cmd/cli/need.h"
#include "cmd/cli/options.h"
#include "cmd/cli/params.h"
#include "cmd/cli/run.h"
#include "cmd/cli/say.h"
#include "cmd/cli/spec.h"
#include "cmd/cli/stats.h"
#include "cmd/cli/table.h"

#endif

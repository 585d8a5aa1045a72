/* SPDX-License-Identifier: MIT */
/*
 * say.h - what a command says on stderr: messages, notes, the progress line.
 * The lowest file of cmd/cli: it calls none of the others.
 */
#ifndef REC_CMD_CLI_SAY_H
#define REC_CMD_CLI_SAY_H

#include "base/err.h"
#include "cmd/cli/spec.h"

/* Of the command that runs; cli_parse sets it. */
extern const struct cli_spec *cli_the_spec;

/*
 * "rec-x: text\n" on stderr, in one write; text that is too long is cut. A
 * signal handler may call it.
 */
void cli_say(const char *text);

/* The same as for printf: not with -q; only with -v. */
void cli_note(const char *fmt, ...) REC_PRINTF(1, 2);
void cli_verbose(const char *fmt, ...) REC_PRINTF(1, 2);

/* A message and the end, exit status 2: "rec-als: --x cannot be ...". */
_Noreturn void cli_usage(const char *fmt, ...) REC_PRINTF(1, 2);

/*
 * Number in messages: "%llu pair%s", n, cli_s(n) gives "1 pair", "2 pairs"; the
 * verb after it: "name%s", cli_verb_s(n) gives "1 pair names", "2 pairs name".
 */
const char *cli_s(uint64_t n);
const char *cli_verb_s(uint64_t n);

/* Seconds on a clock that never goes back. */
double cli_now(void);

/*
 * The progress line of a terminal; show is for struct rec_progress. A phase of
 * work that begins starts its time afresh.
 */
void cli_show_progress(void *arg, const char *phase, uint64_t done, uint64_t total,
		       const char *note);
void cli_restart_progress(void);
void cli_clear_progress(void);

#endif

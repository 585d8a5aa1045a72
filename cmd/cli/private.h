/* SPDX-License-Identifier: MIT */
/* cmd/cli/private.h - what the files of cli share among themselves. */
#ifndef REC_CMD_CLI_PRIVATE_H
#define REC_CMD_CLI_PRIVATE_H

#include <signal.h>

#include "cmd/cli/cli.h"

extern const struct cli_spec *cli_the_spec;

enum { CLI_MAX_OPTS = 80, CLI_DEFAULT_TEXT = 48 };

/*
 * Text of the default of option i, as it was before parsing; "" where there is
 * none.
 */
extern char cli_defaults[CLI_MAX_OPTS][CLI_DEFAULT_TEXT];

_Noreturn void cli_help(void);
_Noreturn void cli_print_version(void);
_Noreturn void cli_print_operands(void);	/* --operands: words for completion */
/* --options: the table for completion and the check of the manual page */
_Noreturn void cli_print_options(void);

/*
 * What to add to the message on an option or a choice that isn't there:
 * "; did you mean --factors?", or nothing. arg is the whole argument ("-rank").
 */
void cli_guess_long(char *to, size_t size, const char *word, size_t n);
void cli_guess_short(char *to, size_t size, const char *arg, char key);
void cli_guess_choice(char *to, size_t size, const char *const *choices, const char *word);

/*
 * Behind the message on a file that can't be opened: what to do next. what is
 * what the input should hold, or NULL for an output. Returns -1.
 */
int cli_hint_file(struct rec_err *e, const char *path, const char *what);

void cli_safe_descriptors(void);
void cli_catch_signals(void);
extern struct rec_maps cli_maps;	/* inputs and temporary files */
void cli_catch_bus(void);
void cli_block_signals(sigset_t *old);	/* those that end the process and can be caught */
void cli_remove_temporaries(void);	/* may be called by a signal handler */
void cli_clear_progress(void);
void cli_free_outputs(void);
struct rec_pool *cli_pool(void);	/* NULL before cli_run */
void cli_free_run(void);

/*
 * The value of an option as --help shows defaults, into CLI_DEFAULT_TEXT bytes;
 * "" where it has none.
 */
void cli_value_text(char *to, const struct cli_opt *o);

/*
 * With -v: the settings in force, before the work; sizes and seconds, after it.
 */
void cli_tell_settings(unsigned threads, const char *isa);
void cli_tell_work(void);

/* Before any work: a name that can't be written is told at once. */
REC_MUST int cli_open_stats(struct rec_err *e);
REC_MUST int cli_write_stats(struct rec_out *out, struct rec_err *e);

/* "rec-x: text\n" in one write. */
void cli_say(const char *text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * near.h - what to add to the message on an option or a choice that does not
 * exist: "; did you mean --factors?", or nothing.
 */
#ifndef REC_CMD_CLI_NEAR_H
#define REC_CMD_CLI_NEAR_H

#include <stddef.h>

void cli_guess_long(char *to, size_t size, const char *word, size_t n);

/* arg is the whole argument ("-rank"), key the letter of it that is unknown. */
void cli_guess_short(char *to, size_t size, const char *arg, char key);

void cli_guess_choice(char *to, size_t size, const char *const *choices, const char *word);

#endif

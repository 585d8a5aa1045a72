/* SPDX-License-Identifier: MIT */
/*
 * signals.h - signals that end the process remove its temporary files first.
 */
#ifndef REC_CMD_CLI_SIGNALS_H
#define REC_CMD_CLI_SIGNALS_H

#include <signal.h>

#include "base/err.h"

/* From here on, every signal that can be caught and would end the process. */
void cli_catch_signals(void);

/* These signals wait; the mask before goes to old. */
void cli_block_signals(sigset_t *old);

/*
 * The names of temporary files. Signals must be blocked while the list changes.
 * Names are borrowed: they stay valid until cli_forget_temporaries. Room for a
 * name is reserved before its file is made, so that no file is ever unknown.
 */
REC_MUST int cli_reserve_temporary(struct rec_err *e);
void cli_add_temporary(const char *name);
void cli_forget_temporaries(void);

/* Remove the files. A signal handler may call it. */
void cli_remove_temporaries(void);

#endif

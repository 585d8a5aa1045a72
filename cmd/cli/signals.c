/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/signals.c - the end by a signal.
 *
 * A signal handler may do little more than unlink, so the names of temporary
 * files stand in an array that it can read at any time: the array changes with
 * signals blocked, and names are forgotten only when their files are gone.
 * Threads of the pool never receive these signals.
 */
#include "cmd/cli/signals.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static const char *volatile *temporary;
static volatile size_t ntemporary;
static size_t cap;

/*
 * All that end a process from outside, except for KILL. A crash stays a crash.
 */
static const int deadly[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU
};

int cli_reserve_temporary(struct rec_err *e)
{
	return rec_grow(&temporary, &cap, ntemporary + 1, sizeof *temporary, e);
}

void cli_add_temporary(const char *name)
{
	temporary[ntemporary] = name;
	ntemporary++;
}

void cli_forget_temporaries(void)
{
	ntemporary = 0;
	free((void *)temporary);
	temporary = NULL;
	cap = 0;
}

void cli_remove_temporaries(void)
{
	for (size_t i = 0; i < ntemporary; i++)
		unlink(temporary[i]);
}

static void on_signal(int sig)
{
	cli_remove_temporaries();
	signal(sig, SIG_DFL);
	raise(sig);
}

void cli_block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		sigaddset(&set, deadly[i]);
	pthread_sigmask(SIG_BLOCK, &set, old);
}

void cli_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN }, old;

	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		/* nohup stays nohup */
		if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(deadly[i], &sa, NULL);
	sigaction(SIGPIPE, &sa, NULL);	/* whatever the parent thinks of it */
	sigaction(SIGXFSZ, &ignore, NULL);	/* a file beyond its limit is a failed write */
}

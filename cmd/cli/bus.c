/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/bus.c - SIGBUS: a mapped input whose pages are gone, because somebody
 * cut the file short in place or its disk fails.
 *
 * A read(2) would have said so; a mapping can only fault. The handler names the
 * file (as /proc/self/maps does, read by system calls alone), removes temporary
 * outputs and ends the command as for any other I/O error. Threads may fault
 * together: the first speaks. Any other SIGBUS, sent by kill(1) or for an
 * address outside these mappings, ends the process as if there were no handler.
 * No other crash is caught at all.
 */
#include "cmd/cli/bus.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/say.h"
#include "cmd/cli/signals.h"

enum { LINE = 4096 + 128 };

struct rec_maps cli_maps;

static atomic_flag speaking = ATOMIC_FLAG_INIT;
static struct sigaction before;

static const char *hex(const char *p, uintptr_t *x)
{
	for (*x = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			*x = *x * 16 + (uintptr_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*x = *x * 16 + (uintptr_t)(*p - 'a' + 10);
		else
			return p;
	}
}

/*
 * "start-end rwxp offset device inode path": the path where the range holds at
 * and there is one.
 */
static const char *path_in(const char *line, uintptr_t at)
{
	uintptr_t from, to;
	const char *p = hex(line, &from);

	if (*p != '-')
		return NULL;
	(void)hex(p + 1, &to);
	return at >= from && at < to ? strchr(line, '/') : NULL;
}

/* The file that is mapped at an address; NULL where that isn't known. */
static const char *file_at(uintptr_t at)
{
	static char line[LINE];
	const char *path = NULL;
	size_t n = 0;
	char c;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	while (!path && read(fd, &c, 1) == 1) {
		if (c != '\n') {
			if (n < sizeof line - 1)
				line[n++] = c;
			continue;
		}
		line[n] = '\0';
		n = 0;
		path = path_in(line, at);
	}
	close(fd);
	return path;
}

/* The kernel says: a page of a file of ours can't be had. */
static bool is_lost_page(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != BUS_ADRALN &&
	       rec_maps_hold(&cli_maps, info->si_addr);
}

/*
 * The access faults once more when the handler returns, for whoever looks after
 * crashes; what was sent is sent again.
 */
static void die_of_it(int sig, const siginfo_t *info)
{
	sigaction(sig, &before, NULL);
	if (info->si_code <= 0 || !info->si_addr)
		raise(sig);
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
	static char text[LINE + 128];
	const char *path;

	(void)context;
	while (atomic_flag_test_and_set(&speaking))
		pause();
	cli_remove_temporaries();
	if (!is_lost_page(info)) {
		die_of_it(sig, info);
		return;
	}
	path = file_at((uintptr_t)info->si_addr);
	text[0] = '\0';
	strncat(text, path ? path : "an input file", LINE);
	strcat(text, ": the file was cut short, or cannot be read any more, while it was in use");
	cli_say(text);
	_exit(CLI_RESOURCE);
}

void cli_catch_bus(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };

	sa.sa_sigaction = on_bus;	/* no member of its own in FreeBSD: no initialiser */
	sigfillset(&sa.sa_mask);
	sigaction(SIGBUS, &sa, &before);
}

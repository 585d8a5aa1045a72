/* SPDX-License-Identifier: MIT */
/*
 * cmd/serve/where.c - where to listen. --listen says it; else the environment:
 * LISTEN_FDS (systemd gives open sockets), PORT (a container's platform wants
 * this port on every address), FUNCTIONS_CUSTOMHANDLER_PORT (its host asks from
 * this machine). Else this machine alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/serve/options.h"
#include "io/num.h"

enum { FIRST_GIVEN = 3 };	/* sd_listen_fds(3) */

/* A number of the environment from 1 to most; 0: it is not there; -1. */
static int64_t number(const char *name, uint64_t most, struct rec_err *e)
{
	const char *text = getenv(name);
	uint64_t n;

	if (!text || !*text)
		return 0;
	if (rec_num_u64(text, strlen(text), &n) == REC_NUM_OK && n >= 1 && n <= most)
		return (int64_t)n;
	return rec_err_set(e, REC_EUSAGE, "%s: '%s' is not a whole number from 1 to %llu", name,
			   text, (unsigned long long)most);
}

/* LISTEN_PID says for whom they are. */
static int64_t given_sockets(struct rec_err *e)
{
	int64_t pid = number("LISTEN_PID", INT32_MAX, e);

	if (pid < 0)
		return -1;
	return pid == 0 || pid == (int64_t)getpid() ? number("LISTEN_FDS", 64, e) : 0;
}

int serve_listen(struct rec_listener *l, const struct serve_options *o, unsigned threads,
		 struct rec_err *e)
{
	char where[64] = "127.0.0.1:8080";
	int64_t n;

	if (o->listen)
		return rec_listen(l, o->listen, threads, e);
	n = given_sockets(e);
	if (n != 0)
		return n < 0 ? -1 : rec_listen_given(l, FIRST_GIVEN, (unsigned)n, e);
	n = number("PORT", 65535, e);
	if (n > 0)
		snprintf(where, sizeof where, "0.0.0.0:%u", (unsigned)n);
	if (n == 0)
		n = number("FUNCTIONS_CUSTOMHANDLER_PORT", 65535, e);
	if (n < 0)
		return -1;
	if (n > 0 && strncmp(where, "127", 3) == 0)
		snprintf(where, sizeof where, "127.0.0.1:%u", (unsigned)n);
	return rec_listen(l, where, threads, e);
}

/* SPDX-License-Identifier: MIT */
/*
 * cmd/serve/where.c - where to listen. --listen says it; else the environment,
 * and what only one host sets goes before what many set, because a host may
 * set both: LISTEN_FDS (systemd gives open sockets),
 * FUNCTIONS_CUSTOMHANDLER_PORT (the host of Azure Functions asks from this
 * machine; its own PORT is another), AWS_LAMBDA_HTTP_ENDPOINT (host and port),
 * PORT (a container's platform wants this port on every address). Else this
 * machine alone.
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

/* The port of a variable at this address: 1, or 0 where it is not set; -1. */
static int port_of(char *where, size_t size, const char *name, const char *address,
		   struct rec_err *e)
{
	int64_t port = number(name, 65535, e);

	if (port > 0)
		snprintf(where, size, "%s:%u", address, (unsigned)port);
	return port < 0 ? -1 : port > 0;
}

static int listen_by_name(struct rec_listener *l, const char *name, const char *where,
			  unsigned threads, struct rec_err *e)
{
	if (rec_listen(l, where, threads, e) == 0)
		return 0;
	return rec_err_prefix(e, "%s: ", name);
}

int serve_listen(struct rec_listener *l, const struct serve_options *o, unsigned threads,
		 struct rec_err *e)
{
	const char *endpoint = getenv("AWS_LAMBDA_HTTP_ENDPOINT");
	char where[64] = "127.0.0.1:8080";
	int64_t n;
	int rc;

	if (o->listen)
		return rec_listen(l, o->listen, threads, e);
	n = given_sockets(e);
	if (n != 0)
		return n < 0 ? -1 : rec_listen_given(l, FIRST_GIVEN, (unsigned)n, e);
	rc = port_of(where, sizeof where, "FUNCTIONS_CUSTOMHANDLER_PORT", "127.0.0.1", e);
	if (rc == 0 && endpoint && *endpoint)
		return listen_by_name(l, "AWS_LAMBDA_HTTP_ENDPOINT", endpoint, threads, e);
	if (rc == 0)
		rc = port_of(where, sizeof where, "PORT", "0.0.0.0", e);
	return rc < 0 ? -1 : rec_listen(l, where, threads, e);
}

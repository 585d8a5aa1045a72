/* SPDX-License-Identifier: MIT */
/* options.h - what rec-serve is asked for. */
#ifndef REC_CMD_SERVE_OPTIONS_H
#define REC_CMD_SERVE_OPTIONS_H

#include "cmd/cli/cli.h"
#include "cmd/cli/site.h"
#include "serve/server.h"

struct serve_options {
	struct cli_site site;
	bool no_watch;
	const char *listen;
	unsigned envelope;		/* 0: none, 1: azure */
	uint32_t connections, per_address;
	uint64_t head, body, bodies;
	double idle, head_time, body_time, answer_time, drain_time;
	struct cli_common common;
};

/* Where to listen: --listen, the environment, or the default. */
REC_MUST int serve_listen(struct rec_listener *l, const struct serve_options *o, unsigned threads,
			  struct rec_err *e);

/*
 * How many connections there may be at a time: what is wanted, or what the
 * limit of open files leaves, which is said then. Raises that limit.
 */
uint32_t serve_connections(uint32_t want, unsigned threads);

/*
 * Answer until a signal ends it. Signals must wait (cli_block_signals). site is
 * the one that the server began with; it is let go. -1: it could not be
 * completed.
 */
REC_MUST int serve_run(struct rec_server *s, const struct rec_site_opts *so, struct rec_site *site,
		       const struct serve_options *o, struct rec_err *e);

#endif

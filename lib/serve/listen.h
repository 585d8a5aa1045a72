/* SPDX-License-Identifier: MIT */
/*
 * serve/listen.h - sockets that wait for connections, one a thread or one for
 * all.
 */
#ifndef REC_SERVE_LISTEN_H
#define REC_SERVE_LISTEN_H

#include "base/err.h"

enum { REC_LISTEN_BACKLOG = 4096 };	/* the kernel cuts it to what it allows */

struct rec_listener {	/* {0}: nothing */
	int *fd;			/* n of them: threads take fd[thread % n] */
	unsigned n;
	char shown[256];		/* the address, for messages */
	char unlinked[108];		/* a socket's name, which goes with it; or "" */
};

/*
 * HOST:PORT ([::1]:8080, localhost:0) or unix:PATH. For HOST:PORT `threads`
 * sockets share the port (SO_REUSEPORT), so the kernel divides connections;
 * port 0 is any that is free. The name of a socket that nobody answers is
 * replaced.
 */
REC_MUST int rec_listen(struct rec_listener *l, const char *where, unsigned threads,
			struct rec_err *e);

/* Sockets that somebody else opened: first .. first + n - 1 (LISTEN_FDS). */
REC_MUST int rec_listen_given(struct rec_listener *l, int first, unsigned n, struct rec_err *e);

void rec_listener_close(struct rec_listener *l);

#endif

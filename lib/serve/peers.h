/* SPDX-License-Identifier: MIT */
/*
 * serve/peers.h - how many connections each client address has now. One table
 * for all threads, since the kernel divides a client's connections among them.
 *
 * An IPv6 client is given 2^64 addresses at least, so a /64 counts as one; an
 * IPv4 address in IPv6's clothes is the IPv4 address. 127.0.0.1, ::1 and
 * sockets in the file system are not counted: there a proxy of this machine
 * brings the connections of everybody.
 */
#ifndef REC_SERVE_PEERS_H
#define REC_SERVE_PEERS_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

struct rec_peers;
struct rec_peer;

/* For about so many addresses at a time; more take longer to find. */
REC_MUST int rec_peers_new(struct rec_peers **t, size_t most, struct rec_err *e);
void rec_peers_free(struct rec_peers *t);	/* accepts NULL */

/*
 * One more connection from this address; *n is how many it has now, this one
 * included. NULL and 0 where it is not counted, or there is no memory for it.
 */
struct rec_peer *rec_peers_enter(struct rec_peers *t, const struct sockaddr *from, unsigned *n);
void rec_peers_leave(struct rec_peers *t, struct rec_peer *p);	/* accepts a NULL p */

#endif

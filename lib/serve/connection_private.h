/* SPDX-License-Identifier: MIT */
/*
 * serve/connection_private.h - a connection, for connection.c (bytes in and
 * out) and exchange.c (requests and replies) alone.
 */
#ifndef REC_SERVE_CONNECTION_PRIVATE_H
#define REC_SERVE_CONNECTION_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/connection.h"
#include "serve/gate.h"
#include "serve/peers.h"

enum rec_phase {
	REC_WAITING,			/* for the first byte of a request */
	REC_IN_HEAD,
	REC_IN_BODY,
	REC_ANSWERING,			/* evhttp has the request */
	REC_REFUSED			/* what comes is thrown away */
};

struct rec_connection {
	struct rec_worker *worker;
	struct rec_connection *next, *before;
	struct bufferevent *socket, *filter;
	struct event *timer;		/* a deadline */
	struct event *turn;		/* what is there is taken up; the first: greet */
	struct event *readable;		/* the socket has bytes, or its end */
	struct event *writable;		/* the socket takes more, or more is there */
	bool deaf;			/* readable is switched off */
	bool writing;			/* on_writable has called the filter */
	enum rec_phase phase;
	bool greeted;			/* its socket is known, and it is counted */
	struct rec_buf refusal;		/* that is not out yet: the socket is full */
	bool surplus;			/* one too many: it gets 503 */
	struct rec_peer *peer;		/* its address, where that is counted */
	bool ended;			/* the client sends no more, and may still read */
	/* what the filter set for the bufferevent below it */
	void (*on_read)(struct bufferevent *b, void *arg);
	void (*on_write)(struct bufferevent *b, void *arg);
	void (*on_event)(struct bufferevent *b, short what, void *arg);
	void *filter_arg;
	unsigned long requests;
	size_t seen;			/* bytes of a head that have been read */
	uint64_t left;			/* bytes of a body that are to come ... */
	struct rec_chunks chunks;	/* ... or, where left is REC_GATE_CHUNKED, chunks */
	size_t held;			/* and that have come, until it is answered */
};

struct rec_server_shared *rec_connection_shared(const struct rec_connection *c);

/* The deadline is so many seconds from now. */
void rec_connection_arm(struct rec_connection *c, double seconds);

/* Read on, where it was left because an answer was on its way. */
void rec_connection_listen(struct rec_connection *c);

/* The body is done with. */
void rec_connection_let_go_of_body(struct rec_connection *c);

/* evhttp has something to send: in the next turn of the loop. */
void rec_connection_send(struct rec_connection *c);

/* "Not Found" */
const char *rec_status_word(int status);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * serve/server.h - threads that answer over HTTP. Each has an event base of its
 * own, its connections and a desk; a request is answered where it was read, and
 * threads share the site and the meters alone.
 *
 * The site can be exchanged at any time: requests that come later are answered
 * by the new one, what is being sent ends on the old one.
 */
#ifndef REC_SERVE_SERVER_H
#define REC_SERVE_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "serve/desk.h"
#include "serve/envelope.h"
#include "serve/listen.h"
#include "serve/meters.h"
#include "serve/site.h"

/* What a client may take, in bytes and seconds. */
struct rec_limits {
	unsigned connections;		/* of all threads; more get 503 */
	unsigned per_address;		/* of one client (serve/peers.h); 0: any number */
	size_t head, body;
	size_t bodies;			/* of all requests at a time; more get 503 */
	double idle;			/* for the first byte of a request */
	double head_time, body_time;	/* from its first byte; from the end of its head */
	double answer_time;		/* to take an answer, or the next piece of one */
	double drain_time;		/* for requests in flight at the end */
};

struct rec_server_opts {
	unsigned threads;
	const struct rec_listener *listener;
	struct rec_limits limits;
	struct rec_form_defaults defaults;
	bool azure;			/* a POST is an envelope of the host of Azure Functions */
};

struct rec_server;

/* Borrows the listener; holds the site. Threads run when it returns. */
REC_MUST int rec_server_start(struct rec_server **s, const struct rec_server_opts *o,
			      struct rec_site *site, struct rec_err *e);

/* The site from now on; it is held. */
void rec_server_swap(struct rec_server *s, struct rec_site *site);

/*
 * The site is a first one: return when somebody was answered, when somebody
 * asks for what it cannot answer, or after so many seconds. Whoever asks at
 * once has the machine for himself.
 */
void rec_server_first_asked(struct rec_server *s, double seconds);
/* It is replaced by the whole one of the same files; who waits goes on. */
void rec_server_complete(struct rec_server *s, struct rec_site *whole);

/* A new site was refused: counted. */
void rec_server_refused_swap(struct rec_server *s);

/*
 * Let no more connections in, end those that wait, let requests in flight end,
 * as long as the limits say; then free everything. How many connections were
 * cut.
 */
unsigned rec_server_stop(struct rec_server *s);

/* "libevent 2.1.12-stable": what speaks HTTP. */
const char *rec_server_engine(void);

/* -- for connection.c ------------------------------------------------- */

struct event_base;
struct event;
struct evhttp;
struct evhttp_bound_socket;
struct evconnlistener;
struct rec_connection;
struct evhttp_request;
struct rec_peers;

/* A request that waits at the desk, by its number there. */
struct rec_asked {
	struct evhttp_request *request;
	struct rec_connection *connection;
	double began;
	bool wrapped;			/* it came in an envelope, and its answer goes in one */
};

enum { REC_READ_BYTES = 64 << 10 };	/* at a time */

struct rec_worker {
	struct rec_server *server;
	struct event_base *base;
	struct evhttp *http;
	struct evhttp_bound_socket *bound;
	struct evconnlistener *listener;	/* its own; NULL while it drains */
	struct event *wake;		/* the other end of a pipe: drain */
	struct event *late;		/* draining begins, or has lasted long enough */
	int pipe[2];
	unsigned long generation;	/* of the desk */
	struct rec_desk *desk;
	struct rec_reply reply;
	struct rec_envelope envelope;
	struct rec_buf wrapped;		/* the last answer that went in one */
	struct rec_desk *asked_at;	/* held while requests wait there; else NULL */
	struct rec_asked asked[REC_DESK_TOGETHER];
	struct event *finish;		/* the turn is over: they are answered */
	/* connections, and the one whose bytes the library is reading */
	struct rec_connection *first, *reading;
	unsigned connections;
	unsigned peak;			/* of connections, since memory was given back */
	struct event *look;		/* whether one may be accepted again */
	struct event *tidy;		/* memory is given back */
	bool paused;			/* none is accepted: too many connections, or ... */
	bool starved;			/* ... the system has no more descriptors, or memory */
	unsigned cut;
	bool closing;
	bool ran;			/* its thread is there to be joined */
	char input[REC_READ_BYTES];	/* what was read, for a moment */
};

struct rec_server_shared {	/* what connections need of the server */
	struct rec_limits limits;
	bool azure;
	struct rec_counter counter;
	struct rec_meters meters;
	struct rec_peers *peers;	/* NULL: no limit of one address */
	atomic_size_t bodies;		/* bytes of bodies that came and are not answered */
};
struct rec_server_shared *rec_server_shared(struct rec_server *s);

/* The desk of the site that answers now. */
struct rec_desk *rec_worker_desk(struct rec_worker *w);

/* The same when it is whole; a first one at the end of the server alone. */
struct rec_desk *rec_worker_whole_desk(struct rec_worker *w);
/* Somebody was answered. */
void rec_worker_answered(struct rec_worker *w);

/* A connection came or went: accept more, or no more for now. */
void rec_worker_admit(struct rec_worker *w);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * serve/connection.h - one connection: between the socket and evhttp stands a
 * filter that lets one checked request through at a time (serve/gate.h), and a
 * deadline for whatever it waits for.
 */
#ifndef REC_SERVE_CONNECTION_H
#define REC_SERVE_CONNECTION_H

#include <event2/util.h>

#include "serve/server.h"

struct bufferevent;
struct evhttp_request;

/* For evhttp_set_bevcb and evhttp_set_gencb; arg is the worker. */
struct bufferevent *rec_connection_new(struct event_base *base, void *arg);
void rec_connection_request(struct evhttp_request *req, void *arg);

/* An event: the requests that wait are answered; arg is the worker. */
void rec_worker_finish(evutil_socket_t fd, short what, void *arg);

/* End those that wait for a request; give the new ones a second. */
void rec_connections_drain(struct rec_worker *w);

#endif

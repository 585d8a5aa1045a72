/* SPDX-License-Identifier: MIT */
/* lambda/api.c - events and answers by evhttp's client. */
#include "lambda/api.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/num.h"
#include "serve/json.h"

#define ROOT "/2018-06-01/runtime"

enum { SIGNALS = 4, PATH_BYTES = 200 };

/* Nobody knows when the next event comes. The library wants a time: years. */
static const struct timeval forever = { 100000000, 0 };

struct rec_api {
	struct event_base *base;
	struct evhttp_connection *connection;
	char host[256], field[272];	/* field: of the head, with the port */
	unsigned port;
	struct event *signal[SIGNALS];
	unsigned nsignals;
	bool ended;
	/* the answer to the last request */
	bool done;
	int status;			/* 0: there was none */
	struct rec_invocation *to;	/* an event is wanted */
	struct rec_err e;
};

struct event_base *rec_api_base(struct rec_api *a)
{
	return a->base;
}

const char *rec_api_host(const struct rec_api *a, unsigned *port)
{
	*port = a->port;
	return a->host;
}

/* -- opening ---------------------------------------------------------- */

static int read_address(struct rec_api *a, const char *where, struct rec_err *e)
{
	const char *colon = strrchr(where, ':');
	size_t n = colon ? (size_t)(colon - where) : 0;
	uint64_t port;

	if (n == 0 || n >= sizeof a->host ||
	    rec_num_u64(colon + 1, strlen(colon + 1), &port) != REC_NUM_OK || port < 1 ||
	    port > 65535)
		return rec_err_set(e, REC_EUSAGE,
				   "AWS_LAMBDA_RUNTIME_API: '%.100s' is not HOST:PORT", where);
	memcpy(a->host, where, n);
	a->port = (unsigned)port;
	snprintf(a->field, sizeof a->field, "%s:%u", a->host, a->port);
	return 0;
}

int rec_api_open(struct rec_api **out, const char *where, size_t most, struct rec_err *e)
{
	struct rec_api *a = rec_zalloc(1, sizeof *a, e);

	*out = NULL;
	if (!a)
		return -1;
	if (read_address(a, where, e) != 0) {
		free(a);
		return -1;
	}
	a->base = event_base_new();
	if (a->base)
		a->connection = evhttp_connection_base_bufferevent_new(a->base, NULL, NULL, a->host,
								       (unsigned short)a->port);
	if (!a->connection) {
		rec_api_close(a);
		return rec_err_set(e, REC_ENOMEM, "the Runtime API: no memory for a connection");
	}
	evhttp_connection_set_timeout_tv(a->connection, &forever);
	evhttp_connection_set_max_body_size(a->connection, (ev_ssize_t)most);
	*out = a;
	return 0;
}

void rec_api_close(struct rec_api *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->nsignals; i++)
		event_free(a->signal[i]);
	if (a->connection)
		evhttp_connection_free(a->connection);
	if (a->base)
		event_base_free(a->base);
	free(a);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
	struct rec_api *a = arg;

	(void)signal;
	(void)what;
	a->ended = true;
	if (a->to)	/* an answer that is on its way gets there */
		event_base_loopbreak(a->base);
}

int rec_api_end_on(struct rec_api *a, int signal, struct rec_err *e)
{
	struct event *ev = NULL;

	if (a->nsignals < SIGNALS)
		ev = evsignal_new(a->base, signal, on_signal, a);
	if (!ev || event_add(ev, NULL) != 0) {
		if (ev)
			event_free(ev);
		return rec_err_set(e, REC_ENOMEM, "no memory for a signal");
	}
	a->signal[a->nsignals++] = ev;
	return 0;
}

/* -- one request ------------------------------------------------------ */

int rec_api_refused(struct rec_err *e, const char *path, int status)
{
	if (status == 0)
		return rec_err_set(e, REC_EIO, "the Runtime API does not answer (%s)", path);
	return rec_err_set(e, REC_EIO, "the Runtime API answers %d to %s", status, path);
}

/* An id becomes a part of a path. */
static bool is_id(const char *p)
{
	size_t n = strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_");

	return n > 0 && n <= REC_INVOCATION_ID && p[n] == '\0';
}

static int take_event(struct rec_invocation *v, struct evhttp_request *req, struct rec_err *e)
{
	struct evkeyvalq *head = evhttp_request_get_input_headers(req);
	struct evbuffer *body = evhttp_request_get_input_buffer(req);
	const char *id = evhttp_find_header(head, "Lambda-Runtime-Aws-Request-Id");
	const char *deadline = evhttp_find_header(head, "Lambda-Runtime-Deadline-Ms");
	size_t n = evbuffer_get_length(body);
	double ms;

	if (!id || !is_id(id))
		return rec_err_set(e, REC_EIO, "the Runtime API sent an event without an id");
	memcpy(v->id, id, strlen(id) + 1);
	v->deadline = deadline && rec_num_f64(deadline, strlen(deadline), &ms) == REC_NUM_OK ?
			      ms / 1000 :
			      0;
	v->event.n = 0;
	if (rec_grow(&v->event.p, &v->event.cap, n + 1, 1, e) != 0)
		return -1;
	v->event.n = (size_t)evbuffer_remove(body, v->event.p, n);
	return 0;
}

/* req is NULL where the connection failed. */
static void on_answer(struct evhttp_request *req, void *arg)
{
	struct rec_api *a = arg;

	a->done = true;
	a->status = req ? evhttp_request_get_response_code(req) : 0;
	if (a->to && a->status == 200 && take_event(a->to, req, &a->e) != 0)
		a->status = -1;
	event_base_loopbreak(a->base);
}

/* A request: type is that of an error, p its body; or NULL. */
struct question {
	enum evhttp_cmd_type method;
	const char *path, *type, *p;
	size_t n;
};

static struct evhttp_request *new_request(struct rec_api *a, const struct question *q)
{
	struct evhttp_request *req = evhttp_request_new(on_answer, a);
	struct evkeyvalq *head;
	struct evbuffer *body;

	if (!req)
		return NULL;
	head = evhttp_request_get_output_headers(req);
	body = evhttp_request_get_output_buffer(req);
	if (evhttp_add_header(head, "Host", a->field) == 0 &&
	    evhttp_add_header(head, "User-Agent", "recpipe") == 0 &&
	    (!q->p || evhttp_add_header(head, "Content-Type", REC_TYPE_JSON) == 0) &&
	    (!q->type ||
	     evhttp_add_header(head, "Lambda-Runtime-Function-Error-Type", q->type) == 0) &&
	    (!q->p || evbuffer_add_reference(body, q->p, q->n, NULL, NULL) == 0))
		return req;
	evhttp_request_free(req);
	return NULL;
}

/* Ask, and wait for the answer or, where that is allowed, for a signal. */
static int ask_once(struct rec_api *a, const struct question *q, struct rec_err *e)
{
	struct evhttp_request *req = new_request(a, q);

	if (!req)
		return rec_err_set(e, REC_ENOMEM, "no memory for a request of the Runtime API");
	a->done = false;
	a->status = 0;
	a->e = (struct rec_err){ 0 };
	if (evhttp_make_request(a->connection, req, q->method, q->path) != 0)
		return rec_api_refused(e, q->path, 0);
	while (!a->done && !(a->to && a->ended))
		if (event_base_dispatch(a->base) != 0)
			return rec_api_refused(e, q->path, 0);
	return 0;
}

/*
 * A kept connection may have been closed while the environment slept, which
 * shows when it is used: then another one is made.
 */
static int ask(struct rec_api *a, const struct question *q, struct rec_err *e)
{
	for (int left = 2; left > 0; left--) {
		if (ask_once(a, q, e) != 0)
			return -1;
		if (!a->done || a->status != 0)
			break;
	}
	return 0;
}

int rec_api_next(struct rec_api *a, struct rec_invocation *v, struct rec_err *e)
{
	const struct question q = { .method = EVHTTP_REQ_GET, .path = ROOT "/invocation/next" };
	int rc;

	if (a->ended)
		return 0;
	a->to = v;
	rc = ask(a, &q, e);
	a->to = NULL;
	if (rc != 0)
		return -1;
	if (!a->done)
		return 0;
	if (a->status == -1) {
		*e = a->e;
		return -1;
	}
	return a->status == 200 ? 1 : rec_api_refused(e, q.path, a->status);
}

static int post(struct rec_api *a, const char *path, const char *type, const char *p, size_t n,
		struct rec_err *e)
{
	const struct question q = { EVHTTP_REQ_POST, path, type, p ? p : "", n };

	if (ask(a, &q, e) != 0)
		return -1;
	return a->status >= 200 && a->status < 300 ? 0 : rec_api_refused(e, path, a->status);
}

int rec_api_respond(struct rec_api *a, const struct rec_invocation *v, const char *p, size_t n,
		    struct rec_err *e)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof path, ROOT "/invocation/%s/response", v->id);
	return post(a, path, NULL, p, n, e);
}

int rec_api_fail(struct rec_api *a, const struct rec_invocation *v, const char *type, const char *p,
		 size_t n, struct rec_err *e)
{
	char path[PATH_BYTES];

	if (v)
		snprintf(path, sizeof path, ROOT "/invocation/%s/error", v->id);
	else
		snprintf(path, sizeof path, ROOT "/init/error");
	return post(a, path, type, p, n, e);
}

/* SPDX-License-Identifier: MIT */
/* lambda/stream.c - a body in chunks, written to a bufferevent. */
#include "lambda/stream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/base64.h"

enum { PATIENCE = 60, MOST_ANSWER = 8 << 10 };	/* seconds; bytes of an answer's head */

struct rec_stream {
	struct event_base *base;
	struct bufferevent *socket;
	char path[200];
	bool broken;			/* no more can be written */
	bool answered;			/* a line of the answer is there, or its end */
};

void rec_stream_drop(struct rec_stream *s)
{
	bufferevent_free(s->socket);
	free(s);
}

static void on_written(struct bufferevent *b, void *arg)
{
	struct rec_stream *s = arg;

	(void)b;
	event_base_loopbreak(s->base);
}

/* Only the first line counts. */
static void on_read(struct bufferevent *b, void *arg)
{
	struct rec_stream *s = arg;
	struct evbuffer *in = bufferevent_get_input(b);

	if (evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_CRLF_STRICT).pos < 0 &&
	    evbuffer_get_length(in) < MOST_ANSWER)
		return;
	s->answered = true;
	event_base_loopbreak(s->base);
}

static void on_event(struct bufferevent *b, short what, void *arg)
{
	struct rec_stream *s = arg;

	(void)b;
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)))
		return;
	s->broken = s->answered = true;
	event_base_loopbreak(s->base);
}

static int add(struct rec_stream *s, const void *p, size_t n, struct rec_err *e)
{
	return bufferevent_write(s->socket, p, n) == 0 ?
		       0 :
		       rec_err_set(e, REC_ENOMEM, "no memory for a stream of the Runtime API");
}

static int add_text(struct rec_stream *s, const char *text, struct rec_err *e)
{
	return add(s, text, strlen(text), e);
}

/* What the Runtime API said so far; 0: nothing. */
static int status_of(struct rec_stream *s)
{
	char line[32] = "";

	evbuffer_copyout(bufferevent_get_input(s->socket), line, sizeof line - 1);
	return strncmp(line, "HTTP/1.", 7) == 0 ? atoi(line + 9) : 0;
}

/* Until all that was added is in the kernel. */
static int flush(struct rec_stream *s, struct rec_err *e)
{
	while (!s->broken && evbuffer_get_length(bufferevent_get_output(s->socket)) > 0)
		if (event_base_dispatch(s->base) != 0)
			s->broken = true;
	return s->broken ? rec_api_refused(e, s->path, status_of(s)) : 0;
}

static int begin(struct rec_stream *s, struct rec_api *a, const char *type, struct rec_err *e)
{
	const struct timeval patience = { PATIENCE, 0 };
	unsigned port;
	const char *host = rec_api_host(a, &port);
	char head[800];

	bufferevent_setcb(s->socket, on_read, on_written, on_event, s);
	if (bufferevent_set_timeouts(s->socket, NULL, &patience) != 0 ||
	    bufferevent_enable(s->socket, EV_READ | EV_WRITE) != 0 ||
	    bufferevent_socket_connect_hostname(s->socket, NULL, AF_UNSPEC, host, (int)port) != 0)
		return rec_api_refused(e, s->path, 0);
	snprintf(head, sizeof head,
		 "POST %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: recpipe\r\n"
		 "Content-Type: %s\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
		 "Transfer-Encoding: chunked\r\nConnection: close\r\n"
		 "Trailer: Lambda-Runtime-Function-Error-Type, "
		 "Lambda-Runtime-Function-Error-Body\r\n\r\n",
		 s->path, host, port, type);
	return add_text(s, head, e);
}

int rec_stream_open(struct rec_stream **out, struct rec_api *a, const struct rec_invocation *v,
		    const char *type, struct rec_err *e)
{
	struct rec_stream *s = rec_zalloc(1, sizeof *s, e);

	*out = NULL;
	if (!s)
		return -1;
	s->base = rec_api_base(a);
	snprintf(s->path, sizeof s->path, "/2018-06-01/runtime/invocation/%s/response", v->id);
	s->socket = bufferevent_socket_new(s->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!s->socket) {
		free(s);
		return rec_err_set(e, REC_ENOMEM, "no memory for a stream of the Runtime API");
	}
	if (begin(s, a, type, e) != 0) {
		rec_stream_drop(s);
		return -1;
	}
	*out = s;
	return 0;
}

int rec_stream_write(struct rec_stream *s, const char *p, size_t n, struct rec_err *e)
{
	char size[32];

	if (n == 0)	/* an empty chunk would be the end */
		return 0;
	snprintf(size, sizeof size, "%zx\r\n", n);
	if (add_text(s, size, e) != 0 || add(s, p, n, e) != 0 || add_text(s, "\r\n", e) != 0)
		return -1;
	return flush(s, e);
}

static int add_trailers(struct rec_stream *s, const char *type, const char *p, size_t n,
			struct rec_err *e)
{
	struct rec_buf b = { 0 };
	int rc = -1;

	if (rec_buf_printf(&b, e,
			   "Lambda-Runtime-Function-Error-Type: %s\r\n"
			   "Lambda-Runtime-Function-Error-Body: ",
			   type) == 0 &&
	    rec_base64_add(&b, p, n, e) == 0 && rec_buf_add(&b, "\r\n", 2, e) == 0)
		rc = add(s, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

static int await_status(struct rec_stream *s)
{
	const struct timeval patience = { PATIENCE, 0 };

	bufferevent_set_timeouts(s->socket, &patience, &patience);
	while (!s->answered)
		if (event_base_dispatch(s->base) != 0)
			break;
	return status_of(s);
}

int rec_stream_close(struct rec_stream *s, const char *type, const char *p, size_t n,
		     struct rec_err *e)
{
	int rc = -1, status;

	if (add_text(s, "0\r\n", e) == 0 && (!type || add_trailers(s, type, p, n, e) == 0) &&
	    add_text(s, "\r\n", e) == 0 && flush(s, e) == 0) {
		status = await_status(s);
		rc = status >= 200 && status < 300 ? 0 : rec_api_refused(e, s->path, status);
	}
	rec_stream_drop(s);
	return rc;
}

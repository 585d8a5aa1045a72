/* SPDX-License-Identifier: MIT */
/*
 * serve/exchange.c - a request of evhttp to the desk, its reply to evhttp; a
 * batch in pieces, each when the one before is out.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "serve/batch.h"
#include "serve/connection_private.h"
#include "serve/json.h"

/* The connection that a request came on. */
static struct rec_connection *connection_of(struct evhttp_request *req, struct rec_worker *w)
{
	struct bufferevent *b =
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
	struct rec_connection *c = w->reading;

	if (c && c->filter == b)
		return c;
	for (c = w->first; c && c->filter != b;)
		c = c->next;
	return c;
}

/* The answer is out: the next request may come, or is there already. */
static void on_sent(struct evhttp_request *req, void *arg)
{
	struct rec_connection *c = arg;
	const struct timeval soon = { 0, 0 };

	(void)req;
	if (c->phase != REC_ANSWERING)
		return;
	rec_connection_let_go_of_body(c);
	c->phase = REC_WAITING;
	rec_connection_arm(c, rec_connection_shared(c)->limits.idle);
	if (evbuffer_get_length(bufferevent_get_input(c->socket)) > 0)
		evtimer_add(c->turn, &soon);	/* others have theirs before */
	else if (c->ended)
		rec_connection_arm(c, 0);
	else
		rec_connection_listen(c);
}

static void add_head(struct evhttp_request *req, const struct rec_connection *c,
		     const struct rec_reply *r, bool wrapped)
{
	struct evkeyvalq *head = evhttp_request_get_output_headers(req);

	evhttp_add_header(head, "Content-Type", wrapped ? REC_TYPE_JSON : r->type);
	evhttp_add_header(head, "X-Content-Type-Options", "nosniff");
	if (r->allow)
		evhttp_add_header(head, "Allow", r->allow);
	if (r->status == 503)
		evhttp_add_header(head, "Retry-After", "1");
	if (atomic_load(&rec_connection_shared(c)->meters.draining))
		evhttp_add_header(head, "Connection", "close");
}

/* An envelope of Azure, for its answers. */
static const struct rec_envelope azure = { .wrap = REC_WRAP_AZURE };

/* A batch on its way. */
struct stream {
	struct rec_connection *connection;
	struct evhttp_request *request;
	struct rec_batch *batch;
	struct event *again;		/* the next piece */
	struct rec_reply reply;
	bool wrapped, begun, ended;	/* in an envelope; of this, what was made */
	struct rec_buf piece;		/* a piece of it */
};

static void stream_free(struct stream *s)
{
	if (s->again)
		event_free(s->again);
	rec_batch_close(s->batch);
	rec_reply_free(&s->reply);
	rec_buf_free(&s->piece);
	free(s);
}

/*
 * The client went away. Where evhttp has let go of the request, because it was
 * not answered yet, it is freed by ending it; else it goes with the connection.
 */
static void on_gone(struct evhttp_connection *evcon, void *arg)
{
	struct stream *s = arg;
	struct evhttp_request *req = s->request;

	(void)evcon;
	stream_free(s);
	if (!evhttp_request_get_connection(req))
		evhttp_send_reply_end(req);
}

static void stream_end(struct stream *s, bool whole)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(s->request);
	struct evhttp_request *req = s->request;
	struct rec_connection *c = s->connection;

	evhttp_connection_set_closecb(evcon, NULL, NULL);
	stream_free(s);
	if (whole) {
		evhttp_send_reply_end(req);
		rec_connection_send(c);
	} else {
		rec_connection_arm(c, 0);	/* without its end nobody takes it as whole */
	}
}

/* The next piece after a turn of the loop, in which others are answered. */
static void stream_later(struct evhttp_connection *evcon, void *arg)
{
	struct stream *s = arg;
	const struct timeval soon = { 0, 0 };

	(void)evcon;
	evtimer_add(s->again, &soon);
}

/*
 * The next piece of the envelope in its place, as rec_batch_next: rc is what
 * that said. Text that is no UTF-8 ends the stream.
 */
static int wrap_piece(struct stream *s, int rc)
{
	struct rec_buf *b = &s->piece;
	struct rec_reply *r = &s->reply;
	struct rec_err e = { 0 };

	if (rc < 0 || s->ended)
		return rc;
	b->n = 0;
	if (!rec_is_utf8(r->body.p, r->body.n) ||
	    (!s->begun && rec_wrap_begin(b, &azure, r, false, &e) != 0) ||
	    rec_wrap_add(b, r->body.p, r->body.n, false, &e) != 0 ||
	    (rc == 0 && rec_wrap_end(b, &azure, &e) != 0))
		return -1;
	s->begun = true;
	s->ended = rc == 0;
	return 1;
}

static void stream_next(struct stream *s)
{
	struct rec_connection *c = s->connection;
	const struct rec_buf *piece = s->wrapped ? &s->piece : &s->reply.body;
	struct evbuffer *out = NULL;
	int rc;

	s->reply.body.n = 0;
	rc = rec_batch_next(s->batch, &s->reply);
	if (s->wrapped)
		rc = wrap_piece(s, rc);
	if (rc > 0)
		out = evbuffer_new();
	if (rc <= 0 || !out || evbuffer_add(out, piece->p, piece->n) != 0) {
		stream_end(s, rc == 0);
	} else if (piece->n == 0) {	/* nobody in it has a list */
		stream_later(NULL, s);
	} else {
		rec_connection_arm(c, rec_connection_shared(c)->limits.answer_time);
		evhttp_send_reply_chunk_with_cb(s->request, out, stream_later, s);
		rec_connection_send(c);
	}
	if (out)
		evbuffer_free(out);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stream_next(arg);
}

static void send_stream(const struct rec_asked *a, const struct rec_reply *r)
{
	struct evhttp_request *req = a->request;
	struct rec_connection *c = a->connection;
	struct rec_batch *b = r->batch;
	struct rec_err e = { 0 };
	struct stream *s = rec_zalloc(1, sizeof *s, &e);

	if (s) {
		*s = (struct stream){ .connection = c,
				      .request = req,
				      .batch = b,
				      .reply = { .status = 200, .type = r->type },
				      .wrapped = a->wrapped };
		s->again = evtimer_new(c->worker->base, on_again, s);
	}
	if (!s || !s->again) {
		rec_batch_close(b);
		free(s);
		evhttp_send_reply(req, 503, rec_status_word(503), NULL);
		rec_connection_send(c);
		return;
	}
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_gone, s);
	evhttp_send_reply_start(req, 200, rec_status_word(200));
	stream_next(s);
}

/*
 * An answer to HEAD has the length and not the body, which the client would
 * take for the next answer; evhttp leaves out only the length.
 */
static void add_body(struct evhttp_request *req, const struct rec_reply *r)
{
	char length[32];

	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD) {
		snprintf(length, sizeof length, "%zu", r->body.n);
		evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Length", length);
	} else {
		evbuffer_add(evhttp_request_get_output_buffer(req), r->body.p, r->body.n);
	}
}

/* The answer becomes one whose body is the envelope with it. */
static void wrap(struct rec_buf *b, struct rec_reply *r)
{
	struct rec_err e = { 0 };
	struct rec_buf bare = r->body;

	if (!rec_is_utf8(bare.p, bare.n)) {
		rec_reply_fail(r, 422, "impossible",
			       "labels of the answer are no UTF-8, and lines in an envelope "
			       "cannot hold them; ask for JSON");
		bare = r->body;
	}
	b->n = 0;
	if (rec_wrap_begin(b, &azure, r, false, &e) != 0 ||
	    rec_wrap_add(b, bare.p, bare.n, false, &e) != 0 || rec_wrap_end(b, &azure, &e) != 0) {
		rec_reply_error(r, &e);
		return;
	}
	r->body = *b;
	*b = bare;
	r->status = 200;
	r->type = REC_TYPE_JSON;
	r->allow = NULL;
}

static void send_reply(const struct rec_asked *a, struct rec_reply *r)
{
	struct evhttp_request *req = a->request;
	struct rec_connection *c = a->connection;

	if (a->wrapped && !r->batch)
		wrap(&c->worker->wrapped, r);
	add_head(req, c, r, a->wrapped);
	if (r->batch) {
		send_stream(a, r);
		return;
	}
	add_body(req, r);
	evhttp_send_reply(req, r->status, rec_status_word(r->status), NULL);
	rec_connection_send(c);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* body NULL: there is no memory for it. */
static void read_request(struct rec_request *q, struct evhttp_request *req)
{
	struct evkeyvalq *head = evhttp_request_get_input_headers(req);
	struct evbuffer *body = evhttp_request_get_input_buffer(req);

	*q = (struct rec_request){ .post = evhttp_request_get_command(req) == EVHTTP_REQ_POST,
				   .target = evhttp_request_get_uri(req),
				   .accept = evhttp_find_header(head, "Accept"),
				   .type = evhttp_find_header(head, "Content-Type"),
				   .body_len = evbuffer_get_length(body) };
	q->body = q->body_len ? (const char *)evbuffer_pullup(body, -1) : "";
}

/*
 * The request that is in an envelope, where one is expected; a->wrapped tells.
 * -1 with an answer in w->reply.
 */
static int unwrap(struct rec_worker *w, struct rec_asked *a, struct rec_request *q)
{
	struct rec_envelope *v = &w->envelope;
	int rc;

	if (!q->body || !q->post || !rec_connection_shared(a->connection)->azure)
		return 0;
	rc = rec_envelope_open_azure(v, q->target, q->body, q->body_len, &w->reply);
	a->wrapped = v->wrap == REC_WRAP_AZURE;
	if (rc == 0)
		*q = v->request;
	else
		w->reply.endpoint = rec_endpoint_of(q->target);
	return rc;
}

/*
 * Whether the answer waits for the end of the turn; else it is in r. desk NULL:
 * the server ends before its models were complete.
 */
static bool answer(struct rec_desk *desk, const struct rec_request *q, struct rec_reply *r)
{
	if (desk && q->body)
		return rec_desk_take(desk, q, r);
	if (desk)
		rec_reply_fail(r, 503, "no-memory", "there is no memory for this now");
	else
		rec_reply_fail(r, 503, "draining", "this server is ending");
	return false;
}

static void reply(const struct rec_asked *a, struct rec_reply *r)
{
	rec_meters_count(&rec_connection_shared(a->connection)->meters, r->endpoint, r->status,
			 now() - a->began);
	send_reply(a, r);
}

/* Where the client has gone meanwhile, ending the request is what frees it. */
static void on_answered(void *arg, uint32_t i, struct rec_reply *r)
{
	struct rec_worker *w = arg;

	if (evhttp_request_get_connection(w->asked[i].request))
		reply(&w->asked[i], r);
	else
		evhttp_send_reply(w->asked[i].request, 503, rec_status_word(503), NULL);
}

void rec_worker_finish(evutil_socket_t fd, short what, void *arg)
{
	struct rec_worker *w = arg;
	struct rec_desk *desk = w->asked_at;

	(void)fd;
	(void)what;
	if (!desk)
		return;
	rec_desk_finish(desk, &w->reply, on_answered, w);
	rec_worker_answered(w);
	w->asked_at = NULL;
	rec_desk_let_go(desk);
}

/*
 * The desk that a request goes to. What waits is answered first where it waits
 * at another one, which is of an older site, or where no more can wait.
 */
static struct rec_desk *desk_for_one_more(struct rec_worker *w)
{
	struct rec_desk *desk = rec_worker_desk(w);

	if (w->asked_at && (w->asked_at != desk || desk->nwaiting == REC_DESK_TOGETHER))
		rec_worker_finish(-1, 0, w);
	return desk;
}

/* The desk for q: one of a whole site where a first one cannot answer it. */
static struct rec_desk *desk_for(struct rec_worker *w, const struct rec_request *q)
{
	struct rec_desk *desk = desk_for_one_more(w);

	if (!desk->site->first || !q->body || rec_desk_can(desk, q))
		return desk;
	rec_worker_finish(-1, 0, w);
	desk = rec_worker_whole_desk(w);
	return desk->site->first ? NULL : desk;
}

static void wait_for_others(struct rec_worker *w, struct rec_desk *desk, const struct rec_asked *a)
{
	if (!w->asked_at) {
		w->asked_at = rec_desk_hold(desk);
		event_active(w->finish, EV_TIMEOUT, 0);	/* after all that is there now */
	}
	w->asked[desk->nwaiting - 1] = *a;
}

/* true: it waits at the desk. */
static bool take(struct rec_worker *w, struct rec_asked *a)
{
	struct rec_request q;
	struct rec_desk *desk;
	bool waits;

	read_request(&q, a->request);
	rec_reply_clear(&w->reply);
	if (unwrap(w, a, &q) != 0)
		return false;
	desk = desk_for(w, &q);
	rec_reply_clear(&w->reply);
	waits = answer(desk, &q, &w->reply);
	if (waits)
		wait_for_others(w, desk, a);
	return waits;
}

void rec_connection_request(struct evhttp_request *req, void *arg)
{
	struct rec_worker *w = arg;
	struct rec_asked a = { req, connection_of(req, w), now(), false };
	bool waits;

	if (!a.connection || a.connection->phase != REC_ANSWERING) {
		/* the gate let no such thing in */
		evhttp_send_reply(req, 400, rec_status_word(400), NULL);
		return;
	}
	evhttp_request_set_on_complete_cb(req, on_sent, a.connection);
	waits = take(w, &a);
	rec_envelope_rest(&w->envelope);
	if (!waits)
		reply(&a, &w->reply);
}

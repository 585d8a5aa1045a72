/* SPDX-License-Identifier: MIT */
/*
 * serve/connection.c - bytes of a socket to requests, replies to bytes.
 *
 *	socket -> bufferevent -> filter (here) -> evhttp -> desk
 *
 * The filter holds a head back until it is whole and checked, then lets it and
 * its body pass, then nothing until the answer is out. So evhttp never sees a
 * second request while it is busy, and what is refused it never sees at all:
 * the refusal is written to the socket here.
 *
 * Bytes are read here, too. evhttp switches reading off while it is busy and on
 * again afterwards, and the bufferevent below would tell the kernel so for each
 * request. The event here stays where it is, until bytes come that nobody wants
 * yet: then it is off until the answer is out.
 *
 * In the other direction the filter writes to the socket itself. Moved on to
 * the bufferevent below, bytes would count as sent before they are, and evhttp
 * would close a connection on top of them.
 *
 * A connection lives as long as its filter, which evhttp frees.
 */
#include "serve/connection_private.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "serve/gate.h"
#include "serve/json.h"

/* Seconds that a client has to read a refusal before the socket is closed. */
#define LINGER 1.0

struct rec_server_shared *rec_connection_shared(const struct rec_connection *c)
{
	return rec_server_shared(c->worker->server);
}

void rec_connection_arm(struct rec_connection *c, double seconds)
{
	time_t whole = (time_t)seconds;
	struct timeval t = { whole, (suseconds_t)((seconds - (double)whole) * 1e6) };

	evtimer_add(c->timer, &t);
}

/* As if the other side had gone: evhttp frees everything, this too. */
static void end(struct rec_connection *c)
{
	bufferevent_trigger_event(c->filter, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

static void count(atomic_ulong *x)
{
	atomic_fetch_add_explicit(x, 1, memory_order_relaxed);
}

const char *rec_status_word(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 411: return "Length Required";
	case 413: return "Content Too Large";
	case 415: return "Unsupported Media Type";
	case 417: return "Expectation Failed";
	case 422: return "Unprocessable Content";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	case 503: return "Service Unavailable";
	case 505: return "HTTP Version Not Supported";
	default: return "Error";
	}
}

/*
 * Send a refusal, all of it: the answers before it may fill the socket's buffer
 * of a client that reads slowly. Then the sending side is shut, and what comes
 * is read for a moment, or the answer would be lost with it.
 */
static void send_refusal(struct rec_connection *c)
{
	struct rec_buf *b = &c->refusal;
	ssize_t n = send(bufferevent_getfd(c->socket), b->p, b->n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = (ssize_t)b->n;	/* gone: nobody misses it */
	if (n > 0) {
		b->n -= (size_t)n;
		memmove(b->p, b->p + n, b->n);
	}
	if (b->n > 0) {
		event_add(c->writable, NULL);
		return;
	}
	shutdown(bufferevent_getfd(c->socket), SHUT_WR);
	rec_connection_arm(c, c->ended ? 0 : LINGER);
}

/*
 * Answer on the socket itself, not through evhttp, which has nothing to send:
 * the gate lets nothing in while an answer is on its way.
 */
static void refuse(struct rec_connection *c, const struct rec_refusal *why)
{
	struct rec_err e = { 0 };
	struct rec_reply r = { 0 };

	rec_reply_fail(&r, why->status, why->code, "%s", why->reason);
	c->phase = REC_REFUSED;
	rec_connection_arm(c, rec_connection_shared(c)->limits.answer_time);
	if (rec_buf_printf(&c->refusal, &e,
			   "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s"
			   "Connection: close\r\n\r\n",
			   why->status, rec_status_word(why->status), r.type, r.body.n,
			   why->status == 503 ? "Retry-After: 1\r\n" : "",
			   why->status == 405 ? "Allow: GET, HEAD, POST\r\n" : "") != 0 ||
	    rec_buf_add(&c->refusal, r.body.p, r.body.n, &e) != 0)
		rec_connection_arm(c, 0);	/* no memory for a word */
	else
		send_refusal(c);
	rec_reply_free(&r);
}

static void refuse_malformed(struct rec_connection *c, const struct rec_refusal *why)
{
	count(&rec_connection_shared(c)->meters.malformed);
	refuse(c, why);
}

/* A deadline has passed. */
static void on_time(evutil_socket_t fd, short what, void *arg)
{
	static const struct rec_refusal slow = { 408, "too-slow",
						 "the request took too long to arrive" };
	struct rec_connection *c = arg;

	(void)fd;
	(void)what;
	if (c->phase == REC_IN_HEAD || c->phase == REC_IN_BODY) {
		count(&rec_connection_shared(c)->meters.late);
		refuse(c, &slow);
		return;
	}
	if (c->phase == REC_ANSWERING)
		count(&rec_connection_shared(c)->meters.late);
	end(c);
}

/* -- writing ----------------------------------------------------------- */

/*
 * The filter's other direction. Bytes go to the socket when on_writable says
 * so, once: evhttp adds to its output piece by piece, and would be called back
 * in the middle of that.
 */
static enum bufferevent_filter_result let_out(struct evbuffer *from, struct evbuffer *to,
					      ev_ssize_t limit, enum bufferevent_flush_mode mode,
					      void *arg)
{
	struct rec_connection *c = arg;
	int n;

	(void)to;
	(void)limit;
	(void)mode;
	if (!c->writing)
		return BEV_NEED_MORE;
	c->writing = false;
	n = evbuffer_write(from, bufferevent_getfd(c->socket));
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		c->phase = REC_REFUSED;	/* gone: nothing more can be said */
		rec_connection_arm(c, 0);
	} else if (evbuffer_get_length(from) > 0) {
		event_add(c->writable, NULL);
	}
	return n > 0 ? BEV_OK : BEV_NEED_MORE;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct rec_connection *c = arg;

	(void)fd;
	(void)what;
	if (c->phase == REC_REFUSED && c->refusal.n > 0) {
		send_refusal(c);
		return;
	}
	c->writing = true;
	bufferevent_trigger(c->socket, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
	c->writing = false;
}

/* evhttp has something to send: in the next turn of the loop. */
void rec_connection_send(struct rec_connection *c)
{
	event_active(c->writable, EV_WRITE, 0);
}

/* -- reading ----------------------------------------------------------- */

static void stop_listening(struct rec_connection *c)
{
	event_del(c->readable);
	c->deaf = true;
}

void rec_connection_listen(struct rec_connection *c)
{
	if (c->deaf && !c->ended && c->phase != REC_ANSWERING) {
		c->deaf = false;
		event_add(c->readable, NULL);
	}
}

/* No more comes: the end of what the client sends, or an error. */
static void no_more(struct rec_connection *c, short what)
{
	stop_listening(c);
	bufferevent_trigger_event(c->socket, (short)(BEV_EVENT_READING | what), 0);
}

/* What is behind so many bytes stays in the kernel. */
static size_t most_input(const struct rec_connection *c)
{
	size_t most = 2 * rec_connection_shared(c)->limits.head;

	return most < REC_READ_BYTES ? REC_READ_BYTES : most;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rec_connection *c = arg;
	struct evbuffer *input = bufferevent_get_input(c->socket);
	size_t have = evbuffer_get_length(input), most = most_input(c);
	ssize_t n;

	(void)what;
	if (c->phase == REC_ANSWERING || have >= most) {
		stop_listening(c);
		return;
	}
	most -= have;
	n = recv(fd, c->worker->input, most < REC_READ_BYTES ? most : REC_READ_BYTES, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		no_more(c, n < 0 ? BEV_EVENT_ERROR : BEV_EVENT_EOF);
	else if (evbuffer_add(input, c->worker->input, (size_t)n) != 0)
		no_more(c, BEV_EVENT_ERROR);
	else
		bufferevent_trigger(c->socket, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
}

/* The socket is known: it is read, and written to, from now on. */
static bool open_socket(struct rec_connection *c)
{
	struct event_base *base = bufferevent_get_base(c->socket);
	int fd = bufferevent_getfd(c->socket);

	c->writable = event_new(base, fd, EV_WRITE, on_writable, c);
	c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
	return c->readable && c->writable && event_add(c->readable, NULL) == 0;
}

/* -- the filter ------------------------------------------------------- */

/* A whole head, of n bytes, goes on with what there is of its body. */
static void pass_head(struct rec_connection *c, struct evbuffer *from, struct evbuffer *to,
		      size_t n, uint64_t body)
{
	const struct rec_limits *l = &rec_connection_shared(c)->limits;

	evbuffer_remove_buffer(from, to, n);
	c->seen = 0;
	c->left = body;
	c->chunks = (struct rec_chunks){ 0 };
	c->requests++;
	c->phase = body ? REC_IN_BODY : REC_ANSWERING;
	rec_connection_arm(c, body ? l->body_time : l->answer_time);
	rec_connection_send(c);		/* perhaps 100 Continue, or evhttp's own refusal */
}

/* Whether something was passed on. */
static bool take_head(struct rec_connection *c, struct evbuffer *from, struct evbuffer *to)
{
	static const struct rec_refusal too_long = { 431, "head-too-large",
						     "the head of the request is too large" },
					too_large = { 413, "body-too-large",
						      "the body of the request is too large" };
	const struct rec_limits *l = &rec_connection_shared(c)->limits;
	size_t have = evbuffer_get_length(from), look = have < l->head ? have : l->head;
	struct rec_refusal why;
	const char *p;
	uint64_t body;
	int64_t n;

	if (have == 0)
		return false;
	if (c->phase == REC_WAITING) {
		c->phase = REC_IN_HEAD;
		rec_connection_arm(c, l->head_time);
	}
	p = (const char *)evbuffer_pullup(from, (ev_ssize_t)look);
	n = p ? rec_gate_find(p, look, &c->seen, &why) : 0;
	if (n < 0)
		refuse_malformed(c, &why);
	else if (n == 0 && have >= l->head)
		refuse_malformed(c, &too_long);
	else if (n > 0 && rec_gate_check(p, (size_t)n, rec_connection_shared(c)->azure, &body,
					 &why) != 0)
		refuse_malformed(c, &why);
	else if (n > 0 && body != REC_GATE_CHUNKED && body > l->body)
		refuse_malformed(c, &too_large);
	else if (n > 0)
		pass_head(c, from, to, (size_t)n, body);
	return c->phase == REC_IN_BODY || c->phase == REC_ANSWERING;
}

void rec_connection_let_go_of_body(struct rec_connection *c)
{
	atomic_fetch_sub_explicit(&rec_connection_shared(c)->bodies, c->held, memory_order_relaxed);
	c->held = 0;
}

/* Whether n more bytes of bodies are too many for all connections together. */
static bool too_much(struct rec_connection *c, size_t n)
{
	struct rec_server_shared *s = rec_connection_shared(c);
	size_t before = atomic_fetch_add_explicit(&s->bodies, n, memory_order_relaxed);

	c->held += n;
	return before + n > s->limits.bodies;
}

/*
 * How many of the bytes that are there belong to the body; *end where it ends
 * with them. -1: it is refused.
 */
static int64_t find_body(struct rec_connection *c, struct evbuffer *from, bool *end)
{
	size_t have = evbuffer_get_length(from), n = have < c->left ? have : (size_t)c->left;
	struct rec_refusal why = { 503, "no-memory", "there is no memory for this now" };
	int64_t len = -1;
	const char *p;

	if (have == 0)
		return 0;
	if (c->left != REC_GATE_CHUNKED) {
		c->left -= n;
		*end = c->left == 0;
		return (int64_t)n;
	}
	p = (const char *)evbuffer_pullup(from, -1);
	if (p)
		len = rec_gate_chunks(&c->chunks, p, have, rec_connection_shared(c)->limits.body,
				      &why);
	if (len < 0)
		refuse_malformed(c, &why);
	*end = c->chunks.done;
	return len;
}

static bool take_body(struct rec_connection *c, struct evbuffer *from, struct evbuffer *to)
{
	static const struct rec_refusal busy = { 503, "busy",
						 "too many bytes of requests; ask again later" };
	bool end = false;
	int64_t n = find_body(c, from, &end);

	if (n <= 0)
		return false;
	if (too_much(c, (size_t)n)) {
		count(&rec_connection_shared(c)->meters.refused);
		refuse(c, &busy);
		return false;
	}
	evbuffer_remove_buffer(from, to, (size_t)n);
	if (end) {
		c->phase = REC_ANSWERING;
		rec_connection_arm(c, rec_connection_shared(c)->limits.answer_time);
	}
	return true;
}

static enum bufferevent_filter_result let_in(struct evbuffer *from, struct evbuffer *to,
					     ev_ssize_t limit, enum bufferevent_flush_mode mode,
					     void *arg)
{
	struct rec_connection *c = arg;
	bool passed = false;

	(void)limit;
	(void)mode;
	if (!c->greeted)
		return BEV_NEED_MORE;	/* on_turn asks again */
	if (c->phase == REC_WAITING || c->phase == REC_IN_HEAD)
		passed = take_head(c, from, to);
	if (c->phase == REC_IN_BODY)
		passed |= take_body(c, from, to);
	if (c->phase == REC_REFUSED)
		evbuffer_drain(from, evbuffer_get_length(from));
	if (passed)
		c->worker->reading = c;
	return passed ? BEV_OK : BEV_NEED_MORE;
}

/* How many connections its address has, if that matters; 0 if not. */
static unsigned enter(struct rec_connection *c)
{
	struct rec_server_shared *s = rec_connection_shared(c);
	struct sockaddr_storage from = { 0 };
	socklen_t n = sizeof from;
	unsigned now = 0;
	int fd = bufferevent_getfd(c->socket);

	if (s->peers && getpeername(fd, (struct sockaddr *)&from, &n) == 0)
		c->peer = rec_peers_enter(s->peers, (struct sockaddr *)&from, &now);
	return now;
}

/*
 * A connection is known before its socket is: this is the first turn after, and
 * nothing was read. One too many hears so at once, or those who say nothing
 * would hold descriptors. False: it is no more.
 */
static bool greet(struct rec_connection *c)
{
	static const struct rec_refusal busy = { 503, "busy",
						 "too many connections; ask again later" },
					crowded = { 503, "too-many-of-one-address",
						    "too many connections from this address" };
	struct rec_server_shared *s = rec_connection_shared(c);
	unsigned most = s->limits.per_address, n = enter(c);

	c->greeted = true;
	if (most && n > most)
		count(&s->meters.crowded);
	if (!open_socket(c) || (most && n / 2 > most)) {
		end(c);			/* not even a word: they take room, too */
		return false;
	}
	if (most && n > most) {
		refuse(c, &crowded);
	} else if (c->surplus) {
		count(&s->meters.refused);
		refuse(c, &busy);
	}
	return true;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct rec_connection *c = arg;

	(void)fd;
	(void)what;
	if (!c->greeted && !greet(c))
		return;
	bufferevent_trigger(c->socket, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
	if (c->ended && c->phase != REC_ANSWERING && c->refusal.n == 0)
		end(c);			/* less than a request was left */
	else
		rec_connection_listen(c);
}

static void on_read(struct bufferevent *b, void *arg)
{
	struct rec_connection *c = arg;

	c->on_read(b, c->filter_arg);
}

static void on_write(struct bufferevent *b, void *arg)
{
	struct rec_connection *c = arg;

	c->on_write(b, c->filter_arg);
}

/*
 * A client that shuts its side waits for what it asked: its end is told when
 * that is out. Where it has gone altogether, writing fails.
 */
static void on_event(struct bufferevent *b, short what, void *arg)
{
	struct rec_connection *c = arg;
	bool more = evbuffer_get_length(bufferevent_get_input(b)) > 0;

	if ((what & BEV_EVENT_EOF) &&
	    (c->phase == REC_ANSWERING || (c->phase == REC_WAITING && more) || c->refusal.n > 0))
		c->ended = true;
	else
		c->on_event(b, what, c->filter_arg);
}

/* Stand between the socket's bufferevent and the filter. */
static void listen_below(struct rec_connection *c)
{
	bufferevent_getcb(c->socket, &c->on_read, &c->on_write, &c->on_event, &c->filter_arg);
	bufferevent_setcb(c->socket, on_read, on_write, on_event, c);
}

/* -- the end and the beginning ---------------------------------------- */

static void unlink_connection(struct rec_connection *c)
{
	struct rec_worker *w = c->worker;

	if (c->before)
		c->before->next = c->next;
	else
		w->first = c->next;
	if (c->next)
		c->next->before = c->before;
	if (w->reading == c)
		w->reading = NULL;
	w->connections--;
	atomic_fetch_sub_explicit(&rec_connection_shared(c)->meters.connections, 1,
				  memory_order_relaxed);
}

static void forget(void *arg)
{
	struct rec_connection *c = arg;
	struct rec_worker *w = c->worker;

	unlink_connection(c);
	rec_connection_let_go_of_body(c);
	rec_peers_leave(rec_server_shared(w->server)->peers, c->peer);
	event_free(c->timer);
	event_free(c->turn);
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	rec_buf_free(&c->refusal);
	free(c);
	rec_worker_admit(w);
	if (w->connections == 0 && w->closing)
		event_base_loopbreak(w->base);
}

static void link_connection(struct rec_connection *c)
{
	struct rec_worker *w = c->worker;
	struct rec_server_shared *s = rec_connection_shared(c);

	c->next = w->first;
	if (c->next)
		c->next->before = c;
	w->first = c;
	w->connections++;
	c->surplus = atomic_fetch_add_explicit(&s->meters.connections, 1, memory_order_relaxed) >=
		     s->limits.connections;
	count(&s->meters.accepted);
	rec_worker_admit(w);
}

struct bufferevent *rec_connection_new(struct event_base *base, void *arg)
{
	struct rec_err e = { 0 };
	struct rec_connection *c = rec_zalloc(1, sizeof *c, &e);

	if (!c)
		return NULL;
	c->worker = arg;
	c->timer = evtimer_new(base, on_time, c);
	c->turn = evtimer_new(base, on_turn, c);
	c->socket = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->timer && c->turn && c->socket)
		c->filter = bufferevent_filter_new(c->socket, let_in, let_out,
						   BEV_OPT_CLOSE_ON_FREE, forget, c);
	if (!c->filter) {
		if (c->timer)
			event_free(c->timer);
		if (c->turn)
			event_free(c->turn);
		if (c->socket)
			bufferevent_free(c->socket);
		free(c);
		return NULL;
	}
	link_connection(c);
	listen_below(c);
	bufferevent_disable(c->socket, EV_READ);
	evbuffer_unfreeze(bufferevent_get_input(c->socket), 0);
	rec_connection_arm(c, rec_connection_shared(c)->limits.idle);
	event_active(c->turn, EV_TIMEOUT, 0);
	return c->filter;
}

void rec_connections_drain(struct rec_worker *w)
{
	struct rec_connection *next;

	for (struct rec_connection *c = w->first; c; c = next) {
		next = c->next;
		if (c->phase == REC_WAITING && c->requests > 0)
			end(c);
		else if (c->phase == REC_WAITING)
			rec_connection_arm(c, 1);
	}
}

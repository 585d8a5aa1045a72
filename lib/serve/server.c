/* SPDX-License-Identifier: MIT */
/*
 * serve/server.c - the threads, and the site that they answer from. Threads are
 * told by a number that the site has changed, and take the new one before they
 * answer the next request.
 */
#include "serve/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "serve/connection.h"
#include "serve/peers.h"

enum { CROWD = 64 };			/* connections of a thread */

struct rec_server {
	struct rec_server_shared shared;
	pthread_mutex_t lock;		/* of site, asked */
	pthread_cond_t changed;		/* one of them has */
	struct rec_site *site;
	bool asked;			/* while it was a first one */
	atomic_ulong generation;	/* of site */
	unsigned nthreads, nworkers;	/* wanted, and opened */
	struct rec_worker *worker;
	pthread_t *thread;
};

const char *rec_server_engine(void)
{
	return "libevent " LIBEVENT_VERSION;
}

struct rec_server_shared *rec_server_shared(struct rec_server *s)
{
	return &s->shared;
}

static struct rec_site *site_now(struct rec_server *s, unsigned long *generation)
{
	struct rec_site *site;

	pthread_mutex_lock(&s->lock);
	site = rec_site_hold(s->site);
	*generation = atomic_load(&s->generation);
	pthread_mutex_unlock(&s->lock);
	return site;
}

/*
 * What an old model or a crowd took lies in pieces between what is still held,
 * and malloc keeps it. It goes back to the system at most once a second: that
 * is a walk over the heap.
 */
static void tidy_soon(struct rec_worker *w)
{
	const struct timeval second = { 1, 0 };

	if (w->tidy && !evtimer_pending(w->tidy, NULL))
		evtimer_add(w->tidy, &second);
}

/* Where there is no memory for a new desk, the old one goes on. */
static int renew_desk(struct rec_worker *w, struct rec_err *e)
{
	struct rec_site *site = site_now(w->server, &w->generation);
	struct rec_desk *d;
	int rc = rec_desk_open(&d, site, &w->server->shared.counter, e);

	rec_site_let_go(site);
	if (rc != 0)
		return -1;
	rec_desk_let_go(w->desk);
	w->desk = d;
	tidy_soon(w);
	return 0;
}

struct rec_desk *rec_worker_desk(struct rec_worker *w)
{
	struct rec_err e = { 0 };

	if (w->generation != atomic_load(&w->server->generation) && renew_desk(w, &e) != 0)
		w->generation = 0;	/* try again with the next request */
	return w->desk;
}

/* One byte into a pipe that is nearly empty: only a signal is in the way. */
static void wake_all(struct rec_server *s)
{
	for (unsigned i = 0; i < s->nworkers; i++)
		while (s->worker[i].ran && write(s->worker[i].pipe[1], "x", 1) < 0 &&
		       errno == EINTR)
			;
}

/* Threads that nobody asks are told: they would hold the old models. */
static void exchange(struct rec_server *s, struct rec_site *site)
{
	struct rec_site *old;

	pthread_mutex_lock(&s->lock);
	old = s->site;
	s->site = rec_site_hold(site);
	atomic_fetch_add(&s->generation, 1);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	rec_site_let_go(old);
	wake_all(s);
}

void rec_server_swap(struct rec_server *s, struct rec_site *site)
{
	exchange(s, site);
	atomic_fetch_add(&s->shared.meters.swaps, 1);
}

void rec_server_complete(struct rec_server *s, struct rec_site *whole)
{
	exchange(s, whole);
}

static void note_asked(struct rec_server *s)
{
	s->asked = true;
	pthread_cond_broadcast(&s->changed);
}

void rec_worker_answered(struct rec_worker *w)
{
	if (!w->desk->site->first)
		return;
	pthread_mutex_lock(&w->server->lock);
	note_asked(w->server);
	pthread_mutex_unlock(&w->server->lock);
}

struct rec_desk *rec_worker_whole_desk(struct rec_worker *w)
{
	struct rec_server *s = w->server;

	pthread_mutex_lock(&s->lock);
	note_asked(s);
	while (s->site->first && !atomic_load(&s->shared.meters.draining))
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return rec_worker_desk(w);
}

void rec_server_first_asked(struct rec_server *s, double seconds)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	seconds += (double)until.tv_nsec / 1e9;
	until.tv_sec += (time_t)seconds;
	until.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9);
	pthread_mutex_lock(&s->lock);
	while (!s->asked && rc == 0)
		rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
}

void rec_server_refused_swap(struct rec_server *s)
{
	atomic_fetch_add(&s->shared.meters.bad_swaps, 1);
}

/* -- accepting -------------------------------------------------------- */

/* A crowd is over when most of it have left. */
static void note_crowd(struct rec_worker *w)
{
	if (w->connections > w->peak)
		w->peak = w->connections;
	if (w->peak >= CROWD && w->connections <= w->peak / 4)
		tidy_soon(w);
}

static void on_tidy(evutil_socket_t fd, short what, void *arg)
{
	struct rec_worker *w = arg;

	(void)fd;
	(void)what;
	w->peak = w->connections;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

/*
 * Those above the limit are told so; where too many of them wait to be told,
 * the rest waits in the kernel. Threads share the limit, so one that accepts
 * no more looks by itself whether others have let theirs go.
 */
void rec_worker_admit(struct rec_worker *w)
{
	struct rec_server_shared *s = &w->server->shared;
	const struct timeval soon = { 0, 50000 };
	unsigned long most = s->limits.connections + s->limits.connections / 8 + 16;
	bool full = w->starved ||
		    atomic_load_explicit(&s->meters.connections, memory_order_relaxed) >= most;

	note_crowd(w);
	if (!w->listener)
		return;
	if (full && !evtimer_pending(w->look, NULL))
		evtimer_add(w->look, &soon);
	if (full && !w->paused)
		evconnlistener_disable(w->listener);
	else if (!full && w->paused)
		evconnlistener_enable(w->listener);
	w->paused = full;
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct rec_worker *w = arg;

	(void)fd;
	(void)what;
	w->starved = false;
	rec_worker_admit(w);
}

static void on_wake(evutil_socket_t fd, short what, void *arg);

static int find_worker(const struct event_base *base, const struct event *ev, void *arg)
{
	struct rec_worker **w = arg;

	(void)base;
	if (event_get_callback(ev) == on_wake)
		*w = event_get_callback_arg(ev);
	return *w != NULL;
}

/*
 * No descriptor for a connection that is there: the socket stays readable, and
 * without a pause the thread would do nothing else. The listener belongs to
 * evhttp and knows no worker; its event base does.
 */
static void on_accept_failed(struct evconnlistener *l, void *arg)
{
	struct rec_worker *w = NULL;

	(void)arg;
	event_base_foreach_event(evconnlistener_get_base(l), find_worker, &w);
	if (!w)
		return;
	w->starved = true;
	rec_worker_admit(w);
}

/* -- a thread --------------------------------------------------------- */

static void arm_late(struct rec_worker *w, double seconds)
{
	struct timeval t = { (time_t)seconds,
			     (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) };

	evtimer_add(w->late, &t);
}

/* No more connections; those that wait for a request end. */
static void begin_drain(struct rec_worker *w)
{
	w->closing = true;
	evhttp_del_accept_socket(w->http, w->bound);
	w->listener = NULL;
	rec_connections_drain(w);
	if (w->connections == 0)
		event_base_loopbreak(w->base);
	else
		arm_late(w, w->server->shared.limits.drain_time);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct rec_worker *w = arg;

	(void)fd;
	(void)what;
	if (!w->closing) {
		begin_drain(w);
		return;
	}
	w->cut = w->connections;
	event_base_loopbreak(w->base);
}

/*
 * There are new models, or it is the end: draining begins after one more look
 * at the backlog.
 */
static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct rec_worker *w = arg;
	char bytes[64];

	(void)what;
	if (read(fd, bytes, sizeof bytes) < 0)
		return;			/* a signal: the byte is still there */
	if (!atomic_load(&w->server->shared.meters.draining)) {
		rec_worker_desk(w);
		return;
	}
	event_del(w->wake);
	arm_late(w, 0);
}

static void *run(void *arg)
{
	struct rec_worker *w = arg;

	event_base_dispatch(w->base);
	return NULL;
}

static int open_http(struct rec_worker *w, int fd)
{
	const struct rec_limits *l = &w->server->shared.limits;

	w->http = evhttp_new(w->base);
	if (!w->http)
		return -1;
	evhttp_set_allowed_methods(w->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
	/* what is too large does not pass the gate */
	evhttp_set_max_headers_size(w->http, (ev_ssize_t)l->head + 1024);
	evhttp_set_max_body_size(w->http, (ev_ssize_t)l->body + 1024);
	evhttp_set_default_content_type(w->http, NULL);
	evhttp_set_bevcb(w->http, rec_connection_new, w);
	evhttp_set_gencb(w->http, rec_connection_request, w);
	w->listener = evconnlistener_new(w->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	w->bound = w->listener ? evhttp_bind_listener(w->http, w->listener) : NULL;
	if (w->bound)
		evconnlistener_set_error_cb(w->listener, on_accept_failed);
	return w->bound ? 0 : -1;
}

static int worker_open(struct rec_worker *w, struct rec_server *s, int fd, struct rec_err *e)
{
	w->server = s;
	w->pipe[0] = w->pipe[1] = -1;
	if (pipe(w->pipe) != 0)
		return rec_err_errno(e, errno, "a pipe");
	if (fcntl(w->pipe[0], F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(w->pipe[1], F_SETFD, FD_CLOEXEC) < 0)
		return rec_err_errno(e, errno, "a pipe");
	if (renew_desk(w, e) != 0)
		return -1;
	w->base = event_base_new();
	w->wake = w->base ? event_new(w->base, w->pipe[0], EV_READ | EV_PERSIST, on_wake, w) : NULL;
	w->late = w->wake ? evtimer_new(w->base, on_late, w) : NULL;
	w->finish = w->late ? evtimer_new(w->base, rec_worker_finish, w) : NULL;
	w->look = w->finish ? evtimer_new(w->base, on_look, w) : NULL;
	w->tidy = w->look ? evtimer_new(w->base, on_tidy, w) : NULL;
	if (!w->tidy || event_add(w->wake, NULL) != 0 || open_http(w, fd) != 0)
		return rec_err_set(e, REC_ENOMEM, "no memory for a thread that answers");
	return 0;
}

static void worker_close(struct rec_worker *w)
{
	if (w->wake)
		event_free(w->wake);
	if (w->late)
		event_free(w->late);
	if (w->finish)
		event_free(w->finish);
	rec_desk_let_go(w->asked_at);
	if (w->http)
		evhttp_free(w->http);	/* with its connections */
	w->listener = NULL;
	if (w->base)
		event_base_loop(w->base, EVLOOP_NONBLOCK);	/* they go in its course */
	if (w->look)
		event_free(w->look);
	if (w->tidy)
		event_free(w->tidy);
	if (w->base)
		event_base_free(w->base);
	for (int i = 0; i < 2; i++)
		if (w->pipe[i] >= 0)
			close(w->pipe[i]);
	rec_reply_free(&w->reply);
	rec_envelope_free(&w->envelope);
	rec_buf_free(&w->wrapped);
	rec_desk_let_go(w->desk);
}

/* -- the server ------------------------------------------------------- */

static int start_workers(struct rec_server *s, const struct rec_listener *l, struct rec_err *e)
{
	for (; s->nworkers < s->nthreads; s->nworkers++) {
		struct rec_worker *w = &s->worker[s->nworkers];

		*w = (struct rec_worker){ 0 };
		if (worker_open(w, s, l->fd[s->nworkers % l->n], e) != 0) {
			worker_close(w);
			return -1;
		}
	}
	for (unsigned i = 0; i < s->nworkers; i++) {
		int rc = pthread_create(&s->thread[i], NULL, run, &s->worker[i]);

		if (rc != 0)
			return rec_err_errno(e, rc, "a thread that answers");
		s->worker[i].ran = true;
	}
	return 0;
}

static void no_log(int severity, const char *msg)
{
	(void)severity;
	(void)msg;
}

static unsigned free_server(struct rec_server *s)
{
	unsigned cut = 0;

	pthread_mutex_lock(&s->lock);
	atomic_store(&s->shared.meters.draining, true);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	wake_all(s);
	for (unsigned i = 0; i < s->nworkers; i++)
		if (s->worker[i].ran)
			pthread_join(s->thread[i], NULL);
	for (unsigned i = 0; i < s->nworkers; i++) {
		cut += s->worker[i].cut;
		worker_close(&s->worker[i]);
	}
	rec_site_let_go(s->site);
	rec_peers_free(s->shared.peers);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s->worker);
	free(s->thread);
	free(s);
	return cut;
}

int rec_server_start(struct rec_server **out, const struct rec_server_opts *o,
		     struct rec_site *site, struct rec_err *e)
{
	struct rec_server *s = rec_zalloc(1, sizeof *s, e);

	*out = NULL;
	if (!s)
		return -1;
	event_set_log_callback(no_log);	/* it would print what a client did */
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->site = rec_site_hold(site);
	atomic_store(&s->generation, 1);
	s->nthreads = o->threads;
	s->shared.limits = o->limits;
	s->shared.azure = o->azure;
	s->shared.counter = (struct rec_counter){ .defaults = o->defaults,
						  .meters = &s->shared.meters,
						  .engine = rec_server_engine(),
						  .most_body = o->limits.body };
	s->worker = rec_zalloc(o->threads, sizeof *s->worker, e);
	s->thread = rec_zalloc(o->threads, sizeof *s->thread, e);
	if (!s->worker || !s->thread ||
	    (o->limits.per_address &&
	     rec_peers_new(&s->shared.peers, o->limits.connections, e) != 0) ||
	    start_workers(s, o->listener, e) != 0) {
		free_server(s);
		return -1;
	}
	*out = s;
	return 0;
}

unsigned rec_server_stop(struct rec_server *s)
{
	return free_server(s);
}

/* SPDX-License-Identifier: MIT */
/*
 * client [-c CONNECTIONS] [-r RATE] [-d SECONDS] [-w SECONDS] HOST:PORT FILE
 *
 * Asks a server of HTTP/1.1 and says how long answers take. A line of FILE is a
 * request: METHOD TARGET[ TAB BODY]; they are sent in turn, over and over.
 *
 * With a rate, request i is due at i / RATE whatever the server does (open
 * loop), and its time runs from there: what waits for a connection waits in
 * it. So a server that stands still for a second shows it in a second's worth
 * of requests. Without a rate each connection asks again as soon as it has its
 * answer (closed loop): that is the capacity, and its times are those of a
 * server with so many users. What is answered within the time counts; where
 * that is less than 20, it goes on, at most ten times as long.
 *
 * One thread, CONNECTIONS kept open [1], SECONDS measured [5] after those of -w
 * [1]. Prints key TAB value: times in milliseconds. What the client itself is
 * late counts too, so no time is too good. Exit status 1 where a request had no
 * answer with a status of 2xx.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	MOST_CONNECTIONS = 10000,
	MOST_TIMES = 50000000,
	LEAST = 20,			/* answers, of a closed loop */
	GRACE = 30,			/* seconds, for what is under way at the end */
	TIMER = MOST_CONNECTIONS	/* beside the numbers of connections */
};

static const double AWAKE = 50e-6;	/* seconds */

struct text {
	char *p;
	size_t n, cap;
};

struct connection {
	int fd;
	bool busy;
	double due;		/* of the request that is under way */
	const struct text *ask;
	size_t sent;
	struct text got;
};

static struct {
	unsigned connections;
	double rate, seconds, warm;	/* rate 0: closed loop */
} o = { 1, 0, 5, 1 };

static struct {
	struct text *request;		/* as bytes of HTTP */
	size_t requests, next;
	struct connection *c;
	unsigned *idle, nidle;
	int epoll, timer;
	double start, end;		/* what is due between them is measured */
	uint64_t planned, due_count;	/* requests that are measured; that became due in all */
	float *time;			/* seconds, of answers with status 2xx */
	size_t ntimes;
	uint64_t bad;			/* another status */
	uint64_t bytes;
} s;

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "client: %s: %s\n", what, why);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *grown(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die("memory", "no more");
	return p;
}

/* ---- requests ---- */

static void add_request(const char *host, char *line)
{
	char *body = strchr(line, '\t'), *target = strchr(line, ' ');
	struct text *r;
	size_t n;

	if (!target)
		die(line, "no METHOD TARGET");
	if (body)
		*body++ = '\0';
	*target++ = '\0';
	s.request = grown(s.request, (s.requests + 1) * sizeof *s.request);
	r = &s.request[s.requests++];
	n = strlen(line) + strlen(target) + strlen(host) + (body ? strlen(body) : 0) + 200;
	r->p = grown(NULL, n);
	r->n = (size_t)snprintf(r->p, n,
				"%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n",
				line, target, host);
	if (body)
		r->n += (size_t)snprintf(r->p + r->n, n - r->n,
					 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
					 "\r\n%s",
					 strlen(body), body);
	else
		r->n += (size_t)snprintf(r->p + r->n, n - r->n, "\r\n");
}

static void read_requests(const char *host, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		die(path, strerror(errno));
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		add_request(host, line);
	}
	free(line);
	fclose(f);
	if (s.requests == 0)
		die(path, "no request");
}

/* ---- answers ---- */

/* The value of a field of the head, or NULL. */
static const char *field(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = head; p < end; p = strstr(p, "\r\n") + 2)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1;
	return NULL;
}

/* Whether p .. end begins with a whole body in chunks. */
static bool chunks_end(const char *p, const char *end)
{
	for (;;) {
		char *after;
		size_t n = strtoull(p, &after, 16);

		if (!strstr(p, "\r\n"))
			return false;
		p = strstr(after, "\r\n") + 2;
		if ((size_t)(end - p) < n + 2)
			return false;
		p += n + 2;
		if (n == 0)
			return true;
	}
}

/* 1: the answer is whole; 0: more must come. The buffer ends with a NUL. */
static int is_whole(const struct text *t)
{
	const char *head = t->p, *end = t->p + t->n, *body, *length;

	body = t->n ? strstr(head, "\r\n\r\n") : NULL;
	if (!body)
		return 0;
	body += 4;
	length = field(head, body - 2, "Content-Length");
	if (length)
		return (size_t)(end - body) >= strtoull(length, NULL, 10);
	if (field(head, body - 2, "Transfer-Encoding"))
		return chunks_end(body, end);
	return 1;
}

/* ---- connections ---- */

static int connect_to(const struct addrinfo *a)
{
	int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) != 0)
		die("connect", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static struct addrinfo *address(const char *host_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *a;
	char host[256];
	const char *port = strrchr(host_port, ':');

	if (!port || (size_t)(port - host_port) >= sizeof host)
		die(host_port, "not HOST:PORT");
	memcpy(host, host_port, (size_t)(port - host_port));
	host[port - host_port] = '\0';
	if (getaddrinfo(host, port + 1, &hints, &a) != 0)
		die(host_port, "not the number of an address");
	return a;
}

static void watch(uint32_t which, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u32 = which };

	if (epoll_ctl(s.epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		die("epoll", strerror(errno));
}

/*
 * One a millisecond: of processes that wait at one socket, the first to wake
 * would take a burst of them alone.
 */
static void open_all(const struct addrinfo *a)
{
	static const struct timespec pause = { 0, 1000000 };

	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	s.c = calloc(o.connections, sizeof *s.c);
	s.idle = calloc(o.connections, sizeof *s.idle);
	s.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s.epoll < 0 || s.timer < 0 || !s.c || !s.idle)
		die("begin", strerror(errno));
	watch(TIMER, s.timer, EPOLLIN);
	for (unsigned i = 0; i < o.connections; i++) {
		s.c[i].fd = connect_to(a);
		watch(i, s.c[i].fd, EPOLLIN);
		s.idle[s.nidle++] = i;
		nanosleep(&pause, NULL);
	}
}

/* The timer has said that a request is due. */
static void drop_tick(void)
{
	uint64_t ticks;

	if (read(s.timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
		die("timer", strerror(errno));
}

/* Write what is left of the request; blocking is no harm: it is short. */
static void send_request(struct connection *c, double due)
{
	const struct text *r = &s.request[s.next];

	s.next = (s.next + 1) % s.requests;
	c->busy = true;
	c->due = due;
	c->got.n = 0;
	for (size_t at = 0; at < r->n;) {
		ssize_t n = send(c->fd, r->p + at, r->n - at, MSG_NOSIGNAL);

		if (n < 0)
			die("send", strerror(errno));
		at += (size_t)n;
	}
}

static void count(const struct connection *c)
{
	double t = now();

	if (o.rate > 0 ? c->due < s.start || c->due >= s.end : t < s.start || t >= s.end)
		return;
	s.planned += o.rate <= 0;
	s.bytes += c->got.n;
	if (c->got.n < 12 || c->got.p[9] != '2')
		s.bad++;
	else if (s.ntimes < MOST_TIMES)
		s.time[s.ntimes++] = (float)(t - c->due);
}

/* Read what has come. A connection that was lost is the end: say so. */
static void receive(unsigned i)
{
	struct connection *c = &s.c[i];
	ssize_t n;

	if (c->got.cap - c->got.n < 65537) {
		c->got.cap = 2 * c->got.cap + 131072;
		c->got.p = grown(c->got.p, c->got.cap);
	}
	n = recv(c->fd, c->got.p + c->got.n, c->got.cap - c->got.n - 1, 0);
	if (n <= 0)
		die("connection", n < 0 ? strerror(errno) : "the server closed it");
	c->got.n += (size_t)n;
	c->got.p[c->got.n] = '\0';
	if (c->busy && is_whole(&c->got)) {
		count(c);
		c->busy = false;
		s.idle[s.nidle++] = i;
	}
}

/* ---- the loop ---- */

/* Requests that are due go to connections that are idle. */
static void send_due(double begin)
{
	double t = now();

	while (s.nidle > 0) {
		double due = o.rate > 0 ? begin + (double)s.due_count / o.rate : t;

		if (due > t || due >= s.end)
			return;
		s.due_count++;
		s.planned += o.rate > 0 && due >= s.start;
		send_request(&s.c[s.idle[--s.nidle]], due);
		t = now();
	}
}

/*
 * How long epoll may wait: with a rate until shortly before the next request is
 * due, which a timer says to the microsecond. The rest is waited for awake. Who
 * never sleeps has to wait for whatever else runs, and times would be its own.
 */
static int wait_ms(double begin)
{
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };
	double due;

	if (o.rate <= 0 || s.nidle == 0)
		return 100;
	due = begin + (double)s.due_count / o.rate - AWAKE;
	if (due <= now())
		return 0;
	at.it_value.tv_sec = (time_t)due;
	at.it_value.tv_nsec = (long)(1e9 * (due - (double)at.it_value.tv_sec));
	if (timerfd_settime(s.timer, TFD_TIMER_ABSTIME, &at, NULL) != 0)
		die("timer", strerror(errno));
	return 100;
}

/* Whether there is something to send or to wait for. */
static bool goes_on(double begin)
{
	double t = now();

	if (t >= s.end && o.rate <= 0 && s.ntimes + s.bad < LEAST &&
	    s.end < s.start + 10 * o.seconds)
		s.end += o.seconds;
	if (t < s.end || s.nidle < o.connections)
		return t < s.end + GRACE;
	return o.rate > 0 && begin + (double)s.due_count / o.rate < s.end;
}

static void loop(void)
{
	struct epoll_event e[256];
	double begin = now();

	s.start = begin + o.warm;
	s.end = s.start + o.seconds;
	while (goes_on(begin)) {
		int n;

		send_due(begin);
		n = epoll_wait(s.epoll, e, 256, wait_ms(begin));
		for (int i = 0; i < n; i++)
			if (e[i].data.u32 == TIMER)
				drop_tick();
			else
				receive(e[i].data.u32);
	}
}

/* ---- what is printed ---- */

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double quantile(double q)
{
	size_t i = (size_t)(q * (double)s.ntimes);

	return s.ntimes ? 1e3 * (double)s.time[i < s.ntimes ? i : s.ntimes - 1] : 0;
}

static void print(void)
{
	static const struct { const char *name; double q; } at[] = {
		{ "p50", .5 }, { "p90", .9 }, { "p99", .99 }, { "p99.9", .999 }, { "max", 1 } };
	uint64_t answered = s.ntimes + s.bad, waiting = 0;

	if (o.rate > 0)		/* due, but never sent */
		waiting = (uint64_t)(o.rate * o.seconds) > s.planned ?
				  (uint64_t)(o.rate * o.seconds) - s.planned : 0;
	else			/* lost ones are all those still under way */
		s.planned += o.connections - s.nidle;
	qsort(s.time, s.ntimes, sizeof *s.time, by_size);
	printf("connections\t%u\nrate.planned\t%g\n", o.connections, o.rate);
	printf("sent\t%llu\nunsent\t%llu\n", (unsigned long long)s.planned,
	       (unsigned long long)waiting);
	printf("answers\t%llu\nanswers.bad\t%llu\nunanswered\t%llu\n", (unsigned long long)answered,
	       (unsigned long long)s.bad, (unsigned long long)(s.planned - answered));
	printf("rate\t%.6g\nbytes\t%llu\n", (double)answered / (s.end - s.start),
	       (unsigned long long)s.bytes);
	printf("seconds\t%g\n", s.end - s.start);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		printf("ms.%s\t%.4g\n", at[i].name, quantile(at[i].q));
}

int main(int argc, char **argv)
{
	struct addrinfo *a;
	int c;

	while ((c = getopt(argc, argv, "c:r:d:w:")) != -1)
		switch (c) {
		case 'c': o.connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'r': o.rate = strtod(optarg, NULL); break;
		case 'd': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm = strtod(optarg, NULL); break;
		default: die("usage", "client [-c N] [-r RATE] [-d S] [-w S] HOST:PORT FILE");
		}
	if (argc - optind != 2 || o.connections < 1 || o.connections > MOST_CONNECTIONS)
		die("usage", "client [-c N] [-r RATE] [-d S] [-w S] HOST:PORT FILE");
	a = address(argv[optind]);
	read_requests(argv[optind], argv[optind + 1]);
	s.time = grown(NULL, MOST_TIMES * sizeof *s.time);
	open_all(a);
	loop();
	print();
	freeaddrinfo(a);
	return s.planned == s.ntimes ? 0 : 1;
}

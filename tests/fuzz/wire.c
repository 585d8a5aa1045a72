/* SPDX-License-Identifier: MIT */
/*
 * wire.c - the same requests as in serve.c on a connection to a server of this
 * process: what stands between the socket and the desk, evhttp included.
 *
 * Broken is: an answer that does not come or does not end, one that is not the
 * next request's of those that the gate (serve/gate.h) finds in the same bytes,
 * a body after HEAD, JSON that jansson refuses, status 500.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "serve/gate.h"
#include "serve/server.h"

#include "fuzz.h"

enum { MOST_HEAD = 2 << 10, MOST_BODY = 64 << 10, SECONDS = 5 };

static struct rec_listener listener;
static struct rec_server *server;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct rec_buf got;

static void end(void)
{
	rec_server_stop(server);
	rec_listener_close(&listener);
	rec_buf_free(&got);
}

static void begin(void)
{
	static const char *const model[] = { "tests/fuzz/corpus/model/ok-implicit" };
	const struct rec_site_opts site = { .model = model, .nmodels = 1, .threads = 1 };
	const struct rec_server_opts o = {
		.threads = 1,
		.listener = &listener,
		.limits = { .connections = 64,
			    .head = MOST_HEAD,
			    .body = MOST_BODY,
			    .bodies = 64 * MOST_BODY,
			    .idle = 2 * SECONDS,
			    .head_time = 2 * SECONDS,
			    .body_time = 2 * SECONDS,
			    .answer_time = 2 * SECONDS },
		.defaults = { .n = 5, .k = 3, .most = 1000, .clamp = true, .most_rows = 200 },
	};
	struct rec_err e = { 0 };
	struct rec_site *s;
	char where[120];

	if (server)
		return;
	snprintf(where, sizeof where, "unix:%s.socket", scratch());
	memcpy(address.sun_path, where + 5, strlen(where + 5));
	need(rec_site_open(&s, &site, &e), &e);
	need(rec_listen(&listener, where, 1, &e), &e);
	need(rec_server_start(&server, &o, s, &e), &e);
	rec_site_let_go(s);
	if (atexit(end) != 0)
		exit(1);
}

/* -- one connection: all is said, then all is heard -------------------- */

/* Less than the socket holds, or as much as is taken while it is refused. */
static void say(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0 && errno != EINTR)
			break;
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	shutdown(fd, SHUT_WR);
}

static void hear(int fd)
{
	struct rec_err e = { 0 };
	char part[16384];
	ssize_t n;

	got.n = 0;
	while ((n = recv(fd, part, sizeof part, 0)) > 0)
		if (rec_buf_add(&got, part, (size_t)n, &e) != 0)
			exit(1);
	if (n < 0 && errno != ECONNRESET)
		finding("an answer does not end", strerror(errno));
	if (rec_buf_add(&got, "", 1, &e) != 0)
		exit(1);
	got.n--;
}

static void talk(const unsigned char *p, size_t n)
{
	const struct timeval patience = { SECONDS, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		need(-1, &(struct rec_err){ .msg = "no connection" });
	say(fd, p, n);
	hear(fd);
	close(fd);
}

/* -- what was heard --------------------------------------------------- */

/* The value of a field of the head at p, which ends before `end`; or NULL. */
static const char *value(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL && ++p + n < end)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " ");
	return NULL;
}

/* The end of a body in chunks, or NULL. */
static const char *end_of_chunks(const char *p, const char *end)
{
	char *at;
	unsigned long n;

	do {
		n = strtoul(p, &at, 16);
		if (at == p || strncmp(at, "\r\n", 2) != 0 || n > (size_t)(end - at) ||
		    strncmp(at + 2 + n, "\r\n", 2) != 0)
			return NULL;
		p = at + 4 + n;
	} while (n > 0);
	return p;
}

/*
 * One answer at p, to a HEAD that passed the gate or to anything else: where
 * the next begins, or NULL.
 */
static const char *check_answer(const char *p, const char *end, bool head, int *status)
{
	const char *body = strstr(p, "\r\n\r\n"), *length, *type;
	size_t n;

	if (strncmp(p, "HTTP/1.", 7) != 0 || !body) {
		finding("an answer that is none", p);
		return NULL;
	}
	body += 4;
	*status = atoi(p + 9);
	if (*status == 500)
		finding("status 500", p);
	if (*status == 100)
		return body;
	length = value(p, body, "Content-Length");
	type = value(p, body, "Content-Type");
	if (value(p, body, "Transfer-Encoding"))
		return end_of_chunks(body, end);
	if (head)
		return body;
	n = length ? strtoul(length, NULL, 10) : (size_t)(end - body);
	if (n > (size_t)(end - body)) {
		finding("an answer is cut", p);
		return NULL;
	}
	if (type && strncmp(type, "application/json", 16) == 0)
		check_json(body, n, *status != 200);
	else if (*status != 200)
		finding("an error that is no JSON", p);
	return body + n;
}

/* Of a head with its body: how long they are; 0 where they are not whole. */
static size_t next_request(const unsigned char *p, size_t n, bool *head)
{
	struct rec_refusal why;
	uint64_t body = 0;
	size_t seen = 0, look = n < MOST_HEAD ? n : MOST_HEAD;
	int64_t len = rec_gate_find((const char *)p, look, &seen, &why);

	*head = n > 0 && p[0] == 'H';
	if (len <= 0 || rec_gate_check((const char *)p, (size_t)len, false, &body, &why) != 0 ||
	    body > MOST_BODY || body > n - (size_t)len)
		return 0;
	return (size_t)len + (size_t)body;
}

int read_wire(const struct target *t, const unsigned char *p, size_t n)
{
	const char *a, *end_of_all;
	int status = 0;
	bool head, well = true;

	(void)t;
	begin();
	talk(p, n);
	a = got.p;
	end_of_all = got.p + got.n;
	while (a && a < end_of_all) {
		size_t len = next_request(p, n, &head);

		do
			a = check_answer(a, end_of_all, head && len > 0, &status);
		while (a && a < end_of_all && status == 100);
		if (status == 100)
			break;	/* its body did not come */
		well = well && status == 200;
		/* a refusal is the last */
		if (len == 0 && (status < 400 || (a && a < end_of_all)))
			finding("an answer to no request", got.p);
		p += len;
		n -= len;
	}
	return well && n == 0 ? 0 : -1;
}

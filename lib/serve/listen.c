/* SPDX-License-Identifier: MIT */
/* serve/listen.c - addresses to sockets. */
#include "serve/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

/* Not in POSIX mode; the number is the same on every Linux but MIPS's kin. */
#ifndef SO_REUSEPORT
#define SO_REUSEPORT 15
#endif

static int room(struct rec_listener *l, unsigned n, struct rec_err *e)
{
	*l = (struct rec_listener){ 0 };
	l->fd = rec_alloc(n, sizeof *l->fd, e);
	return l->fd ? 0 : -1;
}

static int prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
			       fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ?
		       -1 :
		       0;
}

static int set(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof on);
}

/*
 * TCP_NODELAY is inherited by the connections. Not shared: it is bound and does
 * not listen, so that no client comes to a socket that is closed at once.
 */
static int open_tcp(const struct addrinfo *a, const struct sockaddr *at, socklen_t n, bool shared)
{
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

	if (fd >= 0 && set(fd, SOL_SOCKET, SO_REUSEADDR) == 0 &&
	    (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT) == 0) &&
	    set(fd, IPPROTO_TCP, TCP_NODELAY) == 0 && prepare(fd) == 0 && bind(fd, at, n) == 0 &&
	    (!shared || listen(fd, REC_LISTEN_BACKLOG) == 0))
		return fd;
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

/* The first socket decides the port where that was 0. */
static int open_all(struct rec_listener *l, const struct addrinfo *a, unsigned threads)
{
	struct sockaddr_storage at;
	socklen_t n = (socklen_t)a->ai_addrlen;
	int probe;

	/*
	 * SO_REUSEPORT would share the address with another server of the same
	 * user, in silence: it must be free for one that does not share.
	 */
	probe = open_tcp(a, a->ai_addr, n, false);
	if (probe < 0)
		return -1;
	close(probe);
	memcpy(&at, a->ai_addr, n);
	for (; l->n < threads; l->n++) {
		l->fd[l->n] = open_tcp(a, (struct sockaddr *)&at, n, true);
		if (l->fd[l->n] < 0)
			return -1;
		n = sizeof at;
		if (getsockname(l->fd[l->n], (struct sockaddr *)&at, &n) != 0)
			return -1;
	}
	return 0;
}

static void show(struct rec_listener *l)
{
	struct sockaddr_storage at;
	socklen_t n = sizeof at;
	char host[128] = "?", port[16] = "?";

	if (getsockname(l->fd[0], (struct sockaddr *)&at, &n) != 0)
		return;
	if (at.ss_family == AF_UNIX) {
		snprintf(l->shown, sizeof l->shown, "a socket in the file system");
		return;
	}
	getnameinfo((struct sockaddr *)&at, n, host, sizeof host, port, sizeof port,
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->shown, sizeof l->shown, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* "[::1]:80" or "localhost:80" into host and port. */
static int divide(const char *where, char host[200], const char **port, struct rec_err *e)
{
	const char *colon = strrchr(where, ':'), *from = where;
	size_t n = colon ? (size_t)(colon - where) : 0;

	if (!colon || !colon[1])
		return rec_err_set(e, REC_EUSAGE, "'%s' is not HOST:PORT or unix:PATH", where);
	if (n >= 2 && where[0] == '[' && where[n - 1] == ']') {
		from++;
		n -= 2;
	}
	if (n >= 200)
		return rec_err_set(e, REC_EUSAGE, "'%s' is too long", where);
	memcpy(host, from, n);
	host[n] = '\0';
	*port = colon + 1;
	return 0;
}

static int listen_tcp(struct rec_listener *l, const char *where, unsigned threads,
		      struct rec_err *e)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *all;
	const char *port = NULL;
	char host[200];
	int rc;

	if (divide(where, host, &port, e) != 0 || room(l, threads, e) != 0)
		return -1;
	rc = getaddrinfo(*host ? host : NULL, port, &want, &all);
	if (rc != 0) {
		rec_err_set(e, REC_EUSAGE, "'%s': %s", where, gai_strerror(rc));
	} else {
		rc = open_all(l, all, threads);
		if (rc != 0)
			rec_err_set(e, REC_EIO, "'%s': %s", where, strerror(errno));
		freeaddrinfo(all);
	}
	if (rc == 0)
		show(l);
	else
		rec_listener_close(l);
	return rc == 0 ? 0 : -1;
}

/* A socket that was left behind: nobody answers at it. */
static bool is_stale(const struct sockaddr_un *at)
{
	struct stat st;
	int fd, rc;

	if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	rc = fd < 0 ? 0 : connect(fd, (const struct sockaddr *)at, sizeof *at);
	if (rc != 0)
		rc = errno;
	if (fd >= 0)
		close(fd);
	return rc == ECONNREFUSED;
}

static int listen_unix(struct rec_listener *l, const char *path, struct rec_err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (!*path || strlen(path) >= sizeof at.sun_path)
		return rec_err_set(e, REC_EUSAGE, "unix:%s: a path has 1 to %zu bytes", path,
				   sizeof at.sun_path - 1);
	if (room(l, 1, e) != 0)
		return -1;
	memcpy(at.sun_path, path, strlen(path));
	if (is_stale(&at))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0)
		l->fd[l->n++] = fd;
	if (fd < 0 || prepare(fd) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		rec_err_errno(e, errno, "unix:%s", path);
		rec_listener_close(l);
		return -1;
	}
	memcpy(l->unlinked, path, strlen(path) + 1);
	if (listen(fd, REC_LISTEN_BACKLOG) != 0) {
		rec_err_errno(e, errno, "unix:%s", path);
		rec_listener_close(l);
		return -1;
	}
	snprintf(l->shown, sizeof l->shown, "unix:%s", path);
	return 0;
}

int rec_listen(struct rec_listener *l, const char *where, unsigned threads, struct rec_err *e)
{
	*l = (struct rec_listener){ 0 };
	if (strncmp(where, "unix:", 5) == 0)
		return listen_unix(l, where + 5, e);
	return listen_tcp(l, where, threads, e);
}

int rec_listen_given(struct rec_listener *l, int first, unsigned n, struct rec_err *e)
{
	if (room(l, n, e) != 0)
		return -1;
	for (; l->n < n; l->n++) {
		l->fd[l->n] = first + (int)l->n;
		if (prepare(l->fd[l->n]) != 0) {
			rec_err_errno(e, errno, "LISTEN_FDS: descriptor %d", l->fd[l->n]);
			rec_listener_close(l);
			return -1;
		}
	}
	show(l);
	return 0;
}

void rec_listener_close(struct rec_listener *l)
{
	if (*l->unlinked)
		unlink(l->unlinked);
	for (unsigned i = 0; i < l->n; i++)
		close(l->fd[i]);
	free(l->fd);
	*l = (struct rec_listener){ 0 };
}

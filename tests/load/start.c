/* SPDX-License-Identifier: MIT */
/*
 * start HOST:PORT TARGET COMMAND [ARGUMENT...]
 *
 * Starts a server, asks GET TARGET as soon as it can, ends it with SIGTERM, and
 * prints key TAB value, milliseconds since the fork: `connected`, when a
 * connection was taken, and `answered`, when an answer with status 200 began.
 * Exit status 1 where there was none within a minute.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SECONDS = 60 };

static pid_t server;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int end_server(void)
{
	int status = 0;

	kill(server, SIGTERM);
	return waitpid(server, &status, 0) == server ? status : -1;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "start: %s\n", what);
	if (server > 0)
		end_server();
	exit(1);
}

static struct addrinfo *address(char *host_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *a;
	char *port = strrchr(host_port, ':');

	if (!port)
		die("not HOST:PORT");
	*port++ = '\0';
	if (getaddrinfo(host_port, port, &hints, &a) != 0)
		die("not the number of an address");
	return a;
}

/* A connection, tried every tenth of a millisecond. */
static int connect_to(const struct addrinfo *a, double until)
{
	static const struct timespec pause = { 0, 100000 };

	while (now() < until) {
		int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			return fd;
		close(fd);
		if (waitpid(server, NULL, WNOHANG) == server) {
			server = 0;
			die("the server ended");
		}
		nanosleep(&pause, NULL);
	}
	die("no connection");
}

static void ask(int fd, const char *target)
{
	struct timeval most = { MOST_SECONDS, 0 };
	char request[4096], head[13];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);

	if (n >= (int)sizeof request)
		die("TARGET is too long");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n ||
	    recv(fd, head, 12, MSG_WAITALL) != 12)
		die("no answer");
	head[12] = '\0';
	if (strcmp(head + 8, " 200") != 0)
		die(head);
}

int main(int argc, char **argv)
{
	struct addrinfo *a;
	double begin, connected;
	int fd;

	if (argc < 4)
		die("usage: start HOST:PORT TARGET COMMAND [ARGUMENT...]");
	a = address(argv[1]);
	fflush(stdout);
	begin = now();
	server = fork();
	if (server == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	if (server < 0)
		die("fork");
	fd = connect_to(a, begin + MOST_SECONDS);
	connected = now();
	ask(fd, argv[2]);
	printf("connected\t%.2f\nanswered\t%.2f\n", 1e3 * (connected - begin),
	       1e3 * (now() - begin));
	close(fd);
	freeaddrinfo(a);
	end_server();
	return 0;
}

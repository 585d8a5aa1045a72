/* SPDX-License-Identifier: MIT */
/*
 * cmd/job/run.c - runs one command and watches it. Four things can end it: the
 * command itself, the time limit, a signal to this process, and a reader of
 * stdout that went away (a lost connection). One loop waits for all four. The
 * signal handler writes each signal to a pipe, so the loop misses none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/mem.h"
#include "cmd/job/job.h"

static int signal_pipe[2];

static void on_signal(int sig)
{
	unsigned char c = (unsigned char)sig;
	int saved = errno;

	if (write(signal_pipe[1], &c, 1) < 0)
		c = 0;	/* the pipe is full, so the loop will wake anyway */
	errno = saved;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int catch_signals(struct rec_err *e)
{
	static const int sigs[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, old;

	if (pipe(signal_pipe) != 0)
		return rec_err_errno(e, errno, "cannot watch the command");
	for (int i = 0; i < 2; i++) {
		fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
	}
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
		if (sigaction(sigs[i], NULL, &old) == 0 &&
		    (old.sa_handler != SIG_IGN || sigs[i] == SIGCHLD))
			sigaction(sigs[i], &sa, NULL);	/* ignored signals stay ignored (nohup) */
	return 0;
}

/* Runs in the child: replaces it by the command. */
static _Noreturn void become(const char *path, char **argv, int input, pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* kill -9 of this process ends the command, too */
#endif
	if (getppid() == parent && dup2(input, 0) == 0)
		execv(path, argv);
	dprintf(2, "rec-job: %s: cannot be run: %s\n", path, strerror(errno));
	_exit(JOB_NO_HOST);
}

/* The exit status of the child, or -1 if it still runs. */
static int status_of(pid_t child)
{
	int w;

	if (waitpid(child, &w, WNOHANG) != child)
		return -1;
	return WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
}

/*
 * Read the pipe. Returns the exit status for a signal that asks to end, or 0 if
 * there is none; the end of a child (SIGCHLD) is no such signal.
 */
static int told_to_end(void)
{
	unsigned char sig[64];
	ssize_t n = read(signal_pipe[0], sig, sizeof sig);

	for (ssize_t i = 0; i < n; i++)
		if (sig[i] != SIGCHLD)
			return 128 + sig[i];
	return 0;
}

/*
 * Wait until the child ends. To end it early, send SIGTERM, and SIGKILL when
 * JOB_GRACE has passed.
 */
static int watch(pid_t child, uint32_t limit)
{
	int64_t end = limit ? now_ms() + (int64_t)limit * 1000 : INT64_MAX;
	struct pollfd p[2] = { { .fd = signal_pipe[0], .events = POLLIN }, { .fd = 1 } };
	int early = 0, status;

	while ((status = status_of(child)) < 0) {
		int64_t left = end - now_ms();
		int why = left <= 0 ? JOB_LATE : 0;

		if (!why && poll(p, 2, left > 60000 ? 60000 : (int)left) > 0) {
			why = told_to_end();
			if (!why && (p[1].revents & (POLLERR | POLLHUP)))
				why = 128 + SIGPIPE;
		}
		if (!why)
			continue;
		kill(child, early && left <= 0 ? SIGKILL : SIGTERM);
		if (!early || left <= 0)
			end = now_ms() + JOB_GRACE * 1000;
		early = early ? early : why;
		p[1].fd = -1;
	}
	return early ? early : status;
}

/* Copy the file that the command wrote to stdout. */
static int copy_out(const char *name, struct rec_err *e)
{
	static char buf[1 << 16];
	int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && (got = read(fd, buf, sizeof buf)) > 0)
		for (ssize_t put = 0, n; put < got; put += n)
			if ((n = write(1, buf + put, (size_t)(got - put))) < 0) {
				n = 0;
				if (errno != EINTR) {
					rec_err_errno(e, errno, "<stdout>");
					e->code = REC_EIO;
					close(fd);
					return -1;
				}
			}
	if (got < 0)
		rec_err_errno(e, errno, "%s: the command did not write it", name);
	if (fd >= 0)
		close(fd);
	return got < 0 ? -1 : 0;
}

static uint32_t threads_of(uint32_t share)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > (long)share ? (uint32_t)cpus / share : 1;
}

/*
 * Make the arguments: run [--threads=N] [--output=FILE] args, and NULL. The
 * buffers threads and output hold the text of the two options.
 */
static char **argv_of(const struct job *j, char threads[32], char *output, size_t room,
		      struct rec_err *e)
{
	char **argv = rec_alloc(j->nargs + 4, sizeof *argv, e);
	size_t n = 0;

	if (!argv)
		return NULL;
	argv[n++] = (char *)j->run;
	if (j->share) {
		snprintf(threads, 32, "--threads=%u", threads_of(j->share));
		argv[n++] = threads;
	}
	if (j->output) {
		snprintf(output, room, "--output=%s", j->output);
		argv[n++] = output;
	}
	for (size_t i = 0; i < j->nargs; i++)
		argv[n++] = j->args[i];
	argv[n] = NULL;
	return argv;
}

static int start(const struct job *j, const char *path, char **argv, struct rec_err *e)
{
	const char *from = j->input ? j->input : "/dev/null";
	int input = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), status;
	pid_t self = getpid(), child;

	if (input < 0)
		return rec_err_errno(e, errno, "%s", from);
	if (catch_signals(e) != 0) {
		close(input);
		return -1;
	}
	child = fork();
	if (child == 0)
		become(path, argv, input, self);
	close(input);
	if (child < 0)
		return rec_err_errno(e, errno, "cannot start %s", j->run);
	status = watch(child, j->limit);
	for (int i = 0; i < 2; i++)
		close(signal_pipe[i]);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	return status;
}

int job_run(const struct job *j, const char *bin, struct rec_err *e)
{
	char threads[32], *path, *output = NULL, **argv = NULL;
	size_t room = j->output ? strlen(j->output) + sizeof "--output=" : 1;
	int status = -1;

	if (j->remove)
		unlink(j->remove);
	path = rec_alloc(strlen(bin) + strlen(j->run) + 2, 1, e);
	if (path && (output = rec_alloc(room, 1, e)) &&
	    (argv = argv_of(j, threads, output, room, e))) {
		sprintf(path, "%s/%s", bin, j->run);
		status = start(j, path, argv, e);
	}
	if (status == 0 && j->output && copy_out(j->output, e) != 0)
		status = -1;
	if (j->output)
		unlink(j->output);
	free(argv);
	free(output);
	free(path);
	return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/files.c - inputs, outputs, signals, messages.
 *
 * Outputs are kept in a list until cli_commit. A signal handler may only
 * unlink, so the temporary names stand in an array that it can read at any
 * time: it changes with signals blocked, and names are forgotten only when
 * their files are gone. Pool threads never receive these signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/private.h"

static struct rec_out **outs;
static const char *volatile *temporaries;
static volatile size_t nouts;
static size_t outs_cap, temporaries_cap;
static struct rec_out *stats_out;	/* of --stats: written last */
static const char *stdin_taken;	/* what it is read as */
static bool stdout_taken;
static uint64_t bytes_in;

/*
 * A closed descriptor 0, 1 or 2 would be handed to the next file that is
 * opened. Fill it with /dev/null opened the wrong way round, so that using it
 * is still an error.
 */
void cli_safe_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
				_exit(CLI_RESOURCE);
}

void cli_remove_temporaries(void)
{
	for (size_t i = 0; i < nouts; i++)
		if (temporaries[i])
			unlink(temporaries[i]);
}

static void on_signal(int sig)
{
	cli_remove_temporaries();
	signal(sig, SIG_DFL);
	raise(sig);
}

/*
 * All that end a process from outside, but for KILL; a crash is left to be one.
 */
static const int deadly[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU
};

void cli_block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		sigaddset(&set, deadly[i]);
	pthread_sigmask(SIG_BLOCK, &set, old);
}

void cli_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN }, old;

	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		/* nohup stays nohup */
		if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(deadly[i], &sa, NULL);
	sigaction(SIGPIPE, &sa, NULL);	/* whatever the parent thinks of it */
	sigaction(SIGXFSZ, &ignore, NULL);	/* a file beyond its limit is a failed write */
	cli_catch_bus();
}

static void hear(void *arg, const char *text)
{
	(void)arg;
	cli_note("%s", text);
}

int cli_in(struct rec_in **in, const char *path, const char *what, struct rec_err *e)
{
	*in = NULL;
	if (!path || strcmp(path, "-") == 0) {
		if (stdin_taken)
			return rec_err_set(e, REC_EUSAGE,
					   "stdin is wanted twice, as %s and as %s; it can be read "
					   "once: give one of them as a file, or by <( )",
					   stdin_taken, what);
		stdin_taken = what;
		if (isatty(0))
			cli_note("reading %s from the terminal; end with Ctrl-D", what);
		path = "-";
	}
	if (rec_in_open(in, path, e) != 0)
		return strcmp(path, "-") == 0 ? -1 : cli_hint_file(e, path, what);
	rec_in_tally(*in, &bytes_in);
	rec_in_listen(*in, hear, NULL);
	rec_in_watch(*in, &cli_maps);
	return 0;
}

/*
 * To open a FIFO is to wait until somebody reads: signals end that, and there
 * is no file to remove.
 */
static int open_fifo(struct rec_out **out, const char *path, const sigset_t *old, struct rec_err *e)
{
	sigset_t ours;
	int rc;

	cli_block_signals(&ours);
	pthread_sigmask(SIG_SETMASK, old, NULL);
	rc = rec_out_open(out, path, e);
	pthread_sigmask(SIG_SETMASK, &ours, NULL);
	return rc;
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/*
 * With signals blocked, but for those of old: open and enter into the lists, so
 * that no temporary file is ever unknown to the handler.
 */
static int open_listed(struct rec_out **out, const char *path, const sigset_t *old,
		       struct rec_err *e)
{
	if (rec_grow(&outs, &outs_cap, nouts + 1, sizeof *outs, e) != 0 ||
	    rec_grow(&temporaries, &temporaries_cap, nouts + 1, sizeof *temporaries, e) != 0)
		return -1;
	if ((is_fifo(path) ? open_fifo(out, path, old, e) : rec_out_open(out, path, e)) != 0)
		return -1;
	if (cli_the_spec->common->no_sync)
		rec_out_no_sync(*out);
	outs[nouts] = *out;
	temporaries[nouts] = rec_out_temporary(*out);
	nouts++;
	return 0;
}

#define TO_TERMINAL "binary output to a terminal; use > FILE or -o FILE"

static int check_output(const char *path, bool binary, struct rec_err *e)
{
	if (path)
		return 0;
	if (stdout_taken)
		return rec_err_set(e, REC_EUSAGE,
				   "two outputs would go to stdout; give one of them a FILE");
	stdout_taken = true;
	if (binary && isatty(1))
		return rec_err_set(e, REC_EUSAGE, TO_TERMINAL);
	return 0;
}

/* One of two would be lost. */
static int check_distinct(const struct rec_out *out, struct rec_err *e)
{
	for (size_t i = 0; i + 1 < nouts; i++)
		if (rec_out_same(outs[i], out))
			return rec_err_set(e, REC_EUSAGE, "two outputs are one file: %s and %s",
					   rec_out_name(outs[i]), rec_out_name(out));
	return 0;
}

int cli_out(struct rec_out **out, const char *path, bool binary, struct rec_err *e)
{
	sigset_t old;
	int rc;

	*out = NULL;
	if (path && strcmp(path, "-") == 0)
		path = NULL;
	if (check_output(path, binary, e) != 0)
		return -1;
	cli_block_signals(&old);
	rc = open_listed(out, path, &old, e);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return path ? cli_hint_file(e, path, NULL) : -1;
	return check_distinct(*out, e);
}

/* errno where path cannot become an output, whatever is done; 0 else. */
static int hopeless(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? EISDIR : 0;
	if (!slash)
		return access(".", W_OK | X_OK) == 0 ? 0 : errno;
	if ((size_t)(slash - path) + 2 > sizeof dir)
		return ENAMETOOLONG;
	memcpy(dir, path, (size_t)(slash - path) + 1);
	dir[slash - path + 1] = '\0';
	return access(dir, W_OK | X_OK) == 0 ? 0 : errno;
}

int cli_expect_out(const char *path, bool binary, struct rec_err *e)
{
	int errnum;

	if (!path || strcmp(path, "-") == 0) {
		if (binary && isatty(1))
			return rec_err_set(e, REC_EUSAGE, TO_TERMINAL);
		return 0;
	}
	errnum = hopeless(path);
	if (errnum == 0)
		return 0;
	rec_err_errno(e, errnum, "%s", path);
	return cli_hint_file(e, path, NULL);
}

void cli_free_outputs(void)
{
	sigset_t old;

	cli_block_signals(&old);
	for (size_t i = 0; i < nouts; i++)
		rec_out_free(outs[i]);
	nouts = 0;
	stats_out = NULL;
	free(outs);
	free((void *)temporaries);
	outs = NULL;
	temporaries = NULL;
	outs_cap = temporaries_cap = 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/*
 * All under their names or none; a signal waits until that is decided. Then the
 * run is over, and its exit status tells the truth.
 */
static int commit_all(struct rec_err *e)
{
	sigset_t old;

	cli_block_signals(&old);
	if (rec_out_commit_all(outs, nouts, cli_pool(), e) == 0)
		return 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -1;
}

int cli_open_stats(struct rec_err *e)
{
	const char *path = cli_the_spec->common->stats;

	return path ? cli_out(&stats_out, path, false, e) : 0;
}

int cli_commit(struct rec_err *e)
{
	uint64_t bytes_out = 0;

	for (size_t i = 0; i < nouts; i++) {
		if (outs[i] == stats_out)
			continue;
		if (rec_out_finish(outs[i], e) != 0)
			return -1;
		bytes_out += rec_out_bytes(outs[i]);
	}
	if (rec_out_sync(outs, nouts, cli_pool(), e) != 0)
		return -1;
	cli_stat_u64("bytes.in", bytes_in);
	cli_stat_u64("bytes.out", bytes_out);
	cli_tell_work();
	if (stats_out && (cli_write_stats(stats_out, e) != 0 || rec_out_finish(stats_out, e) != 0 ||
			  rec_out_sync(&stats_out, 1, NULL, e) != 0))
		return -1;
	if (commit_all(e) != 0)
		return -1;
	cli_clear_progress();
	cli_free_outputs();
	cli_free_run();
	return 0;
}

static void say(const char *fmt, va_list ap)
{
	char text[900];

	vsnprintf(text, sizeof text, fmt, ap);
	cli_say(text);
}

void cli_note(const char *fmt, ...)
{
	va_list ap;

	if (cli_the_spec->common->quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void cli_verbose(const char *fmt, ...)
{
	va_list ap;

	if (!cli_the_spec->common->verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

const char *cli_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *cli_verb_s(uint64_t n)
{
	return n == 1 ? "s" : "";
}

static int status_of(enum rec_code code)
{
	switch (code) {
	case REC_EUSAGE: return CLI_USAGE;
	case REC_EGATE: return CLI_GATE;
	case REC_ENOMEM: case REC_EIO: return CLI_RESOURCE;
	default: return CLI_FAILED;
	}
}

static void say_within(const char *msg)
{
	char text[900];

	snprintf(text, sizeof text, "%s; --mem allows %llu: give more, or see --estimate", msg,
		 (unsigned long long)cli_the_spec->common->mem);
	cli_say(text);
}

int cli_fail(const struct rec_err *e)
{
	if (e->code == REC_ENOMEM && cli_the_spec->common->mem && !strstr(e->msg, "--mem"))
		say_within(e->msg);
	else
		cli_say(e->code == REC_OK ? "failed without a message" : e->msg);
	cli_free_outputs();
	return status_of(e->code);
}

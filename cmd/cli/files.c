/* SPDX-License-Identifier: MIT */
/* cmd/cli/files.c - inputs, and the list of outputs. */
#include "cmd/cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cli/bus.h"
#include "cmd/cli/hint.h"
#include "cmd/cli/say.h"
#include "cmd/cli/signals.h"
#include "cmd/cli/stats.h"

static struct rec_out **outs;
static size_t nouts, cap;
static struct rec_out *stats_out;	/* of --stats: written last */
static const char *stdin_taken;	/* what it is read as */
static bool stdout_taken;
static uint64_t bytes_in[2];	/* of files, of stdin */

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
	rec_in_tally(*in, &bytes_in[strcmp(path, "-") == 0]);
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
 * Open with signals blocked, except for those of old, and enter into the lists:
 * no temporary file is ever unknown to the signal handler.
 */
static int open_listed(struct rec_out **out, const char *path, const sigset_t *old,
		       struct rec_err *e)
{
	if (!outs && atexit(cli_free_outputs) != 0)
		return rec_err_set(e, REC_ENOMEM, "out of memory for atexit");
	if (rec_grow(&outs, &cap, nouts + 1, sizeof *outs, e) != 0 || cli_reserve_temporary(e) != 0)
		return -1;
	if ((is_fifo(path) ? open_fifo(out, path, old, e) : rec_out_open(out, path, e)) != 0)
		return -1;
	if (cli_the_spec->common->no_sync)
		rec_out_no_sync(*out);
	outs[nouts++] = *out;
	if (rec_out_temporary(*out))
		cli_add_temporary(rec_out_temporary(*out));
	return 0;
}

static int refuse_terminal(bool binary, struct rec_err *e)
{
	return binary && isatty(1) ?
		       rec_err_set(e, REC_EUSAGE,
				   "binary output to a terminal; use > FILE or -o FILE") :
		       0;
}

static int take_stdout(bool binary, struct rec_err *e)
{
	if (stdout_taken)
		return rec_err_set(e, REC_EUSAGE,
				   "two outputs would go to stdout; give one of them a FILE");
	stdout_taken = true;
	return refuse_terminal(binary, e);
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
	if (!path && take_stdout(binary, e) != 0)
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

	if (!path || strcmp(path, "-") == 0)
		return refuse_terminal(binary, e);
	errnum = hopeless(path);
	if (errnum == 0)
		return 0;
	rec_err_errno(e, errnum, "%s", path);
	return cli_hint_file(e, path, NULL);
}

int cli_open_stats(struct rec_err *e)
{
	const char *path = cli_the_spec->common->stats;

	return path ? cli_out(&stats_out, path, false, e) : 0;
}

int cli_finish_outputs(struct rec_pool *pool, struct rec_err *e)
{
	uint64_t bytes_out = 0;

	for (size_t i = 0; i < nouts; i++) {
		if (outs[i] == stats_out)
			continue;
		if (rec_out_finish(outs[i], e) != 0)
			return -1;
		bytes_out += rec_out_bytes(outs[i]);
	}
	cli_stat_u64("bytes.in", bytes_in[0] + bytes_in[1]);
	cli_stat_u64("bytes.stdin", bytes_in[1]);
	cli_stat_u64("bytes.out", bytes_out);
	return rec_out_sync(outs, nouts, pool, e);
}

int cli_finish_stats(const struct cli_used *used, struct rec_err *e)
{
	if (!stats_out)
		return 0;
	return cli_write_stats(stats_out, used, e) == 0 && rec_out_finish(stats_out, e) == 0 ?
		       rec_out_sync(&stats_out, 1, NULL, e) :
		       -1;
}

int cli_name_outputs(struct rec_pool *pool, struct rec_err *e)
{
	sigset_t old;

	cli_block_signals(&old);
	if (rec_out_commit_all(outs, nouts, pool, e) == 0)
		return 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -1;
}

void cli_free_outputs(void)
{
	sigset_t old;

	cli_block_signals(&old);
	for (size_t i = 0; i < nouts; i++)
		rec_out_free(outs[i]);
	cli_forget_temporaries();
	free(outs);
	outs = NULL;
	stats_out = NULL;
	nouts = cap = 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

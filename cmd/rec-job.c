/* SPDX-License-Identifier: MIT */
/*
 * rec-job - what rec-fan runs for a part, here or on a host: one command of a
 * job that is read from stdin. It is shipped to hosts, so it is small and knows
 * no option table. See rec-job(1).
 */
#define _XOPEN_SOURCE 700	/* realpath */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/job/job.h"
#include "io/num.h"

static const char help[] =
	"rec-job - run one command of recpipe as described by a job on stdin\n"
	"usage: rec-job [DIR [NAME]] < JOB > output\n"
	"       rec-job --claim|--release DIR PID\n"
	"\n"
	"      --claim DIR PID       make DIR the work folder of process PID; if\n"
	"                            another process uses it, print which\n"
	"      --release DIR PID     give DIR up again\n"
	"  -h, --help                this text\n"
	"  -V, --version             version\n"
	"\n"
	"Manual: man rec-job; overview: man 7 rec\n";

static void say(const char *text)
{
	dprintf(2, "rec-job: %s\n", text);
}

static int fail(const struct rec_err *e)
{
	say(e->msg);
	return e->code == REC_ENOMEM || e->code == REC_EIO ? 4 : (int)e->code;
}

static int usage(const char *text)
{
	say(text);
	return 2;
}

static int print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? 4 : 0;
}

/*
 * The folder of the program, as it was called: its commands stand beside it.
 * NULL: not known.
 */
static char *own_folder(const char *argv0)
{
	char *path = realpath(strchr(argv0, '/') ? argv0 : "/proc/self/exe", NULL);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return path;
}

static int run(const char *argv0, const char *dir)
{
	struct rec_err e = { 0 };
	struct job j;
	char *bin = own_folder(argv0);
	int status = -1;

	if (!bin) {
		say("call it with the folder that it is in, such as bin/rec-job");
		return JOB_NO_HOST;
	}
	if (dir && chdir(dir) != 0) {
		dprintf(2, "rec-job: %s: %s\n", dir, strerror(errno));
		free(bin);
		return JOB_NO_HOST;
	}
	if (job_read(&j, &e) == 0)
		status = job_run(&j, bin, &e);
	if (status < 0)
		status = fail(&e);
	job_free(&j);
	free(bin);
	return status;
}

static int folder(char **argv)
{
	struct rec_err e = { 0 };
	uint64_t pid;
	int rc;

	if (!argv[2] || !argv[3] || argv[4] ||
	    rec_num_u64(argv[3], strlen(argv[3]), &pid) != REC_NUM_OK || pid < 1 || pid > INT32_MAX)
		return usage("--claim and --release need DIR and PID");
	rc = (strcmp(argv[1], "--claim") == 0 ? job_claim : job_release)(argv[2], (int)pid, &e);
	return rc == 0 ? 0 : fail(&e);
}

int main(int argc, char **argv)
{
	const char *a = argc > 1 ? argv[1] : "";

	if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)
		return print(help);
	if (strcmp(a, "--version") == 0 || strcmp(a, "-V") == 0)
		return print("rec-job (recpipe) " REC_VERSION "\n");
	if (strcmp(a, "--options") == 0)
		return print("-\tclaim\tDIR\t\n-\trelease\tDIR\t\n");
	if (strcmp(a, "--claim") == 0 || strcmp(a, "--release") == 0)
		return folder(argv);
	if (*a == '-') {
		dprintf(2, "rec-job: unknown option '%s' (see rec-job --help)\n", a);
		return 2;
	}
	if (argc > 3)
		return usage("takes at most DIR and NAME (see rec-job --help)");
	return run(argv[0], argc > 1 ? argv[1] : NULL);
}

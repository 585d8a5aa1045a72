/* SPDX-License-Identifier: MIT */
/*
 * job.h - the parts of rec-job: a job is read, then run; a work folder is
 * claimed for one driver.
 */
#ifndef REC_CMD_JOB_JOB_H
#define REC_CMD_JOB_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	JOB_MAX_BYTES = 1 << 20,	/* of a job: options and names are short */
	JOB_GRACE = 5,			/* seconds from SIGTERM to SIGKILL */
	JOB_NO_HOST = 255,		/* exit status: this machine cannot do it */
	JOB_LATE = 124,			/* exit status: the limit has passed */
};

/*
 * One command to run. Strings point into text. Names of files are relative,
 * without "..", so that a job cannot leave its folder.
 */
struct job {
	char *text;		/* owned */
	const char *run;	/* name of the command: rec-[a-z]+ */
	const char *input;	/* stdin, or NULL: nothing to read */
	const char *output;	/* the command writes this file, which goes to stdout; or NULL */
	const char *remove;	/* removed first, or NULL */
	char **args;		/* owned array of nargs strings */
	size_t nargs, args_cap;
	uint32_t limit;		/* seconds, 0: none */
	uint32_t share;		/* processes that share this machine's CPUs, 0: unknown */
};

/*
 * Read a job from fd 0, up to its end. A job that was cut off, or holds
 * anything unknown, fails.
 */
REC_MUST int job_read(struct job *j, struct rec_err *e);
void job_free(struct job *j);

/*
 * Run the command that stands in the folder bin. Returns its exit status, 128 +
 * the signal that ended it, or JOB_LATE; -1 where it could not be run.
 * The command ends when the reader of stdout goes away, and when this process
 * is told to end.
 */
REC_MUST int job_run(const struct job *j, const char *bin, struct rec_err *e);

/*
 * Make the folder path the work folder of process pid. It must be this user's,
 * and either empty or claimed before; nothing is changed in any other one.
 * Fails where another process uses it.
 */
REC_MUST int job_claim(const char *path, int pid, struct rec_err *e);

/* The folder is free again, if pid is who uses it. */
REC_MUST int job_release(const char *path, int pid, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * job.h - the steps of rec-job: read a job, run it; claim a work folder for one
 * driver.
 */
#ifndef REC_CMD_JOB_JOB_H
#define REC_CMD_JOB_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	JOB_MAX_BYTES = 1 << 20,	/* of a job: options and names are short */
	JOB_GRACE = 5,			/* seconds from SIGTERM to SIGKILL */
	JOB_NO_HOST = 255,		/* exit status: this machine cannot run it */
	JOB_LATE = 124,			/* exit status: the time limit has passed */
};

/*
 * One command to run. Strings point into text. File names are relative and have
 * no "..", so a job cannot leave its folder.
 */
struct job {
	char *text;		/* owned */
	const char *run;	/* name of the command: rec-[a-z]+ */
	const char *input;	/* file for stdin, or NULL: nothing to read */
	const char *output;	/* file the command writes, copied to stdout; or NULL */
	const char *remove;	/* file to remove first, or NULL */
	char **args;		/* owned array of nargs strings */
	size_t nargs, args_cap;
	uint32_t limit;		/* seconds, 0: none */
	uint32_t share;		/* processes that share this machine's CPUs, 0: unknown */
};

/*
 * Read a job from fd 0, up to its end. A job that is cut off or holds anything
 * unknown is an error.
 */
REC_MUST int job_read(struct job *j, struct rec_err *e);
void job_free(struct job *j);

/*
 * Run the command from the folder bin. Returns its exit status, 128 + the
 * signal that ended it, or JOB_LATE; -1 if it could not run. If the reader of
 * stdout goes away, or a signal asks this process to end, the command is ended
 * too.
 */
REC_MUST int job_run(const struct job *j, const char *bin, struct rec_err *e);

/*
 * Make the folder at path the work folder of process pid. The folder must
 * belong to this user, and be empty or claimed before; any other folder is left
 * unchanged. Fails if another process uses it.
 */
REC_MUST int job_claim(const char *path, int pid, struct rec_err *e);

/* Free the folder if process pid uses it. */
REC_MUST int job_release(const char *path, int pid, struct rec_err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cmd/job/read.c - reads a job from stdin: strings KEY=VALUE, each ended by a
 * zero byte. So a value may hold any byte that an argument may hold. Nothing is
 * expanded or split.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/job/job.h"
#include "io/num.h"

void job_free(struct job *j)
{
	free(j->text);
	free(j->args);
	*j = (struct job){ 0 };
}

/* Read all of stdin into j->text: *n bytes. */
static int read_text(struct job *j, size_t *n, struct rec_err *e)
{
	*n = 0;
	j->text = rec_alloc(JOB_MAX_BYTES + 1, 1, e);
	if (!j->text)
		return -1;
	for (;;) {
		ssize_t got = read(0, j->text + *n, JOB_MAX_BYTES + 1 - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return rec_err_errno(e, errno, "<stdin>: cannot read the job");
		*n += (size_t)got;
		if (*n > JOB_MAX_BYTES)
			return rec_err_set(e, REC_EDATA, "the job is longer than %d bytes",
					   JOB_MAX_BYTES);
		if (got == 0)
			return 0;
	}
}

/* True if the file is inside the folder of the job. */
static bool is_inside(const char *name)
{
	const char *p = name;

	if (*name == '/' || *name == '\0')
		return false;
	while (p) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p = p[n] ? p + n + 1 : NULL;
	}
	return true;
}

static bool is_command(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	return strncmp(name, "rec-", 4) == 0 && name[4] && !name[4 + strspn(name + 4, letters)];
}

static int take_number(uint32_t *to, const char *key, const char *s, struct rec_err *e)
{
	uint64_t x;

	if (rec_num_u64(s, strlen(s), &x) != REC_NUM_OK || x == 0 || x > 100000000)
		return rec_err_set(e, REC_EDATA, "%s=%s: not a number from 1 to 100000000", key, s);
	*to = (uint32_t)x;
	return 0;
}

static int take_file(const char **to, const char *key, const char *s, struct rec_err *e)
{
	if (!is_inside(s))
		return rec_err_set(e, REC_EDATA, "%s=%s: not a file below the folder of the job",
				   key, s);
	*to = s;
	return 0;
}

static int take(struct job *j, const char *key, char *value, struct rec_err *e)
{
	if (strcmp(key, "arg") == 0) {
		if (rec_grow(&j->args, &j->args_cap, j->nargs + 1, sizeof *j->args, e) != 0)
			return -1;
		j->args[j->nargs++] = value;
		return 0;
	}
	if (strcmp(key, "limit") == 0)
		return take_number(&j->limit, key, value, e);
	if (strcmp(key, "share") == 0)
		return take_number(&j->share, key, value, e);
	if (strcmp(key, "input") == 0)
		return take_file(&j->input, key, value, e);
	if (strcmp(key, "output") == 0)
		return take_file(&j->output, key, value, e);
	if (strcmp(key, "remove") == 0)
		return take_file(&j->remove, key, value, e);
	if (strcmp(key, "run") != 0)
		return rec_err_set(e, REC_EDATA, "the job holds an unknown line '%s'", key);
	if (!is_command(value))
		return rec_err_set(e, REC_EDATA, "run=%s: not a command of recpipe", value);
	j->run = value;
	return 0;
}

int job_read(struct job *j, struct rec_err *e)
{
	size_t n, len;

	*j = (struct job){ 0 };
	if (read_text(j, &n, e) != 0)
		return -1;
	for (char *p = j->text; p < j->text + n; p += len + 1) {
		char *value;

		len = strnlen(p, (size_t)(j->text + n - p));
		if (p + len == j->text + n)
			break;	/* no zero byte: the job is cut off */
		value = strchr(p, '=');
		if (!value)
			return rec_err_set(e, REC_EDATA, "the job holds an unknown line '%s'", p);
		*value++ = '\0';
		if (strcmp(p, "end") == 0 && p + len + 1 == j->text + n)
			return j->run ? 0 : rec_err_set(e, REC_EDATA, "the job names no command");
		if (take(j, p, value, e) != 0)
			return -1;
	}
	return rec_err_set(e, REC_EDATA, "the job was cut off: it has no end");
}

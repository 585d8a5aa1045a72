/* SPDX-License-Identifier: MIT */
/* cmd/cli/say.c - messages, notes, the progress line. */
#include "cmd/cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/append.h"

const struct cli_spec *cli_the_spec;

/* The first after two seconds, then five a second at most. */
static const double first_progress = 2, next_progress = 0.2;

static struct {
	double start, last;
	bool shown;
} progress;

double cli_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void cli_clear_progress(void)
{
	static const char clear[] = "\r\033[K";

	if (progress.shown && write(2, clear, sizeof clear - 1) < 0)
		return;
	progress.shown = false;
}

void cli_restart_progress(void)
{
	progress.start = 0;
}

void cli_show_progress(void *arg, const char *phase, uint64_t done, uint64_t total,
		       const char *note)
{
	double t = cli_now(), spent;
	char line[256];
	size_t n;

	(void)arg;
	if (done == 0 || progress.start == 0)
		progress.start = t;
	spent = t - progress.start;
	if (spent < first_progress || t - progress.last < next_progress)
		return;
	progress.last = t;
	n = rec_append(line, sizeof line, 0, "\r\033[K%s: %s %llu", cli_the_spec->name, phase,
		       (unsigned long long)done);
	if (total && done)
		n = rec_append(line, sizeof line, n, "/%llu, %.0f/s, %.0f s left",
			       (unsigned long long)total, (double)done / spent,
			       spent * (double)(total - done) / (double)done);
	if (note)
		n = rec_append(line, sizeof line, n, ", %.80s", note);
	progress.shown = true;
	if (write(2, line, n) < 0)
		progress.shown = false;
}

void cli_say(const char *text)
{
	char line[1024];
	size_t n = rec_append(line, sizeof line, 0, "%s: %s\n", cli_the_spec->name, text);

	cli_clear_progress();
	line[n - 1] = '\n';	/* also where the message was cut */
	/*
	 * Names and labels may hold anything: a message stays one line, and no
	 * terminal obeys it.
	 */
	for (size_t i = 0; i < n - 1; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 127)
			line[i] = '?';
	if (write(2, line, n) < 0)
		return;	/* nobody is left to read it */
}

static void say(const char *fmt, va_list ap)
{
	char text[1000];

	vsnprintf(text, sizeof text, fmt, ap);
	cli_say(text);
}

void cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(CLI_USAGE);
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

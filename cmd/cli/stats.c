/* SPDX-License-Identifier: MIT */
/* cmd/cli/stats.c - phases of work, the lines of --stats. */
#include "cmd/cli/stats.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/append.h"
#include "base/mem.h"
#include "cmd/cli/say.h"
#include "io/num.h"

enum { TEXT = 900 };	/* bytes of what -v says in one message */

static struct {
	struct phase {
		const char *name;
		double seconds;
	} phase[32];
	size_t nphases;
	double start, phase_start;
	struct rec_buf text;
	bool broken;	/* no memory for a line: said when the lines are written */
} stats;

void cli_start_stats(void)
{
	stats.start = cli_now();
}

void cli_phase(const char *name)
{
	double t = cli_now();

	if (stats.nphases > 0)
		stats.phase[stats.nphases - 1].seconds += t - stats.phase_start;
	stats.phase_start = t;
	cli_restart_progress();
	if (stats.nphases < sizeof stats.phase / sizeof *stats.phase)
		stats.phase[stats.nphases++].name = name;
}

static void stat_line(const char *key, const char *value, size_t n)
{
	struct rec_err e = { 0 };

	if (rec_buf_printf(&stats.text, &e, "%s\t%.*s\n", key, (int)n, value) != 0)
		stats.broken = true;
}

void cli_stat_u64(const char *key, uint64_t x)
{
	char s[REC_NUM_MAX];

	stat_line(key, s, rec_num_put_u64(s, x));
}

void cli_stat_f64(const char *key, double x)
{
	char s[REC_NUM_MAX];

	stat_line(key, s, rec_num_put_f64(s, x));
}

void cli_stat_text(const char *key, const char *value)
{
	stat_line(key, value, strlen(value));
}

/* A number of /proc/self/status in bytes, or 0. */
static uint64_t memory_of(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long kb = 0;
	char line[256];

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), " %llu", &kb);
	fclose(f);
	return kb * 1024;
}

/* "rows 20, users 4, ...", from the lines of --stats. */
static void tell_sizes(void)
{
	char text[TEXT] = "";
	size_t n = 0;

	for (const char *line = stats.text.n ? stats.text.p : "", *end; *line;
	     line = end + (*end == '\n')) {
		size_t key = strcspn(line, "\t");

		end = line + strcspn(line, "\n");
		if (strncmp(line, "objective.", 10) != 0)
			n = rec_append(text, sizeof text, n, "%s%.*s %.*s", n ? ", " : "", (int)key,
				       line, (int)(end - line - (ptrdiff_t)key - 1),
				       line + key + 1);
	}
	if (n)
		cli_verbose("%s", text);
}

void cli_tell_work(void)
{
	char text[TEXT];
	uint64_t peak = memory_of("VmHWM:");
	size_t n = 0;

	if (!cli_the_spec->common->verbose)
		return;
	tell_sizes();
	for (size_t i = 0; i + 1 < stats.nphases; i++)
		n = rec_append(text, sizeof text, n, "%s %.3f, ", stats.phase[i].name,
			       stats.phase[i].seconds);
	n = rec_append(text, sizeof text, n, "in all %.3f", cli_now() - stats.start);
	if (peak)
		rec_append(text, sizeof text, n, "; at most %lluM of memory",
			   (unsigned long long)((peak + (1 << 20) - 1) >> 20));
	cli_verbose("seconds: %s", text);
}

static void add_seconds(void)
{
	struct rusage u;
	char key[64];

	for (size_t i = 0; i + 1 < stats.nphases; i++) {
		snprintf(key, sizeof key, "seconds.%s", stats.phase[i].name);
		cli_stat_f64(key, stats.phase[i].seconds);
	}
	cli_stat_f64("seconds.total", cli_now() - stats.start);
	if (getrusage(RUSAGE_SELF, &u) != 0)
		return;
	cli_stat_f64("seconds.user", (double)u.ru_utime.tv_sec + 1e-6 * (double)u.ru_utime.tv_usec);
	cli_stat_f64("seconds.system",
		     (double)u.ru_stime.tv_sec + 1e-6 * (double)u.ru_stime.tv_usec);
}

int cli_write_stats(struct rec_out *out, const struct cli_used *used, struct rec_err *e)
{
	cli_stat_text("command", cli_the_spec->name);
	add_seconds();
	cli_stat_u64("memory.peak", memory_of("VmHWM:"));
	cli_stat_u64("memory.mapped", memory_of("RssFile:"));
	cli_stat_u64("memory.temporary", used->temporary);
	cli_stat_u64("threads", used->threads);
	cli_stat_text("isa", used->isa);
	cli_stat_u64("seed", cli_the_spec->common->seed);
	cli_stat_text("version", REC_VERSION);
	if (stats.broken)
		return rec_err_set(e, REC_ENOMEM, "out of memory for --stats");
	return rec_out_write(out, stats.text.p, stats.text.n, e);
}

void cli_free_stats(void)
{
	rec_buf_free(&stats.text);
}

/* SPDX-License-Identifier: MIT */
/* cmd/cli/run.c - threads, kernels, progress and statistics of a command. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/append.h"
#include "base/mem.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/private.h"
#include "io/num.h"

#ifdef __linux__
/* sched.h hides it outside GNU mode; the call itself is Linux's. */
int sched_getaffinity(int pid, size_t size, void *mask);
#endif

static struct rec_run the_run;

struct phase {
	const char *name;
	double seconds;
};

static struct {
	struct phase phase[32];
	size_t nphases;
	double start, phase_start;
	struct rec_buf text;	/* lines set by the command */
	bool broken;		/* out of memory for a line: said when they are written */
} stats;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/*
 * A container's limit: "max 100000" or "quota period" in microseconds. 0 where
 * there is none.
 */
static unsigned cgroup_cpus(void)
{
	FILE *f = fopen("/sys/fs/cgroup/cpu.max", "r");
	unsigned long quota = 0, period = 0;
	unsigned n = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &quota, &period) == 2 && period > 0)
		n = (unsigned)((quota + period - 1) / period);
	fclose(f);
	return n;
}

/*
 * CPUs that this process may run on, as taskset and the like leave them; 0
 * where the system doesn't say.
 */
static unsigned allowed_cpus(void)
{
	unsigned n = 0;
#ifdef __linux__
	unsigned char mask[1024] = { 0 };

	if (sched_getaffinity(0, sizeof mask, mask) >= 0)
		for (size_t i = 0; i < sizeof mask; i++)
			n += (unsigned)__builtin_popcount(mask[i]);
#endif
	return n;
}

static unsigned usable_cpus(void)
{
	unsigned n = allowed_cpus(), limit = cgroup_cpus();

	if (n == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		n = online > 0 && online <= 1024 ? (unsigned)online : 1;
	}
	return limit > 0 && limit < n ? limit : n;
}

/*
 * Progress: after two seconds, at most five times a second, on a terminal only.
 */
static struct {
	double start, last;
	bool shown;
} progress;

void cli_clear_progress(void)
{
	static const char clear[] = "\r\033[K";

	if (progress.shown && write(2, clear, sizeof clear - 1) < 0)
		return;
	progress.shown = false;
}

static void show_progress(void *arg, const char *phase, uint64_t done, uint64_t total,
			  const char *note)
{
	double t = now(), spent;
	char line[256];
	size_t n;

	(void)arg;
	if (done == 0 || progress.start == 0)
		progress.start = t;
	spent = t - progress.start;
	if (spent < 2 || t - progress.last < 0.2)
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

/*
 * What any command takes before it has read a row: buffers, stacks of threads.
 */
enum { BASE_MEMORY = 64 << 20 };

/*
 * --mem is kept whatever else goes wrong: past it (and BASE_MEMORY, so that
 * commands can say what they need) allocation fails, which every command
 * reports. What is private and written to counts, mapped files do not.
 */
static int limit_memory(uint64_t mem, struct rec_err *e)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_DATA, &l) != 0)
		return 0;
	if (l.rlim_max != RLIM_INFINITY && ((rlim_t)mem > l.rlim_max || BASE_MEMORY > l.rlim_max))
		return 0;
	l.rlim_cur = (rlim_t)(mem > BASE_MEMORY ? mem : BASE_MEMORY);
	if (setrlimit(RLIMIT_DATA, &l) != 0)
		return rec_err_errno(e, errno, "--mem");
	return 0;
}

/*
 * Workers inherit a mask with our signals blocked: the handler runs in the main
 * thread alone.
 */
static int start_pool(unsigned n, struct rec_err *e)
{
	sigset_t old;
	int rc;

	cli_block_signals(&old);
	rc = rec_pool_new(&the_run.pool, n, e);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/*
 * For buffers and resident pages a share of what is allowed, until a command
 * knows how much the rest of its work takes.
 */
enum { SPILL_SHARE = 12, SPILL_LEAST = 1 << 20, SPILL_MOST = 256 << 20 };

static struct rec_spill spill;

struct rec_spill *cli_spill(void)
{
	const char *dir = getenv("TMPDIR");
	uint64_t room = cli_the_spec->common->mem / SPILL_SHARE;

	if (!cli_the_spec->common->mem)
		return NULL;
	if (!spill.dir) {
		spill.maps = &cli_maps;
		spill.dir = dir && *dir ? dir : "/tmp";
		spill.room = room < SPILL_LEAST ? SPILL_LEAST :
			     room < SPILL_MOST	? room :
						  SPILL_MOST;
	}
	return &spill;
}

int cli_run(struct rec_run **run, struct rec_err *e)
{
	const struct cli_common *c = cli_the_spec->common;

	stats.start = now();
	if (rec_kernel_pick(&the_run.kernel, getenv("REC_ISA"), e) != 0)
		return rec_err_prefix(e, "REC_ISA: ");
	if (start_pool(c->threads ? c->threads : usable_cpus(), e) != 0)
		return -1;
	if (c->mem && limit_memory(c->mem, e) != 0)
		return -1;
	if (cli_expect_out(c->output, c->binary && !c->estimate, e) != 0 || cli_open_stats(e) != 0)
		return -1;
	cli_tell_settings(rec_pool_size(the_run.pool), the_run.kernel->isa);
	if (isatty(2) && !c->quiet)
		the_run.progress.fn = show_progress;
	*run = &the_run;
	return 0;
}

struct rec_pool *cli_pool(void)
{
	return the_run.pool;
}

void cli_free_run(void)
{
	rec_pool_free(the_run.pool);
	the_run.pool = NULL;
	rec_buf_free(&stats.text);
}

void cli_phase(const char *name)
{
	double t = now();

	if (stats.nphases > 0)
		stats.phase[stats.nphases - 1].seconds += t - stats.phase_start;
	stats.phase_start = t;
	progress.start = 0;
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

static void add_own_lines(void)
{
	struct rusage u;
	char key[64];

	if (!cli_the_spec->common->verbose)	/* else it has ended */
		cli_phase("end");
	for (size_t i = 0; i + 1 < stats.nphases; i++) {
		snprintf(key, sizeof key, "seconds.%s", stats.phase[i].name);
		cli_stat_f64(key, stats.phase[i].seconds);
	}
	cli_stat_f64("seconds.total", now() - stats.start);
	if (getrusage(RUSAGE_SELF, &u) == 0) {
		cli_stat_f64("seconds.user",
			     (double)u.ru_utime.tv_sec + 1e-6 * (double)u.ru_utime.tv_usec);
		cli_stat_f64("seconds.system",
			     (double)u.ru_stime.tv_sec + 1e-6 * (double)u.ru_stime.tv_usec);
	}
	cli_stat_u64("memory.peak", memory_of("VmHWM:"));
	cli_stat_u64("memory.mapped", memory_of("RssFile:"));
	cli_stat_u64("memory.temporary", atomic_load(&spill.most));
	cli_stat_u64("threads", rec_pool_size(the_run.pool));
	cli_stat_text("isa", the_run.kernel ? the_run.kernel->isa : "none");
	cli_stat_u64("seed", cli_the_spec->common->seed);
	cli_stat_text("version", REC_VERSION);
}

void cli_tell_settings(unsigned threads, const char *isa)
{
	const struct cli_spec *s = cli_the_spec;
	char text[900], value[CLI_DEFAULT_TEXT];
	size_t n = 0;

	for (const struct cli_opt *o = s->opts; o->to != &s->common->threads && n < sizeof text;
	     o++) {
		*value = '\0';
		cli_value_text(value, o);
		if (o->kind == CLI_KIND_FLAG && *(bool *)o->to)
			n += (size_t)snprintf(text + n, sizeof text - n, ", %s", o->name);
		else if (*value && (cli_given(o->name) || !s->applies || s->applies(o->name)))
			n += (size_t)snprintf(text + n, sizeof text - n, ", %s %s", o->name, value);
	}
	cli_verbose("version %s, %u thread%s, %s, seed %llu%s", REC_VERSION, threads,
		    cli_s(threads), isa, (unsigned long long)s->common->seed, n ? text : "");
}

/* "rows 20, users 4, ...", from the lines of --stats. */
static void tell_sizes(void)
{
	char text[900];
	size_t n = 0;

	for (const char *line = stats.text.n ? stats.text.p : "", *end; *line && n < sizeof text;
	     line = end + (*end == '\n')) {
		size_t key = strcspn(line, "\t");

		end = line + strcspn(line, "\n");
		if (strncmp(line, "objective.", 10) != 0)
			n += (size_t)snprintf(
				text + n, sizeof text - n, "%s%.*s %.*s", n ? ", " : "", (int)key,
				line, (int)(end - line - (ptrdiff_t)key - 1), line + key + 1);
	}
	if (n)
		cli_verbose("%s", text);
}

void cli_tell_work(void)
{
	char text[900];
	uint64_t peak;
	size_t n = 0;

	if (!cli_the_spec->common->verbose)
		return;
	tell_sizes();
	cli_phase("end");
	for (size_t i = 0; i + 1 < stats.nphases && n < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s %.3f, ", stats.phase[i].name,
				      stats.phase[i].seconds);
	peak = memory_of("VmHWM:");
	if (n < sizeof text)
		n += (size_t)snprintf(text + n, sizeof text - n, "in all %.3f",
				      now() - stats.start);
	if (peak && n < sizeof text)
		snprintf(text + n, sizeof text - n, "; at most %lluM of memory",
			 (unsigned long long)((peak + (1 << 20) - 1) >> 20));
	cli_verbose("seconds: %s", text);
}

int cli_write_stats(struct rec_out *out, struct rec_err *e)
{
	cli_stat_text("command", cli_the_spec->name);
	add_own_lines();
	if (stats.broken)
		return rec_err_set(e, REC_ENOMEM, "out of memory for --stats");
	return rec_out_write(out, stats.text.p, stats.text.n, e);
}

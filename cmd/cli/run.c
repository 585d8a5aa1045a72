/* SPDX-License-Identifier: MIT */
/* cmd/cli/run.c - threads, kernels, progress and the memory of a command. */
#include "cmd/cli/run.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/append.h"
#include "cmd/cli/bus.h"
#include "cmd/cli/files.h"
#include "cmd/cli/params.h"
#include "cmd/cli/say.h"
#include "cmd/cli/signals.h"
#include "cmd/cli/table.h"

#ifdef __linux__
/* sched.h hides it outside GNU mode; the call itself is Linux's. */
int sched_getaffinity(int pid, size_t size, void *mask);
#endif

static struct rec_run the_run;

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
	uint64_t share = cli_the_spec->common->mem / SPILL_SHARE;

	if (!cli_the_spec->common->mem)
		return NULL;
	if (!spill.dir) {
		spill.maps = &cli_maps;
		spill.dir = dir && *dir ? dir : "/tmp";
		spill.limit = share < SPILL_LEAST ? SPILL_LEAST :
			      share < SPILL_MOST  ? share :
						    SPILL_MOST;
	}
	return &spill;
}

/* With -v: the settings in force. */
static void tell_settings(void)
{
	const struct cli_spec *s = cli_the_spec;
	char text[900] = "", value[CLI_VALUE_TEXT];
	unsigned threads = rec_pool_size(the_run.pool);
	size_t n = 0;

	for (const struct cli_opt *o = s->opts; o->to != &s->common->threads; o++) {
		cli_value_text(value, o);
		if (!o->arg && *(bool *)o->to == (o->kind == CLI_KIND_FLAG))
			n = rec_append(text, sizeof text, n, ", %s", o->name);
		else if (*value && (cli_given(o->name) ||
				    ((!s->applies || s->applies(o->name)) && cli_matters(o->name))))
			n = rec_append(text, sizeof text, n, ", %s %s", o->name, value);
	}
	cli_verbose("version %s, %u thread%s, %s, seed %llu%s", REC_VERSION, threads,
		    cli_s(threads), the_run.kernel->isa, (unsigned long long)s->common->seed, text);
}

int cli_run(struct rec_run **run, struct rec_err *e)
{
	const struct cli_common *c = cli_the_spec->common;

	cli_start_stats();
	if (rec_kernel_pick(&the_run.kernel, getenv("REC_ISA"), e) != 0)
		return rec_err_prefix(e, "REC_ISA: ");
	if (start_pool(c->threads ? c->threads : usable_cpus(), e) != 0)
		return -1;
	if (c->mem && limit_memory(c->mem, e) != 0)
		return -1;
	if (cli_expect_out(c->output, c->binary && !c->estimate, e) != 0 || cli_open_stats(e) != 0)
		return -1;
	tell_settings();
	if (isatty(2) && !c->quiet)
		the_run.progress.fn = cli_show_progress;
	*run = &the_run;
	return 0;
}

struct rec_pool *cli_pool(void)
{
	return the_run.pool;
}

struct cli_used cli_used(void)
{
	return (struct cli_used){ rec_pool_size(the_run.pool), the_run.kernel->isa,
				  atomic_load(&spill.most) };
}

void cli_free_run(void)
{
	rec_pool_free(the_run.pool);
	the_run.pool = NULL;
}

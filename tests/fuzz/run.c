/* SPDX-License-Identifier: MIT */
/*
 * run [TARGET [N | Ns] [SEED] [FIRST]] - every seed of every target as it is,
 * then executions: a seed that is changed a few times and read.
 *
 * N executions, or N seconds of them, from number FIRST of SEED on. Without
 * arguments all targets, a fixed number each. An execution depends on its
 * number, on SEED and on the corpus alone; one with a finding is named.
 * Without ASan, FUZZ_LIMIT is one of addresses.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

#include "fuzz.h"

#if FUZZ_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

enum { MOST_SHOWN = 20 };

static struct {
	const char *target, *seed_name;
	uint64_t seed, number;
} now = { .target = "", .seed_name = "", .seed = 1 };
static unsigned long findings;

static void name_execution(void)
{
	char text[200];
	int n = snprintf(text, sizeof text, "fuzz %s: execution %llu of seed %llu, from %s\n",
			 now.target, (unsigned long long)now.number, (unsigned long long)now.seed,
			 now.seed_name);

	if (write(1, text, (size_t)n) != n)
		_exit(1);
}

void finding(const char *what, const char *message)
{
	if (findings++ < MOST_SHOWN) {
		printf("FAILED fuzz: %s: %s\n", what, *message ? message : "no message");
		fflush(stdout);
		name_execution();
	}
}

static void crashed(int sig)
{
	name_execution();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void check_seeds(const struct target *t)
{
	for (size_t i = 0; i < t->nseeds; i++) {
		const struct seed *s = &t->seed[i];

		now.seed_name = s->name;
		if ((read_bytes(t, s->p, s->n) == 0) != s->whole)
			finding("a seed as it is", s->whole ? "refused" : "read to the end");
	}
}

/*
 * What is changed from a whole seed comes furthest, so most are. Once in a
 * while it is no seed of this target at all.
 */
static const struct seed *draw_seed(const struct target *t)
{
	const struct target *from = t;
	const struct seed *s;

	if (draw(32) == 0) {
		size_t n = 0;

		while (targets[n].name)
			n++;
		from = &targets[draw(n)];
	}
	do
		s = &from->seed[draw(from->nseeds)];
	while (!s->whole && draw(8));
	return s;
}

static int execute(const struct target *t)
{
	static unsigned char bytes[MOST_BYTES];
	const struct seed *s;
	size_t n;

	draw_from(rec_mix2(rec_key(now.seed, t->name), now.number));
	s = draw_seed(t);
	now.seed_name = s->name;
	memcpy(bytes, s->p, n = s->n);
	for (uint64_t k = 1 + draw(draw(2) ? 2 : 6); k > 0; k--)
		n = change(bytes, n, MOST_BYTES / 4, draw_seed(t));
	return read_bytes(t, bytes, n);
}

static void run(const struct target *t, unsigned long most, time_t end, uint64_t first)
{
	unsigned long whole = 0, before = findings;

	now.target = t->name;
	check_seeds(t);
	for (now.number = first; findings < MOST_SHOWN; now.number++) {
		if (end ? now.number % 256 == 0 && time(NULL) >= end : now.number - first >= most)
			break;
		whole += execute(t) == 0;
	}
	printf("%s fuzz %s: %zu seeds, %llu executions, %lu read to the end\n",
	       findings > before ? "FAILED" : "ok", t->name, t->nseeds,
	       (unsigned long long)(now.number - first), whole);
	if (t->more)
		t->more();
}

static void bound_memory(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	rlim_t has;

	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
		return;
	close(fd);
	has = strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
	/* 16 MiB for the small things that stay */
	setrlimit(RLIMIT_AS, &(struct rlimit){ has + FUZZ_LIMIT + (16 << 20), RLIM_INFINITY });
}

static void catch_crashes(void)
{
#if FUZZ_ASAN
	__sanitizer_set_death_callback(name_execution);
#endif
	if (!FUZZ_ASAN)
		bound_memory();
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGABRT, crashed);
	signal(SIGFPE, crashed);
}

int main(int argc, char **argv)
{
	const struct target *one = argc > 1 ? target_find(argv[1]) : NULL;
	char none[] = "", *unit = none;
	unsigned long most = argc > 2 ? strtoul(argv[2], &unit, 10) : 0;
	uint64_t first = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	time_t end = *unit == 's' ? time(NULL) + (time_t)most : 0;

	if (argc > 1 && !one)
		need(-1, &(struct rec_err){ .msg = "no such target" });
	now.seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	read_corpus();
	catch_crashes();
	for (const struct target *t = one ? one : targets; t->name; t++) {
		run(t, argc > 2 ? most : t->executions, end, first);
		if (one)
			break;
	}
	free_corpus();
	return findings != 0;
}

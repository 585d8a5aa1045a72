/* SPDX-License-Identifier: MIT */
/* fuzz.c - the targets, and what all of them use. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

#include "fuzz.h"

struct target targets[] = {
	{ "tsv", read_foreign, .executions = 6000 },
	{ "csv", read_foreign, .executions = 12000 },
	{ "mtx", read_foreign, .executions = 4000 },
	{ "npy", read_foreign, .executions = 4000 },
	{ "libsvm", read_foreign, .executions = 3000 },
	{ "labelled", read_foreign, .executions = 3000 },
	{ "wide", read_foreign, .executions = 2000 },
	{ "trec-run", read_foreign, .executions = 2000 },
	{ "trec-qrels", read_foreign, .executions = 2000 },
	{ "word2vec", read_foreign, .executions = 2000 },
	{ "factors", read_foreign, .executions = 2000 },
	{ "recmat", read_recmat, .executions = 4000, .more = damage_recmat },
	{ "model", read_model, .executions = 24000 },
	{ "sums", read_sums, .executions = 3000 },
	{ "survey", read_survey, .executions = 2000 },
	{ "per-user", read_per_user, .executions = 4000 },
#if REC_SERVE
	{ "serve", read_serve, .executions = 60000 },
	{ "wire", read_wire, .executions = 10000 },
	{ "event", read_event, .executions = 40000 },
#endif
	{ .name = NULL },
};

#if FUZZ_ASAN
/* More at once fails, which is told as want of memory. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=48:quarantine_size_mb=4:"
	       "detect_leaks=1";
}
#endif

struct target *target_find(const char *name)
{
	for (struct target *t = targets; t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

void need(int rc, const struct rec_err *e)
{
	if (rc != 0) {
		printf("FAILED fuzz: %s\n", e->msg);
		exit(1);
	}
}

/* -- draws -- */

static uint64_t draw_key, draws;

void draw_from(uint64_t key)
{
	draw_key = key;
	draws = 0;
}

uint64_t draw(uint64_t n)
{
	return n ? rec_mix2(draw_key, draws++) % n : 0;
}

uint64_t some_number(void)
{
	uint64_t bit = draw(65);

	return (bit < 64 ? 1ull << bit : 0) + draw(5) - 2;
}

int read_bytes(const struct target *t, const unsigned char *p, size_t n)
{
	draw_from(rec_hash(p, n, 0));
	return t->read(t, p, n);
}

bool went_well(int rc, const struct rec_err *e)
{
	if (rc == 0)
		return true;
	if (e->code == REC_OK || e->code == REC_ENOMEM || e->code == REC_EIO || !*e->msg ||
	    strchr(e->msg, '\n'))
		finding("a failure", e->msg);
	return false;
}

/* -- the corpus -- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

static void read_seed(struct seed *s, const char *folder, const char *name)
{
	char path[512];
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > MOST_BYTES / 2)
		need(-1, &(struct rec_err){ .msg = "a seed is missing, or too large" });
	*s = (struct seed){ .name = strdup(name), .n = (size_t)st.st_size };
	s->whole = strncmp(name, "bad-", 4) != 0;
	s->p = malloc(s->n + 1);
	if (!s->name || !s->p || read(fd, s->p, s->n) != st.st_size)
		exit(1);
	close(fd);
}

/* The files of a folder whose names end so, in the order of their names. */
static void read_folder(struct target *t, const char *folder, const char *end)
{
	DIR *d = opendir(folder);
	struct dirent *f;

	while (d && (f = readdir(d))) {
		size_t n = strlen(f->d_name);

		if (f->d_name[0] == '.' || n < strlen(end) ||
		    strcmp(f->d_name + n - strlen(end), end) != 0)
			continue;
		t->seed = realloc(t->seed, (t->nseeds + 1) * sizeof *t->seed);
		if (!t->seed)
			exit(1);
		read_seed(&t->seed[t->nseeds++], folder, f->d_name);
	}
	if (d)
		closedir(d);
	if (t->nseeds > 0)
		qsort(t->seed, t->nseeds, sizeof *t->seed, by_name);
}

void read_corpus(void)
{
	for (struct target *t = targets; t->name; t++) {
		char folder[256];

		snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", t->name);
		read_folder(t, folder, "");
		if (t->read == read_recmat)
			read_folder(t, "tests/vectors", ".rec");
		if (t->nseeds == 0)
			need(-1, &(struct rec_err){ .msg = "run it where tests/fuzz/corpus is" });
	}
}

void free_corpus(void)
{
	for (struct target *t = targets; t->name; t++) {
		for (size_t i = 0; i < t->nseeds; i++) {
			free(t->seed[i].name);
			free(t->seed[i].p);
		}
		free(t->seed);
	}
}

/* -- inputs -- */

struct rec_in *memory_in(struct memory *m, const void *p, size_t n)
{
	struct rec_err e = { 0 };
	struct rec_in *in = NULL;

	free(m->p);
	/* as a mapped file: recmat is used in place */
	m->p = n % 64 ? malloc(n) : aligned_alloc(64, n ? n : 64);
	if (!m->p)
		exit(1);
	if (n)
		memcpy(m->p, p, n);
	need(rec_in_memory(&in, "input", m->p, n, &e), &e);
	return in;
}

struct rec_in *pipe_in(const void *p, size_t n)
{
	struct rec_err e = { 0 };
	struct rec_in *in = NULL;
	char name[32];
	int fd[2];

	if (pipe(fd) != 0 || write(fd[1], p, n) != (ssize_t)n || close(fd[1]) != 0)
		need(-1, &(struct rec_err){ .msg = "no pipe" });
	snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
	need(rec_in_open(&in, name, &e), &e);
	close(fd[0]);
	return in;
}

static char folder_of_run[] = "/tmp/rec-fuzz-XXXXXX", file_of_run[64];

static void remove_scratch(void)
{
	unlink(file_of_run);
	rmdir(folder_of_run);
}

const char *scratch(void)
{
	if (!*file_of_run) {
		if (!mkdtemp(folder_of_run) || atexit(remove_scratch) != 0)
			need(-1, &(struct rec_err){ .msg = "no folder for files" });
		snprintf(file_of_run, sizeof file_of_run, "%s/file", folder_of_run);
	}
	return file_of_run;
}

/* SPDX-License-Identifier: MIT */
/*
 * Streams in and out: plain, mapped, gzip whole and damaged, replaced files,
 * links, FIFOs, devices.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "check.h"
#include "io/in.h"
#include "io/out.h"

static char dir[] = "/tmp/rec-streams-XXXXXX";

/* A name in the directory of this run; a few may be in use at a time. */
static const char *path(const char *name)
{
	static char text[8][128];
	static int i;

	i = (i + 1) % 8;
	snprintf(text[i], sizeof text[i], "%s/%s", dir, name);
	return text[i];
}

static void spill(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(path(name), "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		exit(1);
}

static size_t slurp(const char *name, unsigned char *buf, size_t n)
{
	FILE *f = fopen(path(name), "rb");

	if (!f)
		return SIZE_MAX;
	n = fread(buf, 1, n, f);
	fclose(f);
	return n;
}

static int remove_in(const char *name)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf %s/*", path(name));
	return system(command);
}

/* Bytes that pack to about half. */
static unsigned char *some_bytes(size_t n)
{
	unsigned char *p = malloc(n ? n : 1);

	if (!p)
		exit(1);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)("0123456789abcdef"[rec_random(9, i) % 16]);
	return p;
}

/* Whole stream by odd pieces; *n bytes. NULL and e where it failed. */
static unsigned char *read_all(const char *name, size_t *n, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	unsigned char piece[7919];
	struct rec_in *in;
	int64_t got = -1;

	*n = 0;
	if (rec_in_open(&in, name, e) != 0)
		return NULL;
	while ((got = rec_in_read(in, piece, sizeof piece, e)) > 0)
		if (rec_buf_add(&b, piece, (size_t)got, e) != 0)
			exit(1);
	rec_in_close(in);
	*n = b.n;
	if (got < 0)
		rec_buf_free(&b);
	else if (!b.p)
		b.p = calloc(1, 1);
	return (unsigned char *)b.p;
}

static int write_file(const char *name, const void *bytes, size_t n, struct rec_err *e)
{
	struct rec_out *out;
	int rc;

	if (rec_out_open(&out, name, e) != 0)
		return -1;
	rc = rec_out_write(out, bytes, n / 3, e) || rec_out_flush(out, e) ||
	     rec_out_write(out, (const char *)bytes + n / 3, n - n / 3, e) ||
	     rec_out_finish(out, e) || rec_out_commit(out, e);
	CHECK(rc != 0 || rec_out_bytes(out) == n, "bytes accepted");
	rec_out_free(out);
	return rc ? -1 : 0;
}

/* read_all is to fail with a message that ends like this. */
static void reads_badly(const char *name, const char *message)
{
	struct rec_err e = { 0 };
	size_t n;
	unsigned char *p = read_all(path(name), &n, &e);

	CHECK(!p && e.code == REC_EDATA && strlen(e.msg) > strlen(message) &&
		      strcmp(e.msg + strlen(e.msg) - strlen(message), message) == 0,
	      "%s: wanted '%s', got '%s'", name, message, p ? "no error" : e.msg);
	free(p);
}

static void round_trip(const char *name, size_t n)
{
	struct rec_err e = { 0 };
	unsigned char *p = some_bytes(n), *q;
	size_t got;

	CHECK(write_file(path(name), p, n, &e) == 0, "write");
	q = read_all(path(name), &got, &e);
	CHECK(q && got == n && memcmp(p, q, n) == 0, "read back");
	free(p);
	free(q);
}

static void test_gzip(void)
{
	enum { N = 200000 };
	unsigned char *p = some_bytes(N), *z = malloc(4 * N), *q;
	struct rec_err e = { 0 };
	size_t nz, n;

	CHECK(write_file(path("a.gz"), p, N, &e) == 0, "write gzip");
	nz = slurp("a.gz", z, 4 * N);
	CHECK(nz < N && z[0] == 0x1f && z[1] == 0x8b && memcmp(z + 4, "\0\0\0\0", 4) == 0,
	      "gzip without a time");
	memcpy(z + nz, z, nz);
	spill("two", z, 2 * nz);
	q = read_all(path("two"), &n, &e);
	CHECK(q && n == 2 * N && memcmp(q, p, N) == 0 && memcmp(q + N, p, N) == 0, "two members");
	free(q);
	for (size_t cut = 2; cut < nz; cut += cut < 30 || cut > nz - 12 ? 1 : 9973) {
		spill("cut", z, cut);
		reads_badly("cut", ": gzip stream is cut off");
		spill("cut", z, nz + cut);
		reads_badly("cut", ": gzip stream is cut off");
	}
	spill("cut", z, nz + 1);
	reads_badly("cut", ": gzip stream is cut off");
	memcpy(z + nz, "x", 1);
	spill("garbage", z, nz + 1);
	reads_badly("garbage", ": trailing garbage after the gzip stream");
	memcpy(z + nz, "\0\0\0", 3);
	spill("garbage", z, nz + 3);
	reads_badly("garbage", ": trailing garbage after the gzip stream");
	z[nz - 6] ^= 1;
	spill("crc", z, nz);
	reads_badly("crc", ": gzip stream is damaged (incorrect data check)");
	z[nz - 6] ^= 1;
	z[nz - 2] ^= 1;
	spill("length", z, nz);
	reads_badly("length", ": gzip stream is damaged (incorrect length check)");
	z[nz - 2] ^= 1;
	/* any flipped bit but those of time, OS and flags that say nothing */
	for (size_t at = 2; at < nz; at += 4999) {
		if (at >= 4 && at < 10)
			continue;
		z[at] ^= 4;
		spill("flip", z, nz);
		q = read_all(path("flip"), &n, &e);
		CHECK(!q && e.code == REC_EDATA, "a flipped bit");
		free(q);
		e = (struct rec_err){ 0 };
		z[at] ^= 4;
	}
	free(p);
	free(z);
}

/*
 * Bytes of the caller are read as those of a mapped file are, gzip of several
 * members too.
 */
static void test_memory(void)
{
	unsigned char *p = some_bytes(100000), buf[64], *zipped, *back = malloc(100001);
	struct rec_err e = { 0 };
	struct rec_in *in;
	const void *map;
	uint64_t bytes = 0;
	struct stat st;
	size_t n;
	FILE *f;

	CHECK(rec_in_memory(&in, "here", p, 100000, &e) == 0 &&
		      strcmp(rec_in_name(in), "here") == 0,
	      "open");
	rec_in_tally(in, &bytes);
	CHECK(rec_in_peek(in, &map, 10, &e) == 10 && memcmp(map, p, 10) == 0, "peek");
	CHECK(rec_in_map(in, &map, &n, &e) == 1 && n == 100000 && map == p, "mapped where it lies");
	CHECK(rec_in_read(in, buf, sizeof buf, &e) == 0 && bytes == 100000, "at its end, %lu bytes",
	      (unsigned long)bytes);
	rec_in_close(in);
	CHECK(rec_in_memory(&in, "here", p, 100000, &e) == 0 &&
		      rec_in_read_full(in, buf, 20, &e) == 20,
	      "read");
	CHECK(rec_in_map(in, &map, &n, &e) == 0 &&
		      rec_in_read_full(in, back, 100001, &e) == 99980 &&
		      memcmp(back, p + 20, 99980) == 0,
	      "read on");
	rec_in_close(in);
	CHECK(rec_in_memory(&in, "none", NULL, 0, &e) == 0 && rec_in_map(in, &map, &n, &e) == 0 &&
		      rec_in_read(in, buf, 1, &e) == 0,
	      "nothing");
	rec_in_close(in);
	CHECK(write_file(path("twice.gz"), p, 50000, &e) == 0 && stat(path("twice.gz"), &st) == 0,
	      "zip");
	zipped = malloc(2 * (size_t)st.st_size);
	f = fopen(path("twice.gz"), "rb");
	CHECK(f && fread(zipped, 1, (size_t)st.st_size, f) == (size_t)st.st_size, "read back");
	if (f)
		fclose(f);
	memcpy(zipped + st.st_size, zipped, (size_t)st.st_size);
	CHECK(rec_in_memory(&in, "zipped", zipped, 2 * (size_t)st.st_size, &e) == 0 &&
		      rec_in_map(in, &map, &n, &e) == 0,
	      "open gzip");
	CHECK(rec_in_read_full(in, back, 100001, &e) == 100000 && memcmp(back, p, 50000) == 0 &&
		      memcmp(back + 50000, p, 50000) == 0,
	      "%s", e.msg);
	rec_in_close(in);
	CHECK(rec_in_memory(&in, "zipped", zipped, (size_t)st.st_size - 9, &e) == 0 &&
		      rec_in_read_full(in, back, 100001, &e) == -1,
	      "cut");
	CHECK(strcmp(e.msg, "zipped: gzip stream is cut off") == 0, "%s", e.msg);
	rec_in_close(in);
	free(p);
	free(back);
	free(zipped);
}

static void test_map(void)
{
	unsigned char *p = some_bytes(100000), buf[64];
	struct rec_err e = { 0 };
	struct rec_in *in;
	const void *map;
	uint64_t bytes = 0;
	size_t n;

	spill("plain", p, 100000);
	CHECK(rec_in_open(&in, path("plain"), &e) == 0, "open");
	rec_in_tally(in, &bytes);
	CHECK(rec_in_peek(in, &map, 10, &e) == 10 && memcmp(map, p, 10) == 0, "peek");
	CHECK(rec_in_peek(in, &map, 100000, &e) == 4096 && memcmp(map, p, 4096) == 0,
	      "peek at most 4096");
	CHECK(rec_in_map(in, &map, &n, &e) == 1 && n == 100000 && memcmp(map, p, n) == 0,
	      "map after a peek");
	CHECK(rec_in_read(in, buf, sizeof buf, &e) == 0, "a mapped stream is at its end");
	CHECK(bytes == 100000, "%lu bytes", (unsigned long)bytes);
	rec_in_close(in);
	CHECK(rec_in_open(&in, path("plain"), &e) == 0, "open");
	CHECK(rec_in_peek(in, &map, 10, &e) == 10 && rec_in_read_full(in, buf, 20, &e) == 20 &&
		      memcmp(buf, p, 20) == 0,
	      "read after a peek");
	CHECK(rec_in_map(in, &map, &n, &e) == 0, "no map once bytes were taken");
	CHECK(rec_in_read_full(in, buf, 20, &e) == 20 && memcmp(buf, p + 20, 20) == 0, "read on");
	rec_in_close(in);
	CHECK(write_file(path("plain.gz"), p, 100000, &e) == 0 &&
		      rec_in_open(&in, path("plain.gz"), &e) == 0,
	      "open gzip");
	bytes = 0;
	rec_in_tally(in, &bytes);
	CHECK(rec_in_map(in, &map, &n, &e) == 0, "no map of gzip");
	CHECK(rec_in_peek(in, &map, 4096, &e) == 4096 && memcmp(map, p, 4096) == 0,
	      "peek into gzip");
	rec_in_close(in);
	spill("empty", "", 0);
	CHECK(rec_in_open(&in, path("empty"), &e) == 0 && rec_in_map(in, &map, &n, &e) == 0 &&
		      rec_in_read(in, buf, 1, &e) == 0,
	      "empty");
	rec_in_close(in);
	CHECK(rec_in_open(&in, "/proc/self/stat", &e) == 0 && rec_in_map(in, &map, &n, &e) == 0 &&
		      rec_in_read(in, buf, 1, &e) == 1,
	      "a file without size");
	rec_in_close(in);
	free(p);
}

static void test_open_errors(void)
{
	struct rec_err e = { 0 };
	struct rec_out *out;
	struct rec_in *in;
	char want[200];

	CHECK(rec_in_open(&in, dir, &e) == -1 && e.code == REC_EDATA, "a directory");
	snprintf(want, sizeof want, "%s: Is a directory", dir);
	CHECK(strcmp(e.msg, want) == 0, "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_in_open(&in, path("nowhere"), &e) == -1 && e.code == REC_EDATA &&
		      strstr(e.msg, "nowhere: No such file or directory"),
	      "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_out_open(&out, dir, &e) == -1 && strcmp(e.msg, want) == 0, "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_out_open(&out, path("no/where"), &e) == -1 &&
		      strstr(e.msg, "no/where: No such file or directory"),
	      "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_out_open(&out, path("slash/"), &e) == -1 &&
		      strstr(e.msg, "slash/: Is a directory"),
	      "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_out_open(&out, "", &e) == -1 && strcmp(e.msg, ": No such file or directory") == 0,
	      "%s", e.msg);
}

static void test_replace(void)
{
	struct rec_err e = { 0 };
	struct rec_out *out;
	unsigned char buf[64];
	struct stat st;

	umask(027);
	spill("old", "old", 3);
	chmod(path("old"), 0600);
	CHECK(rec_out_open(&out, path("old"), &e) == 0 && rec_out_write(out, "new!", 4, &e) == 0,
	      "write");
	CHECK(rec_out_temporary(out) && stat(rec_out_temporary(out), &st) == 0 &&
		      (st.st_mode & 0777) == 0640,
	      "temporary file, mode from umask");
	CHECK(strncmp(rec_out_temporary(out), path(".old."), strlen(path(".old."))) == 0,
	      "temporary name beside the file");
	CHECK(rec_out_finish(out, &e) == 0 && slurp("old", buf, 64) == 3,
	      "old content until commit");
	CHECK(rec_out_commit(out, &e) == 0 && slurp("old", buf, 64) == 4 &&
		      memcmp(buf, "new!", 4) == 0,
	      "new content");
	CHECK(access(rec_out_temporary(out), F_OK) != 0, "no temporary file");
	rec_out_free(out);
	CHECK(stat(path("old"), &st) == 0 && (st.st_mode & 0777) == 0640, "mode from umask");
	CHECK(rec_out_open(&out, path("old"), &e) == 0 && rec_out_write(out, "x", 1, &e) == 0 &&
		      rec_out_finish(out, &e) == 0,
	      "write");
	rec_out_free(out);
	CHECK(slurp("old", buf, 64) == 4, "without commit nothing changes");
	CHECK(symlink("old", path("link")) == 0 && symlink("link", path("link2")) == 0, "links");
	CHECK(write_file(path("link2"), "through", 7, &e) == 0 && slurp("old", buf, 64) == 7,
	      "a link's target is replaced");
	CHECK(lstat(path("link2"), &st) == 0 && S_ISLNK(st.st_mode), "the link stays");
	CHECK(symlink("target", path("dangling")) == 0 &&
		      write_file(path("dangling"), "t", 1, &e) == 0 &&
		      slurp("target", buf, 64) == 1,
	      "dangling link");
	CHECK(symlink("loop", path("loop")) == 0 && rec_out_open(&out, path("loop"), &e) == -1 &&
		      e.code == REC_EDATA,
	      "a loop of links");
}

static void finish_new(struct rec_out **out, const char *name)
{
	struct rec_err e = { 0 };

	CHECK(rec_out_open(out, path(name), &e) == 0 && rec_out_write(*out, "new", 3, &e) == 0 &&
		      rec_out_finish(*out, &e) == 0,
	      "%s: %s", name, e.msg);
}

static int entries(const char *name)
{
	DIR *d = opendir(path(name));
	int n = -2;	/* . and .. */

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/*
 * Of three files the one that fails comes first, second, last; with and without
 * old ones.
 */
static void test_all_or_none(void)
{
	static const char *const names[] = { "all/a", "all/b", "all/c" };
	struct rec_out *out[3];
	unsigned char buf[64];

	for (int old = 0; old < 2; old++)
		for (int bad = 0; bad < 3; bad++)
			for (int sync = 0; sync < 2; sync++) {
				struct rec_err e = { 0 };

				CHECK(mkdir(path("all"), 0700) == 0, "mkdir");
				for (int i = 0; i < 3; i++) {
					if (old)
						spill(names[i], "old!", 4);
					finish_new(&out[i], names[i]);
					if (!sync)
						rec_out_no_sync(out[i]);
				}
				unlink(path(names[bad]));
				CHECK(mkdir(path(names[bad]), 0700) == 0 &&
					      rec_out_sync(out, 3, NULL, &e) == 0,
				      "%s", e.msg);
				CHECK(rec_out_commit_all(out, 3, NULL, &e) == -1 &&
					      e.code == REC_EDATA &&
					      strstr(e.msg, "Is a directory"),
				      "%s", e.msg);
				for (int i = 0; i < 3; i++) {
					CHECK(i == bad || slurp(names[i], buf, 64) ==
								  (old ? 4 : SIZE_MAX),
					      "the old file, or none");
					rec_out_free(out[i]);
				}
				CHECK(entries("all") == (old ? 3 : 1), "nothing of ours");
				CHECK(rmdir(path(names[bad])) == 0 && remove_in("all") == 0 &&
					      rmdir(path("all")) == 0,
				      "rmdir");
			}
}

/*
 * Two names become one while the run goes on, as X and x are one in some file
 * systems: the second is not written over the first.
 */
static void test_one_name(void)
{
	struct rec_err e = { 0 };
	struct rec_out *out[2];
	unsigned char buf[64];

	CHECK(mkdir(path("here"), 0700) == 0 && mkdir(path("there"), 0700) == 0, "mkdir");
	spill("here/f", "old!", 4);
	finish_new(&out[0], "here/f");
	finish_new(&out[1], "there/f");
	CHECK(!rec_out_same(out[0], out[1]), "two files");
	CHECK(rename(path("there"), path("gone")) == 0 && symlink("here", path("there")) == 0,
	      "a link");
	CHECK(rec_out_same(out[0], out[1]), "one file");
	CHECK(rec_out_commit_all(out, 2, NULL, &e) == -1 && e.code == REC_EUSAGE &&
		      strstr(e.msg, "two outputs are one file"),
	      "%s", e.msg);
	CHECK(slurp("here/f", buf, 64) == 4 && entries("here") == 1, "the old file alone");
	rec_out_free(out[0]);
	rec_out_free(out[1]);
}

static void test_devices(void)
{
	struct rec_err e = { 0 };
	unsigned char buf[64], *p;
	char name[32];
	size_t n;
	int fd, status = 0;
	pid_t child;

	CHECK(write_file("/dev/null", "x", 1, &e) == 0, "/dev/null");
	CHECK(write_file("/dev/full", "x", 1, &e) == -1 && e.code == REC_EIO &&
		      strcmp(e.msg, "/dev/full: No space left on device") == 0,
	      "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(mkfifo(path("fifo"), 0600) == 0, "mkfifo");
	child = fork();
	if (child == 0)
		_exit(write_file(path("fifo"), "through a pipe", 14, &e) != 0);
	p = read_all(path("fifo"), &n, &e);
	CHECK(p && n == 14 && memcmp(p, "through a pipe", 14) == 0, "FIFO");
	CHECK(waitpid(child, &status, 0) == child && status == 0, "writer of the FIFO");
	free(p);
	fd = open(path("appended"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	CHECK(fd >= 0 && write(fd, "one ", 4) == 4, "open");
	snprintf(name, sizeof name, "/dev/fd/%d", fd);
	CHECK(write_file(name, "two", 3, &e) == 0 && slurp("appended", buf, 64) == 7 &&
		      memcmp(buf, "one two", 7) == 0,
	      "a descriptor by name");
	close(fd);
	CHECK(write_file("/dev/fd/987", "x", 1, &e) == -1, "a closed descriptor");
}

static void test_room(void)
{
	struct rec_err e = { 0 };
	struct rec_out *out;
	size_t total = 0, n;
	char *p;
	unsigned char *q;

	CHECK(rec_out_open(&out, path("room"), &e) == 0, "open");
	for (int i = 0; i < 200; i++) {
		size_t want = i == 100 ? 5000000 : 60000;

		CHECK(rec_out_room(out, want, &p, &e) == 0 && p, "room");
		memset(p, 'a' + i % 26, want);
		rec_out_used(out, want - 7);
		total += want - 7;
	}
	CHECK(rec_out_bytes(out) == total && rec_out_finish(out, &e) == 0 &&
		      rec_out_finish(out, &e) == 0 && rec_out_commit(out, &e) == 0,
	      "finish");
	rec_out_free(out);
	q = read_all(path("room"), &n, &e);
	CHECK(q && n == total && q[0] == 'a' && q[59993] == 'b' && q[n - 1] == 'a' + 199 % 26,
	      "content");
	free(q);
}

/* Streams that begin almost like gzip are plain. */
static void test_first_bytes(void)
{
	static const char *const texts[] = { "\x1f", "\x1f\n", "\x1fx\ty\n", "\n" };
	struct rec_err e = { 0 };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		unsigned char *p;
		size_t n;

		spill("first", texts[i], strlen(texts[i]));
		p = read_all(path("first"), &n, &e);
		CHECK(p && n == strlen(texts[i]) && memcmp(p, texts[i], n) == 0, "first bytes");
		free(p);
	}
}

static int remove_all(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	static const size_t sizes[] = {
		0, 1, 2, 4096, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3500000
	};

	if (!mkdtemp(dir))
		return 1;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		round_trip("file", sizes[i]);
		round_trip("file.gz", sizes[i]);
	}
	test_first_bytes();
	test_gzip();
	test_map();
	test_memory();
	test_open_errors();
	test_replace();
	test_all_or_none();
	test_one_name();
	test_devices();
	test_room();
	CHECK(remove_all() == 0);
	return finished("streams");
}

/* SPDX-License-Identifier: MIT */
/*
 * Bytes out.
 *
 * caller -> buf (1 MiB) -> gzip where asked -> descriptor. The name given is resolved to what it stands for first: a descriptor of ours (/dev/stdout,
 * /dev/fd/N), something that is written in place (FIFO, device, socket), or a regular file, which appears whole under its name in commit or not at all.
 */
#include "io/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "base/mem.h"

enum { BUF = 1 << 20, ZBUF = 256 << 10, MOST = 1 << 30, LINKS = 40, TRIES = 100 };

struct rec_out {
	int fd;
	char *name;		/* for messages */
	char *final, *temp;	/* both NULL where written in place */
	bool temp_made, committed;
	bool gzip;
	z_stream z;
	unsigned char *zbuf;
	char *buf;
	size_t n, cap;
	uint64_t bytes;
};

static int no_memory(struct rec_err *e)
{
	return rec_err_set(e, REC_ENOMEM, "out of memory (opening a file)");
}

static char *copy(const char *s, struct rec_err *e)
{
	char *p = strdup(s);

	if (!p)
		no_memory(e);
	return p;
}

/* The descriptor that a name such as /dev/stdout or /dev/fd/5 stands for, or -1. */
static int named_fd(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdout") == 0)
		return 1;
	if (strcmp(path, "/dev/stderr") == 0)
		return 2;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		const char *s = path + strlen(dirs[i]);
		size_t n = strlen(path);

		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0 && n > strlen(dirs[i]) && strlen(s) <= 6 && strspn(s, "0123456789") == strlen(s))
			return atoi(s);
	}
	return -1;
}

/* dir of path, with its slash, then name; to be freed. */
static char *beside(const char *path, const char *name, struct rec_err *e)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;
	char *p = malloc(dir + strlen(name) + 1);

	if (!p) {
		no_memory(e);
		return NULL;
	}
	memcpy(p, path, dir);
	strcpy(p + dir, name);
	return p;
}

/* What path stands for once its last component is no symbolic link any more, whether that exists or not; to be freed. */
static char *resolve(const char *path, struct rec_err *e)
{
	char *p = copy(path, e);

	for (int i = 0; p; i++) {
		char link[PATH_MAX], *next;
		ssize_t n = readlink(p, link, sizeof link - 1);

		if (n < 0)	/* not a link, or not there */
			return p;
		if (i == LINKS) {
			rec_err_errno(e, ELOOP, "%s", path);
			free(p);
			return NULL;
		}
		link[n] = '\0';
		next = link[0] == '/' ? copy(link, e) : beside(p, link, e);
		free(p);
		p = next;
	}
	return NULL;
}

/* Something to tell temporary names apart; O_EXCL does the rest. */
static uint64_t scatter(const void *p)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return rec_mix2(rec_mix2((uint64_t)t.tv_sec, (uint64_t)t.tv_nsec), rec_mix2((uint64_t)getpid(), (uint64_t)(uintptr_t)p));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Make `.NAME.XXXXXX` in the directory of out->final. */
static int make_temporary(struct rec_out *out, struct rec_err *e)
{
	const char *base = base_name(out->final);
	uint64_t x = scatter(out);
	char name[256];

	if (!*base)
		return rec_err_errno(e, *out->final ? EISDIR : ENOENT, "%s", out->name);
	for (int i = 0; i < TRIES; i++) {
		snprintf(name, sizeof name, ".%.200s.%06x", base, (unsigned)(rec_mix(x + (uint64_t)i) & 0xffffff));
		free(out->temp);
		out->temp = beside(out->final, name, e);
		if (!out->temp)
			return -1;
		out->fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		out->temp_made = out->fd >= 0;
		if (out->temp_made)
			return 0;
		if (errno != EEXIST && errno != EINTR)
			break;
	}
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		return rec_err_errno(e, errno, "%s: can't make a temporary file beside it", out->name);
	return rec_err_errno(e, errno, "%s", out->name);
}

static int open_in_place(struct rec_out *out, const char *path, struct rec_err *e)
{
	do
		out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	while (out->fd < 0 && errno == EINTR);
	return out->fd < 0 ? rec_err_errno(e, errno, "%s", out->name) : 0;
}

static int open_path(struct rec_out *out, const char *path, struct rec_err *e)
{
	int ours = named_fd(path);
	struct stat st;
	bool there;

	if (ours >= 0) {	/* opening it anew would begin at offset 0 of a file, or fail */
		out->fd = fcntl(ours, F_DUPFD_CLOEXEC, 3);
		return out->fd < 0 ? rec_err_errno(e, errno, "%s", out->name) : 0;
	}
	there = stat(path, &st) == 0;
	if (!there && errno != ENOENT)
		return rec_err_errno(e, errno, "%s", out->name);
	if (there && S_ISDIR(st.st_mode))
		return rec_err_errno(e, EISDIR, "%s", out->name);
	if (there && !S_ISREG(st.st_mode))
		return open_in_place(out, path, e);
	if (there && access(path, W_OK) != 0)	/* a rename wouldn't ask */
		return rec_err_errno(e, errno, "%s", out->name);
	out->final = resolve(path, e);
	return out->final ? make_temporary(out, e) : -1;
}

static int start_gzip(struct rec_out *out, struct rec_err *e)
{
	out->zbuf = rec_alloc(ZBUF, 1, e);
	if (!out->zbuf)
		return -1;
	/* zlib's own header: no name, no time */
	if (deflateInit2(&out->z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return rec_err_set(e, REC_ENOMEM, "%s: out of memory (packing gzip)", out->name);
	out->gzip = true;
	return 0;
}

static bool ends_in_gz(const char *path)
{
	size_t n = strlen(path);

	return n > 3 && strcmp(path + n - 3, ".gz") == 0;
}

int rec_out_open(struct rec_out **p, const char *path, struct rec_err *e)
{
	bool is_stdout = !path || strcmp(path, "-") == 0;
	struct rec_out *out = rec_zalloc(1, sizeof *out, e);

	*p = NULL;
	if (!out)
		return -1;
	out->fd = is_stdout ? 1 : -1;
	out->cap = BUF;
	out->name = copy(is_stdout ? "<stdout>" : path, e);
	out->buf = rec_alloc(BUF, 1, e);
	if (!out->name || !out->buf)
		goto fail;
	if (!is_stdout && open_path(out, path, e) != 0)
		goto fail;
	if (!is_stdout && ends_in_gz(path) && start_gzip(out, e) != 0)
		goto fail;
	*p = out;
	return 0;
fail:
	rec_out_free(out);
	return -1;
}

const char *rec_out_temporary(const struct rec_out *out)
{
	return out->temp;
}

const char *rec_out_name(const struct rec_out *out)
{
	return out->name;
}

static bool stat_directory(const char *path, struct stat *st)
{
	struct rec_err e = { 0 };
	char *dir = beside(path, ".", &e);
	bool ok = dir && stat(dir, st) == 0;

	free(dir);
	return ok;
}

bool rec_out_same(const struct rec_out *a, const struct rec_out *b)
{
	struct stat x, y;

	if (!a->final || !b->final || strcmp(base_name(a->final), base_name(b->final)) != 0)
		return false;
	return stat_directory(a->final, &x) && stat_directory(b->final, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int write_raw(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t put = write(out->fd, p, n < MOST ? n : MOST);

		if (put >= 0) {
			p += put;
			n -= (size_t)put;
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) {	/* somebody made the descriptor non-blocking */
			struct pollfd w = { .fd = out->fd, .events = POLLOUT };

			if (poll(&w, 1, -1) >= 0 || errno == EINTR)
				continue;
		}
		if (errno != EINTR)
			return rec_err_errno(e, errno, "%s", out->name);
	}
	return 0;
}

static int write_gzip(struct rec_out *out, const void *bytes, size_t n, int how, struct rec_err *e)
{
	const unsigned char *p = bytes;

	do {
		uInt some = n < MOST ? (uInt)n : MOST;

		out->z.next_in = (Bytef *)(uintptr_t)p;
		out->z.avail_in = some;
		p += some;
		n -= some;
		do {
			out->z.next_out = out->zbuf;
			out->z.avail_out = ZBUF;
			if (deflate(&out->z, n ? Z_NO_FLUSH : how) == Z_STREAM_ERROR)
				return rec_err_set(e, REC_EIO, "%s: can't pack gzip", out->name);
			if (write_raw(out, out->zbuf, ZBUF - out->z.avail_out, e) != 0)
				return -1;
		} while (out->z.avail_out == 0);
	} while (n > 0);
	return 0;
}

static int put(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e)
{
	if (out->fd < 0)
		return rec_err_set(e, REC_EIO, "%s: written after its end", out->name);
	return out->gzip ? write_gzip(out, bytes, n, Z_NO_FLUSH, e) : write_raw(out, bytes, n, e);
}

static int empty_buf(struct rec_out *out, struct rec_err *e)
{
	size_t n = out->n;

	out->n = 0;
	return n ? put(out, out->buf, n, e) : 0;
}

int rec_out_write(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e)
{
	out->bytes += n;
	if (n > out->cap - out->n && empty_buf(out, e) != 0)
		return -1;
	if (n >= out->cap)
		return put(out, bytes, n, e);
	if (n > 0)
		memcpy(out->buf + out->n, bytes, n);
	out->n += n;
	return 0;
}

int rec_out_room(struct rec_out *out, size_t n, char **p, struct rec_err *e)
{
	*p = NULL;
	if (n > out->cap - out->n && empty_buf(out, e) != 0)
		return -1;
	if (n > out->cap && rec_grow(&out->buf, &out->cap, n, 1, e) != 0)
		return -1;
	*p = out->buf + out->n;
	return 0;
}

void rec_out_used(struct rec_out *out, size_t n)
{
	out->n += n;
	out->bytes += n;
}

int rec_out_flush(struct rec_out *out, struct rec_err *e)
{
	if (empty_buf(out, e) != 0)
		return -1;
	return out->gzip ? write_gzip(out, "", 0, Z_SYNC_FLUSH, e) : 0;
}

int rec_out_finish(struct rec_out *out, struct rec_err *e)
{
	int fd = out->fd;

	if (fd < 0)
		return 0;
	if (empty_buf(out, e) != 0 || (out->gzip && write_gzip(out, "", 0, Z_FINISH, e) != 0))
		return -1;
	out->fd = -1;
	if (close(fd) != 0 && errno != EINTR)	/* Linux has closed it then */
		return rec_err_errno(e, errno, "%s", out->name);
	if (fd == 1)	/* no file that is opened later may become stdout */
		(void)!open("/dev/null", O_WRONLY | O_CLOEXEC);
	return 0;
}

int rec_out_commit(struct rec_out *out, struct rec_err *e)
{
	if (!out->temp || out->committed)
		return 0;
	if (rename(out->temp, out->final) != 0)
		return rec_err_errno(e, errno, "%s", out->name);
	out->committed = true;
	return 0;
}

void rec_out_withdraw(struct rec_out *out)
{
	if (out->committed)
		unlink(out->final);
}

void rec_out_free(struct rec_out *out)
{
	if (!out)
		return;
	if (out->gzip)
		deflateEnd(&out->z);
	if (out->fd > 1)
		close(out->fd);
	if (out->temp_made && !out->committed)
		unlink(out->temp);
	free(out->temp);
	free(out->final);
	free(out->name);
	free(out->zbuf);
	free(out->buf);
	free(out);
}

uint64_t rec_out_bytes(const struct rec_out *out)
{
	return out->bytes;
}

/* SPDX-License-Identifier: MIT */
/*
 * Bytes in.
 *
 * descriptor -> raw (gzip and first bytes only) -> unpacked -> look (only what
 * was peeked at) -> caller. A plain stream is read straight into the caller's
 * memory once raw and look are drained. The first bytes decide between plain
 * and gzip; they are read at the first call that needs them, so that opening a
 * pipe doesn't wait. Memory: RAW + LOOK bytes, and zlib's window.
 */
#include "io/in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/append.h"
#include "base/mem.h"

enum { RAW = 256 << 10, LOOK = 4096, HEAD = 4096, MOST = 1 << 30 };

enum format { UNKNOWN, PLAIN, GZIP };

struct rec_in {
	int fd;
	char *name;
	/* at_start: the descriptor stood at offset 0 when it was opened */
	bool regular, at_start;
	/* raw is the caller's, and holds it all; there is no descriptor */
	bool memory;
	enum format format;
	/* no more bytes in the descriptor, in the unpacked stream */
	bool raw_end, end;
	/*
	 * read from the descriptor; unpacked bytes that left for the caller or
	 * for look
	 */
	uint64_t raw_bytes, taken;
	uint64_t *tally;		/* of rec_in_tally, or NULL */
	unsigned char *raw;
	size_t raw_at, raw_n;
	unsigned char *look;
	size_t look_at, look_n;
	char head[HEAD];		/* the first bytes, for rec_in_head */
	size_t head_n;
	rec_in_hear *hear;
	void *hear_arg;
	z_stream z;
	bool in_member;			/* inside a gzip member */
	void *map;
	size_t map_n;
	struct rec_maps *maps;		/* of rec_in_watch, or NULL */
	struct rec_map *noted;
	struct rec_spill *spill;	/* of rec_in_bound, or NULL */
	struct rec_far far;		/* the mapping, where it is bounded */
	struct rec_far *spooled;
};

static int open_fd(struct rec_in *in, const char *path, struct rec_err *e)
{
	struct stat st;

	if (strcmp(path, "-") != 0)
		in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in->fd < 0 || fstat(in->fd, &st) != 0)
		return rec_err_errno(e, errno, "%s", in->name);
	if (S_ISDIR(st.st_mode))
		return rec_err_errno(e, EISDIR, "%s", in->name);
	in->regular = S_ISREG(st.st_mode);
	if (in->regular) {
		in->at_start = lseek(in->fd, 0, SEEK_CUR) == 0;
#ifdef POSIX_FADV_SEQUENTIAL	/* not in macOS */
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);	/* a hint */
#endif
	}
	return 0;
}

int rec_in_open(struct rec_in **out, const char *path, struct rec_err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct rec_in *in = rec_zalloc(1, sizeof *in, e);

	*out = NULL;
	if (!in)
		return -1;
	in->fd = is_stdin ? 0 : -1;
	in->name = strdup(is_stdin ? "<stdin>" : path);
	if (!in->name) {
		rec_err_set(e, REC_ENOMEM, "out of memory (opening a file)");
		goto fail;
	}
	if (open_fd(in, path, e) != 0)
		goto fail;
	*out = in;
	return 0;
fail:
	rec_in_close(in);
	return -1;
}

int rec_in_memory(struct rec_in **out, const char *name, const void *bytes, size_t n,
		  struct rec_err *e)
{
	struct rec_in *in = rec_zalloc(1, sizeof *in, e);

	*out = NULL;
	if (!in)
		return -1;
	in->fd = -1;
	in->memory = in->raw_end = true;
	/*
	 * nothing is written through it: the end has been seen, so nothing is
	 * moved to make room
	 */
	in->raw = (unsigned char *)(uintptr_t)bytes;
	in->raw_n = n;
	in->raw_bytes = n;
	in->name = strdup(name);
	if (!in->name) {
		rec_in_close(in);
		return rec_err_set(e, REC_ENOMEM, "out of memory (opening a file)");
	}
	*out = in;
	return 0;
}

void rec_in_close(struct rec_in *in)
{
	if (!in)
		return;
	rec_maps_drop(in->noted);
	if (in->map)
		munmap(in->map, in->map_n);
	rec_far_free(in->spooled);
	if (in->format == GZIP)
		inflateEnd(&in->z);
	if (in->fd > 0)
		close(in->fd);
	if (!in->memory)
		free(in->raw);
	free(in->look);
	free(in->name);
	free(in);
}

const char *rec_in_name(const struct rec_in *in)
{
	return in->name;
}

const char *rec_in_head(const struct rec_in *in, size_t *n)
{
	*n = in->head_n;
	return in->head;
}

static void keep_head(struct rec_in *in, const void *p, size_t n)
{
	if (in->head_n == HEAD)
		return;
	n = n < HEAD - in->head_n ? n : HEAD - in->head_n;
	memcpy(in->head + in->head_n, p, n);
	in->head_n += n;
}

void rec_in_listen(struct rec_in *in, rec_in_hear *hear, void *arg)
{
	in->hear = hear;
	in->hear_arg = arg;
}

void rec_in_tell(const struct rec_in *in, uint64_t line, const char *fmt, ...)
{
	char text[600], number[32] = "";
	va_list ap;
	size_t n;

	if (!in->hear)
		return;
	if (line)
		snprintf(number, sizeof number, "%llu: ", (unsigned long long)line);
	n = rec_append(text, sizeof text, 0, "%.200s:%s", in->name, line ? number : " ");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	in->hear(in->hear_arg, text);
}

static void count(struct rec_in *in, uint64_t n)
{
	in->raw_bytes += n;
	if (in->tally)
		*in->tally += n;
}

void rec_in_tally(struct rec_in *in, uint64_t *total)
{
	in->tally = total;
	if (in->memory)
		*total += in->raw_n;
}

void rec_in_watch(struct rec_in *in, struct rec_maps *maps)
{
	in->maps = maps;
}

/* One read(2) that gives something, the end (0) or a failure (-1). */
static int64_t read_raw(struct rec_in *in, void *buf, size_t n, struct rec_err *e)
{
	for (;;) {
		ssize_t got = read(in->fd, buf, n < MOST ? n : MOST);

		if (got >= 0) {
			count(in, (uint64_t)got);
			in->raw_end = got == 0;
			return got;
		}
		/* somebody made the descriptor non-blocking */
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd p = { .fd = in->fd, .events = POLLIN };

			if (poll(&p, 1, -1) >= 0 || errno == EINTR)
				continue;
		}
		if (errno != EINTR)
			return rec_err_errno(e, errno, "%s", in->name);
	}
}

/* Have at least want (<= 2) raw bytes in the buffer, fewer only at the end. */
static int need_raw(struct rec_in *in, size_t want, struct rec_err *e)
{
	if (in->raw_n - in->raw_at < want && in->raw_at > 0 && !in->raw_end) {
		memmove(in->raw, in->raw + in->raw_at, in->raw_n - in->raw_at);
		in->raw_n -= in->raw_at;
		in->raw_at = 0;
	}
	while (in->raw_n - in->raw_at < want && !in->raw_end) {
		int64_t got = read_raw(in, in->raw + in->raw_n, RAW - in->raw_n, e);

		if (got < 0)
			return -1;
		in->raw_n += (size_t)got;
	}
	return 0;
}

/*
 * Plain or gzip. A first byte that is not 1f decides without waiting for a
 * second one.
 */
static int find_format(struct rec_in *in, struct rec_err *e)
{
	if (in->format != UNKNOWN)
		return 0;
	if (!in->raw && !in->memory)
		in->raw = rec_alloc(RAW, 1, e);
	if (!in->look)
		in->look = rec_alloc(LOOK, 1, e);
	if ((!in->raw && !in->memory) || !in->look || need_raw(in, 1, e) != 0)
		return -1;
	if (in->raw_n > 0 && in->raw[0] == 0x1f && need_raw(in, 2, e) != 0)
		return -1;
	if (in->raw_n < 2 || in->raw[0] != 0x1f || in->raw[1] != 0x8b) {
		in->format = PLAIN;
		return 0;
	}
	if (inflateInit2(&in->z, 15 + 16) != Z_OK)
		return rec_err_set(e, REC_ENOMEM, "%s: out of memory (unpacking gzip)", in->name);
	in->format = GZIP;
	in->in_member = true;
	return 0;
}

static int64_t read_plain(struct rec_in *in, unsigned char *buf, size_t n, struct rec_err *e)
{
	size_t have = in->raw_n - in->raw_at;

	if (have == 0 && in->raw_end)
		return 0;
	if (have == 0)
		return read_raw(in, buf, n, e);
	if (n > have)
		n = have;
	memcpy(buf, in->raw + in->raw_at, n);
	in->raw_at += n;
	return (int64_t)n;
}

/* Between members: 1 another one begins, 0 the end, -1. */
static int next_member(struct rec_in *in, struct rec_err *e)
{
	const unsigned char *p;
	size_t have;

	if (need_raw(in, 2, e) != 0)
		return -1;
	p = in->raw + in->raw_at;
	have = in->raw_n - in->raw_at;
	if (have == 0)
		return 0;
	if (p[0] != 0x1f || (have > 1 && p[1] != 0x8b))
		return rec_err_set(e, REC_EDATA, "%s: trailing garbage after the gzip stream",
				   in->name);
	if (inflateReset(&in->z) != Z_OK)
		return rec_err_set(e, REC_EDATA, "%s: cannot unpack gzip", in->name);
	in->in_member = true;
	return 1;
}

/* One call of inflate: how many bytes it gave, -1. */
static int64_t inflate_some(struct rec_in *in, unsigned char *buf, size_t n, struct rec_err *e)
{
	size_t have = in->raw_n - in->raw_at < MOST ? in->raw_n - in->raw_at : MOST;
	int rc;

	in->z.next_in = in->raw + in->raw_at;
	in->z.avail_in = (uInt)have;
	in->z.next_out = buf;
	in->z.avail_out = (uInt)n;
	rc = inflate(&in->z, Z_SYNC_FLUSH);
	in->raw_at += have - in->z.avail_in;
	if (rc == Z_MEM_ERROR)
		return rec_err_set(e, REC_ENOMEM, "%s: out of memory (unpacking gzip)", in->name);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return rec_err_set(e, REC_EDATA, "%s: gzip stream is damaged (%s)", in->name,
				   in->z.msg ? in->z.msg : "bad data");
	in->in_member = rc != Z_STREAM_END;
	return (int64_t)(n - in->z.avail_out);
}

static int64_t read_gzip(struct rec_in *in, unsigned char *buf, size_t n, struct rec_err *e)
{
	if (n > MOST)
		n = MOST;
	for (;;) {
		int64_t got;

		if (!in->in_member) {
			int rc = next_member(in, e);

			if (rc <= 0)
				return rc;
		}
		/* zlib may hold output back from input that is used up */
		got = inflate_some(in, buf, n, e);
		if (got != 0)
			return got;
		if (!in->in_member || in->raw_at < in->raw_n)
			continue;
		if (!in->memory)
			in->raw_at = in->raw_n = 0;
		if (need_raw(in, 1, e) != 0)
			return -1;
		if (in->raw_n == in->raw_at)
			return rec_err_set(e, REC_EDATA, "%s: gzip stream is cut off", in->name);
	}
}

static int64_t read_unpacked(struct rec_in *in, void *buf, size_t n, struct rec_err *e)
{
	int64_t got;

	if (n == 0 || in->end)
		return 0;
	if (find_format(in, e) != 0)
		return -1;
	got = in->format == GZIP ? read_gzip(in, buf, n, e) : read_plain(in, buf, n, e);
	in->end = got == 0;
	if (got > 0) {
		in->taken += (uint64_t)got;
		keep_head(in, buf, (size_t)got);
	}
	return got;
}

int64_t rec_in_read(struct rec_in *in, void *buf, size_t n, struct rec_err *e)
{
	size_t have = in->look_n - in->look_at;

	if (have == 0)
		return read_unpacked(in, buf, n, e);
	if (n > have)
		n = have;
	memcpy(buf, in->look + in->look_at, n);
	in->look_at += n;
	return (int64_t)n;
}

int64_t rec_in_read_full(struct rec_in *in, void *buf, size_t n, struct rec_err *e)
{
	size_t have = 0;

	while (have < n) {
		int64_t got = rec_in_read(in, (unsigned char *)buf + have, n - have, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (int64_t)have;
}

int64_t rec_in_peek(struct rec_in *in, const void **p, size_t n, struct rec_err *e)
{
	if (n > LOOK)
		n = LOOK;
	if (find_format(in, e) != 0)
		return -1;
	if (in->look_at > 0) {
		memmove(in->look, in->look + in->look_at, in->look_n - in->look_at);
		in->look_n -= in->look_at;
		in->look_at = 0;
	}
	while (in->look_n < n) {
		int64_t got = read_unpacked(in, in->look + in->look_n, LOOK - in->look_n, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		in->look_n += (size_t)got;
	}
	*p = in->look;
	return (int64_t)(in->look_n < n ? in->look_n : n);
}

void rec_in_bound(struct rec_in *in, struct rec_spill *spill)
{
	in->spill = spill;
}

struct rec_far *rec_in_far(struct rec_in *in)
{
	return in->far.p ? &in->far : NULL;
}

void rec_in_used(struct rec_in *in, uint64_t n)
{
	rec_far_used(rec_in_far(in), n);
}

static void bound(struct rec_in *in, void *p, size_t n)
{
	if (in->spill) {
		in->far.p = p;
		in->far.n = n;
		in->far.limit = in->spill->limit;
	}
}

static int map_memory(struct rec_in *in, const void **p, size_t *n)
{
	if (in->format != PLAIN || in->taken != in->look_n || in->look_at > 0 || in->raw_n == 0)
		return 0;
	*p = in->raw;
	*n = in->raw_n;
	in->raw_at = in->raw_n;
	in->end = true;
	in->look_n = 0;
	return 1;
}

int rec_in_map(struct rec_in *in, const void **p, size_t *n, struct rec_err *e)
{
	struct stat st;
	void *map;

	*p = NULL;
	*n = 0;
	if (find_format(in, e) != 0)
		return -1;
	if (in->memory)
		return map_memory(in, p, n);
	/*
	 * a size of 0 may be a file of /proc, which has bytes nevertheless;
	 * peeked bytes are all that may have left the stream
	 */
	if (in->format != PLAIN || !in->regular || !in->at_start || in->map ||
	    in->taken != in->look_n || in->look_at > 0)
		return 0;
	if (fstat(in->fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX)
		return 0;
	if (rec_maps_take(in->maps, &in->noted, e) != 0)
		return -1;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in->fd, 0);
	if (map == MAP_FAILED) {
		rec_maps_drop(in->noted);
		in->noted = NULL;
		return 0;
	}
	rec_maps_set(in->noted, map, (size_t)st.st_size);
	/* as if it had been read, for whoever shares the descriptor */
	(void)lseek(in->fd, 0, SEEK_END);
	in->map = map;
	in->map_n = (size_t)st.st_size;
	count(in, (uint64_t)st.st_size - in->raw_bytes);
	in->end = true;
	in->look_n = in->head_n = 0;	/* what was peeked at lies in the mapping, too */
	keep_head(in, map, in->map_n);
	bound(in, map, in->map_n);
	*p = map;
	*n = in->map_n;
	return 1;
}

/* All that is left of the stream into fd, *n bytes. */
static int copy_all(struct rec_in *in, int fd, size_t *n, struct rec_err *e)
{
	unsigned char *buf = rec_alloc(RAW, 1, e);
	int64_t got = -1;

	*n = 0;
	while (buf && (got = rec_in_read(in, buf, RAW, e)) > 0)
		for (int64_t at = 0; at < got;) {
			ssize_t put = write(fd, buf + at, (size_t)(got - at));

			if (put < 0 && errno != EINTR) {
				rec_spill_fail(in->spill, errno, e);
				free(buf);
				return -1;
			}
			at += put > 0 ? put : 0;
			*n += put > 0 ? (size_t)put : 0;
		}
	free(buf);
	return got < 0 ? -1 : 0;
}

int rec_in_spool(struct rec_in *in, const void **p, size_t *n, struct rec_err *e)
{
	int fd;

	*p = NULL;
	*n = 0;
	if (!in->spill)
		return 0;
	if (rec_spill_open(in->spill, &fd, e) != 0)
		return -1;
	if (copy_all(in, fd, n, e) != 0) {
		close(fd);
		return -1;
	}
	if (rec_far_file(&in->spooled, in->spill, fd, *n, e) != 0)
		return -1;
	bound(in, in->spooled->p, *n);
	*p = in->spooled->p;
	return 1;
}

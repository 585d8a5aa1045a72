/* SPDX-License-Identifier: MIT */
/*
 * Bytes in.
 *
 * descriptor -> raw (gzip and first bytes only) -> unpacked -> look (only what
 * was peeked at) -> caller. A plain stream is read straight into the caller's
 * memory once raw and look are drained. The first bytes decide between plain
 * and gzip; they are read at the first call that needs them, so that opening a
 * pipe doesn't wait. Memory: REC_IN_RAW + REC_IN_LOOK bytes, and zlib's window.
 */
#include "io/in_private.h"

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

/* No call of read(2) or inflate() takes more. */
enum { MOST = 1 << 30 };

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
	if (in->format == REC_IN_GZIP)
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

void rec_in_keep_head(struct rec_in *in, const void *p, size_t n)
{
	if (in->head_n == REC_IN_HEAD)
		return;
	n = n < REC_IN_HEAD - in->head_n ? n : REC_IN_HEAD - in->head_n;
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

void rec_in_count(struct rec_in *in, uint64_t n)
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
			rec_in_count(in, (uint64_t)got);
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
		int64_t got = read_raw(in, in->raw + in->raw_n, REC_IN_RAW - in->raw_n, e);

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
int rec_in_find_format(struct rec_in *in, struct rec_err *e)
{
	if (in->format != REC_IN_UNKNOWN)
		return 0;
	if (!in->raw && !in->memory)
		in->raw = rec_alloc(REC_IN_RAW, 1, e);
	if (!in->look)
		in->look = rec_alloc(REC_IN_LOOK, 1, e);
	if ((!in->raw && !in->memory) || !in->look || need_raw(in, 1, e) != 0)
		return -1;
	if (in->raw_n > 0 && in->raw[0] == 0x1f && need_raw(in, 2, e) != 0)
		return -1;
	if (in->raw_n < 2 || in->raw[0] != 0x1f || in->raw[1] != 0x8b) {
		in->format = REC_IN_PLAIN;
		return 0;
	}
	if (inflateInit2(&in->z, 15 + 16) != Z_OK)
		return rec_err_set(e, REC_ENOMEM, "%s: out of memory (unpacking gzip)", in->name);
	in->format = REC_IN_GZIP;
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
	if (rec_in_find_format(in, e) != 0)
		return -1;
	got = in->format == REC_IN_GZIP ? read_gzip(in, buf, n, e) : read_plain(in, buf, n, e);
	in->end = got == 0;
	if (got > 0) {
		in->taken += (uint64_t)got;
		rec_in_keep_head(in, buf, (size_t)got);
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
	if (n > REC_IN_LOOK)
		n = REC_IN_LOOK;
	if (rec_in_find_format(in, e) != 0)
		return -1;
	if (in->look_at > 0) {
		memmove(in->look, in->look + in->look_at, in->look_n - in->look_at);
		in->look_n -= in->look_at;
		in->look_at = 0;
	}
	while (in->look_n < n) {
		int64_t got = read_unpacked(in, in->look + in->look_n, REC_IN_LOOK - in->look_n, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		in->look_n += (size_t)got;
	}
	*p = in->look;
	return (int64_t)(in->look_n < n ? in->look_n : n);
}

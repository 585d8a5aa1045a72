/* SPDX-License-Identifier: MIT */
/*
 * Bytes out: caller -> buf (1 MiB) -> gzip where asked -> descriptor.
 *
 * What the descriptor is, out_name.c finds out; out_commit.c gives files their
 * names.
 */
#define _GNU_SOURCE	/* sync_file_range */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "io/out_private.h"

enum { BUF = 1 << 20, ZBUF = 256 << 10, MOST = 1 << 30 };

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
	out->sync = true;
	out->name = strdup(is_stdout ? "<stdout>" : path);
	out->buf = rec_alloc(BUF, 1, e);
	if (!out->name)
		rec_err_set(e, REC_ENOMEM, "out of memory (opening a file)");
	if (!out->name || !out->buf)
		goto fail;
	if (is_stdout)
		out->known = fstat(1, &out->st) == 0;
	else if (rec_out_open_path(out, path, e) != 0)
		goto fail;
	if (!is_stdout && ends_in_gz(path) && start_gzip(out, e) != 0)
		goto fail;
	*p = out;
	return 0;
fail:
	rec_out_free(out);
	return -1;
}

void rec_out_no_sync(struct rec_out *out)
{
	out->sync = false;
}

const char *rec_out_temporary(const struct rec_out *out)
{
	return out->temp;
}

const char *rec_out_name(const struct rec_out *out)
{
	return out->name;
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
		/* somebody made the descriptor non-blocking */
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
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
				return rec_err_set(e, REC_EIO, "%s: cannot pack gzip", out->name);
			if (write_raw(out, out->zbuf, ZBUF - out->z.avail_out, e) != 0)
				return -1;
		} while (out->z.avail_out == 0);
	} while (n > 0);
	return 0;
}

static int put(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e)
{
	if (out->ended || out->fd < 0)
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

int rec_out_close(struct rec_out *out, struct rec_err *e)
{
	int fd = out->fd;

	out->fd = -1;
	if (close(fd) != 0 && errno != EINTR)	/* Linux has closed it then */
		return rec_err_errno(e, errno, "%s", out->name);
	if (fd == 1)	/* no file that is opened later may become stdout */
		(void)!open("/dev/null", O_WRONLY | O_CLOEXEC);
	return 0;
}

/*
 * The kernel may begin to write: of many files, all are on their way before the
 * first is waited for.
 */
static void start_writing_back(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
#endif
}

int rec_out_finish(struct rec_out *out, struct rec_err *e)
{
	if (out->ended || out->fd < 0)
		return 0;
	if (empty_buf(out, e) != 0 || (out->gzip && write_gzip(out, "", 0, Z_FINISH, e) != 0))
		return -1;
	out->ended = true;
	if (!out->temp || !out->sync)
		return rec_out_close(out, e);
	start_writing_back(out->fd);
	return 0;
}

void rec_out_free(struct rec_out *out)
{
	if (!out)
		return;
	if (out->gzip)
		deflateEnd(&out->z);
	if (out->fd > 1)
		close(out->fd);
	if (out->temp_made)
		unlink(out->temp);
	free(out->kept);
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

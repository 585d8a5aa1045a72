/* SPDX-License-Identifier: MIT */
/*
 * out.h - a stream of bytes to stdout, a file, a FIFO or a device; gzip where
 * the name ends in .gz.
 *
 * A regular file or a new name is written under a temporary name in the same
 * directory (mode from umask; a symlink's target is what gets replaced), and
 * takes its final name in rec_out_commit, after everything was flushed and
 * closed with checks. A FIFO or device is written in place. Order of use: open,
 * write ..., finish on every output of the command, then commit all.
 *
 * A file under its final name is whole, also after a power cut: its bytes are
 * on the disk before the rename, and the rename before commit returns.
 * rec_out_no_sync leaves that to the kernel. stdout, FIFOs and devices are not
 * waited for.
 *
 * Writing is buffered (1 MiB); nothing may be assumed written before finish or
 * flush.
 */
#ifndef REC_IO_OUT_H
#define REC_IO_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"

REC_BEGIN_C

struct rec_out;

/* path NULL or "-" is descriptor 1, called <stdout>. */
REC_MUST int rec_out_open(struct rec_out **out, const char *path, struct rec_err *e);
void rec_out_no_sync(struct rec_out *out);

/*
 * The temporary name, or NULL where there is none: for a signal handler that
 * unlinks it. Valid until the stream is freed.
 */
const char *rec_out_temporary(const struct rec_out *out);
const char *rec_out_name(const struct rec_out *out);

/*
 * One of two outputs would be lost, or both mixed: they are one file, FIFO or
 * socket, whatever their names look like (the same name, a symbolic or hard
 * link, a file that is stdout). Devices may be shared.
 */
bool rec_out_same(const struct rec_out *a, const struct rec_out *b);

REC_MUST int rec_out_write(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e);

/*
 * Room for n bytes to be filled in place; *p is NULL on failure. rec_out_used
 * says how many were used. The buffer grows where n is more than it holds.
 */
REC_MUST int rec_out_room(struct rec_out *out, size_t n, char **p, struct rec_err *e);
void rec_out_used(struct rec_out *out, size_t n);

REC_MUST int rec_out_flush(struct rec_out *out, struct rec_err *e);

/*
 * Flush, end the gzip member; what is no file is closed with checks. After it
 * only sync, commit, bytes and free are allowed.
 */
REC_MUST int rec_out_finish(struct rec_out *out, struct rec_err *e);

/*
 * Those that are finished: on the disk, and closed with checks. Files are
 * waited for side by side; pool may be NULL.
 */
REC_MUST int rec_out_sync(struct rec_out *const *outs, size_t n, struct rec_pool *pool,
			  struct rec_err *e);

/*
 * Give each file its final name (nothing to do for stdout and devices), all or
 * none: after a failure every name stands for the file that it stood for
 * before, or for nothing. All must be finished; what was not synced is. While
 * that goes on, a file that is replaced has a second name beside it: signals
 * that end the process should wait.
 */
REC_MUST int rec_out_commit_all(struct rec_out *const *outs, size_t n, struct rec_pool *pool,
				struct rec_err *e);
REC_MUST int rec_out_commit(struct rec_out *out, struct rec_err *e);

/* Release; an output that was not committed is removed. Accepts NULL. */
void rec_out_free(struct rec_out *out);

/* Bytes accepted so far, before compression. */
uint64_t rec_out_bytes(const struct rec_out *out);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * io/out.h - recpipe/stream.h, and what writers of the library and commands
 * need besides.
 */
#ifndef REC_IO_OUT_H
#define REC_IO_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "recpipe/stream.h"

/*
 * One of two outputs would be lost, or both mixed: they are one file, FIFO or
 * socket, whatever their names look like (the same name, a symbolic or hard
 * link, a file that is stdout). Devices may be shared.
 */
bool rec_out_same(const struct rec_out *a, const struct rec_out *b);

/*
 * Room for n bytes to be filled in place; *p is NULL on failure. rec_out_used
 * says how many were used. The buffer grows where n is more than it holds.
 */
REC_MUST int rec_out_room(struct rec_out *out, size_t n, char **p, struct rec_err *e);
void rec_out_used(struct rec_out *out, size_t n);

/*
 * Those that are finished: on the disk, and closed with checks. Files are
 * waited for side by side; pool may be NULL.
 */
REC_MUST int rec_out_sync(struct rec_out *const *outs, size_t n, struct rec_pool *pool,
			  struct rec_err *e);

#endif

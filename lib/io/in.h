/* SPDX-License-Identifier: MIT */
/*
 * io/in.h - recpipe/stream.h, and what readers of the library need besides: a
 * look at the first bytes, and the stream as a mapping.
 */
#ifndef REC_IO_IN_H
#define REC_IO_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/maps.h"
#include "recpipe/stream.h"

/* As rec_in_read, but less than n only at the end. */
REC_MUST int64_t rec_in_read_full(struct rec_in *in, void *buf, size_t n, struct rec_err *e);

/*
 * Up to n <= 4096 of the next unpacked bytes without taking them: *p is valid
 * until the next call. Returns how many (fewer only at the end) or -1.
 */
REC_MUST int64_t rec_in_peek(struct rec_in *in, const void **p, size_t n, struct rec_err *e);

/*
 * The first bytes of the unpacked stream, as many as were read so far, at most
 * 4096: *n of them. Nothing is read for it.
 */
const char *rec_in_head(const struct rec_in *in, size_t *n);

/* "NAME:LINE: ..." to the listener, "NAME: ..." for line 0. */
void rec_in_tell(const struct rec_in *in, uint64_t line, const char *fmt, ...) REC_PRINTF(3, 4);

/* Append all that is left of the stream to b. */
struct rec_buf;
REC_MUST int rec_in_all(struct rec_in *in, struct rec_buf *b, struct rec_err *e);

/*
 * The whole remaining stream mapped read-only, where it is a plain regular
 * file: *p, *n and 1; else 0 and nothing was taken. Valid until rec_in_close. A
 * mapped stream is at its end.
 */
REC_MUST int rec_in_map(struct rec_in *in, const void **p, size_t *n, struct rec_err *e);

/*
 * From now on keep no more than spill->limit bytes of a mapping resident: code
 * that reads through it reports to rec_in_far (NULL where nothing is bounded)
 * what it used. A stream that cannot be mapped may be copied into a temporary
 * file: rec_in_spool does so, and maps that. 1, or 0 and nothing was taken
 * where rec_in_bound was not called.
 */
void rec_in_bound(struct rec_in *in, struct rec_spill *spill);
struct rec_far *rec_in_far(struct rec_in *in);
/* Report that n bytes of the mapping were read. From any thread. */
void rec_in_used(struct rec_in *in, uint64_t n);
REC_MUST int rec_in_spool(struct rec_in *in, const void **p, size_t *n, struct rec_err *e);

/*
 * From now on add raw bytes to *total as they are taken from the descriptor
 * (all of a file that is mapped).
 */
void rec_in_tally(struct rec_in *in, uint64_t *total);

/* From now on note in maps where the stream is mapped. */
void rec_in_watch(struct rec_in *in, struct rec_maps *maps);

#endif

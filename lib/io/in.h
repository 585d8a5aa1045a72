/* SPDX-License-Identifier: MIT */
/*
 * in.h - a stream of bytes from a file, a pipe or stdin, with gzip (also of
 * several members) unpacked.
 *
 * What a stream holds is told by its first bytes, never by its name. A cut or
 * damaged gzip stream, a read error and trailing garbage after a gzip member
 * are failures, never an early end.
 */
#ifndef REC_IO_IN_H
#define REC_IO_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "base/lang.h"
#include "base/maps.h"

REC_BEGIN_C

struct rec_in;

/*
 * path "-" is descriptor 0, called <stdin> in messages. A directory is an
 * error. e names the file.
 */
REC_MUST int rec_in_open(struct rec_in **in, const char *path, struct rec_err *e);
void rec_in_close(struct rec_in *in);

/*
 * n bytes that the caller keeps until close, as if they were a mapped file of
 * this name.
 */
REC_MUST int rec_in_memory(struct rec_in **in, const char *name, const void *bytes, size_t n,
			   struct rec_err *e);

/* Name for messages: the path, or <stdin>. */
const char *rec_in_name(const struct rec_in *in);

/*
 * Unpacked bytes into buf: > 0 how many, 0 at the proper end, -1 failed. May
 * give fewer than n before the end.
 */
REC_MUST int64_t rec_in_read(struct rec_in *in, void *buf, size_t n, struct rec_err *e);

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

/*
 * Whoever opened the stream may listen: readers tell what is no failure but
 * should be known, such as a first line that reads like a header. text is one
 * line that begins with the name of the stream. Told by one thread at a time.
 */
typedef void rec_in_hear(void *arg, const char *text);
void rec_in_listen(struct rec_in *in, rec_in_hear *hear, void *arg);
/* "NAME:LINE: ..." to the listener, "NAME: ..." for line 0. */
void rec_in_tell(const struct rec_in *in, uint64_t line, const char *fmt, ...) REC_PRINTF(3, 4);

/*
 * The whole remaining stream mapped read-only, where it is a plain regular
 * file: *p, *n and 1; else 0 and nothing was taken. Valid until rec_in_close. A
 * mapped stream is at its end.
 */
REC_MUST int rec_in_map(struct rec_in *in, const void **p, size_t *n, struct rec_err *e);

/*
 * Of a mapping no more than spill->room bytes are to be resident: whoever reads
 * through it tells rec_in_far (NULL where nothing is bounded) what it used. And
 * what can't be mapped may be copied into a temporary file: rec_in_spool does
 * so, and gives that mapped; 1, or 0 and nothing was taken where rec_in_bound
 * was not called.
 */
void rec_in_bound(struct rec_in *in, struct rec_spill *spill);
struct rec_far *rec_in_far(struct rec_in *in);
REC_MUST int rec_in_spool(struct rec_in *in, const void **p, size_t *n, struct rec_err *e);

/*
 * From now on add raw bytes to *total as they are taken from the descriptor
 * (all of a file that is mapped).
 */
void rec_in_tally(struct rec_in *in, uint64_t *total);

/* From now on note in maps where the stream is mapped. */
void rec_in_watch(struct rec_in *in, struct rec_maps *maps);

REC_END_C

#endif

/* SPDX-License-Identifier: MIT */
/*
 * recpipe/stream.h - bytes in and bytes out: files, pipes, stdin and stdout.
 *
 * Input is unpacked where it is gzip, and told by its first bytes, never by its
 * name. Output is a whole file or none: it is written under another name and
 * renamed when everything has been flushed, checked and synced. A program that
 * is killed, or whose disk is full, leaves the old file in place.
 *
 * A reader takes the stream from here and gives rows, matrices or models:
 *
 *	struct rec_in *in;
 *	struct rec_sparse x = { 0 };
 *	struct rec_load how = { .repeats = REC_REPEATS_SUM };
 *
 *	if (rec_in_open(&in, "train.tsv.gz", &e) != 0 ||
 *	    rec_sparse_load(&x, in, &how, NULL, &e) != 0)
 *		...
 *
 * A stream belongs to one thread at a time.
 */
#ifndef RECPIPE_STREAM_H
#define RECPIPE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/pool.h>

REC_BEGIN_C

/* -- in --------------------------------------------------------------- */

struct rec_in;

/*
 * Open a file, a FIFO or a device. path "-" is stdin. A directory is an error.
 * Messages name the path, here and wherever the stream is read.
 */
REC_MUST int rec_in_open(struct rec_in **in, const char *path, struct rec_err *e);

/*
 * n bytes as if they were a file of this name. They are not copied: the caller
 * keeps them until the stream is closed, and what was made from the stream
 * (a matrix may lie in its bytes) is freed.
 */
REC_MUST int rec_in_memory(struct rec_in **in, const char *name, const void *bytes, size_t n,
			   struct rec_err *e);

/*
 * Functions that take a stream over close it; this is for those that remain.
 * Accepts NULL.
 */
void rec_in_close(struct rec_in *in);

/* The path, or <stdin>; as long as the stream. */
const char *rec_in_name(const struct rec_in *in);

/*
 * Unpacked bytes into buf, which has room for n: how many (> 0, perhaps fewer
 * than n), 0 at the proper end, -1. A gzip stream that is cut off or damaged is
 * a failure, never an early end.
 */
REC_MUST int64_t rec_in_read(struct rec_in *in, void *buf, size_t n, struct rec_err *e);

/*
 * What is no failure but should be known, such as a first line that reads like
 * names of columns, goes to whoever listens: one line of text that begins with
 * the name of the stream. Nobody listens unless asked. fn is called by one
 * thread at a time, while something reads the stream.
 */
typedef void rec_in_hear(void *arg, const char *text);
void rec_in_listen(struct rec_in *in, rec_in_hear *hear, void *arg);

/*
 * Values are kept as float and times as double. What had more digits in the
 * input is counted, because it may be what the caller cares for: identifiers
 * that stand in the wrong column, or nanoseconds whose order is lost.
 */
struct rec_lost_number {
	char where[200];	/* FILE:LINE: field N */
	char written[48];	/* the number as it stands there, cut where long */
	char kept[32];		/* what it is read as */
};

struct rec_lost {	/* {0} is none */
	uint64_t values, times;	/* how many */
	uint64_t wide;		/* of the times: whole numbers above 2^53 */
	struct rec_lost_number value, time, wide_time;	/* the first of each */
};

/* -- out -------------------------------------------------------------- */

/*
 * Order of use: open, write as often as needed, finish every output of the
 * program, then commit them all. 1 MiB is buffered: nothing may be assumed
 * written before finish or flush.
 */
struct rec_out;

/*
 * path NULL or "-" is stdout. Where the path ends in .gz the output is gzip. A
 * regular file is written beside its final name, with the mode of the umask,
 * and a symbolic link stays one: its target is replaced. FIFOs and devices are
 * written in place.
 */
REC_MUST int rec_out_open(struct rec_out **out, const char *path, struct rec_err *e);

/*
 * Do not wait for the disk in commit. The file is still whole when the program
 * is killed, but perhaps not after a power cut.
 */
void rec_out_no_sync(struct rec_out *out);

/* The path, or <stdout>; as long as the stream. */
const char *rec_out_name(const struct rec_out *out);

/*
 * The name that the file has until it is committed, or NULL: for a handler of
 * signals that unlinks it. As long as the stream.
 */
const char *rec_out_temporary(const struct rec_out *out);

REC_MUST int rec_out_write(struct rec_out *out, const void *bytes, size_t n, struct rec_err *e);

/* What was written so far reaches the reader of a pipe now. */
REC_MUST int rec_out_flush(struct rec_out *out, struct rec_err *e);

/* Bytes written so far, before compression. */
uint64_t rec_out_bytes(const struct rec_out *out);

/*
 * Flush and end the gzip member. stdout, FIFOs and devices are closed, and what
 * the close says is checked: a disk that is full is told here at the latest.
 * Nothing may be written after it, and printf writes to nowhere where this was
 * stdout.
 */
REC_MUST int rec_out_finish(struct rec_out *out, struct rec_err *e);

/*
 * Give each of n finished files its final name, all or none: after a failure
 * every name stands for the file that it stood for before. Files are synced
 * side by side by the pool, which may be NULL. While it goes on, a file that is
 * replaced has a second name: a signal that ends the process should wait.
 */
REC_MUST int rec_out_commit_all(struct rec_out *const *outs, size_t n, struct rec_pool *pool,
				struct rec_err *e);

/* The same for one. */
REC_MUST int rec_out_commit(struct rec_out *out, struct rec_err *e);

/* An output that was not committed is removed. Accepts NULL. */
void rec_out_free(struct rec_out *out);

REC_END_C

#endif

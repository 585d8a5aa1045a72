/* SPDX-License-Identifier: MIT */
/*
 * out_private.h - what the files of out share: out.c writes bytes, out_name.c
 * finds out what a name stands for, out_commit.c gives files their names.
 */
#ifndef REC_IO_OUT_PRIVATE_H
#define REC_IO_OUT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <zlib.h>

#include "io/out.h"

struct rec_out {
	int fd;
	char *name;		/* for messages */
	char *final, *temp;	/* both NULL where written in place */
	/*
	 * the file that stood under final before, while it may still be wanted;
	 * or NULL
	 */
	char *kept;
	bool temp_made;		/* there is a file under temp */
	bool ended;		/* no byte comes any more */
	bool placed;		/* renamed, and may still be undone */
	bool sync;		/* a file waits for the disk */
	bool known;		/* .st holds what stood under the name when it was opened */
	struct stat st;
	struct stat made;	/* of the temporary file */
	bool gzip;
	z_stream z;
	unsigned char *zbuf;
	char *buf;
	size_t n, cap;
	uint64_t bytes;
};

/* Open what path stands for: out->fd, and where it is a file final and temp. */
REC_MUST int rec_out_open_path(struct rec_out *out, const char *path, struct rec_err *e);

/*
 * A name beside out->final that nobody has: `.NAME.XXXXXX`, NAME cut where the
 * name or the path would be too long. The i-th of several tries; to be freed.
 * NULL: no memory.
 */
char *rec_out_beside(const struct rec_out *out, unsigned i, struct rec_err *e);

/* The folder that a path lies in, as a path; to be freed. */
char *rec_out_folder(const char *path, struct rec_err *e);

enum { REC_OUT_TRIES = 100 };	/* for a name that nobody has */

/* As close(2), with EINTR taken for what it is on Linux: closed. */
REC_MUST int rec_out_close(struct rec_out *out, struct rec_err *e);

#endif

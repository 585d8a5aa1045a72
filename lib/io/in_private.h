/* SPDX-License-Identifier: MIT */
/*
 * in_private.h - what in.c, which reads a stream, and in_map.c, which takes the
 * rest of it at once, share.
 */
#ifndef REC_IO_IN_PRIVATE_H
#define REC_IO_IN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "io/in.h"

/*
 * Bytes of a read from a file or a gzip stream; that may be peeked at; that are
 * kept of the beginning, for messages about other formats.
 */
enum { REC_IN_RAW = 256 << 10, REC_IN_LOOK = 4096, REC_IN_HEAD = 4096 };

enum rec_in_format { REC_IN_UNKNOWN, REC_IN_PLAIN, REC_IN_GZIP };

struct rec_in {
	int fd;
	char *name;
	/* at_start: the descriptor stood at offset 0 when it was opened */
	bool regular, at_start;
	/* raw is the caller's, and holds it all; there is no descriptor */
	bool memory;
	enum rec_in_format format;
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
	char head[REC_IN_HEAD];		/* the first bytes, for rec_in_head */
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

/* Decide between plain and gzip, by the first bytes. */
REC_MUST int rec_in_find_format(struct rec_in *in, struct rec_err *e);

/* n raw bytes were taken from the descriptor. */
void rec_in_count(struct rec_in *in, uint64_t n);

/* Keep these bytes for rec_in_head, if they are among the first. */
void rec_in_keep_head(struct rec_in *in, const void *p, size_t n);

#endif

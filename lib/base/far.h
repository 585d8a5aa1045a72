/* SPDX-License-Identifier: MIT */
/*
 * far.h - bytes that lie in a file and are used through its mapping, while no
 * more than a given number of them is resident.
 *
 * The file is an input, or a temporary one without a name, which is gone with
 * the process however it ends. Who walks through the bytes says how many were
 * touched; when these reach the room, all pages are given back to the kernel at
 * once: what is used again is mapped again from the page cache, or from the
 * disk where memory is short. Nothing is copied, and a page given back while
 * another thread reads or writes it only costs that thread a fault.
 *
 * Room in the file is taken when it is made (posix_fallocate, or by writing
 * zeros), so that a full disk is an error there and not a signal later.
 */
#ifndef REC_BASE_FAR_H
#define REC_BASE_FAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/maps.h"

REC_BEGIN_C

/* Where temporary files go, and what they took. */
struct rec_spill {
	const char *dir;
	/*
	 * bytes of memory that whoever works through it may take for buffers
	 * and resident pages
	 */
	uint64_t room;
	REC_ATOMIC(uint64_t) bytes, most;	/* in files now, and the most at once */
	struct rec_maps *maps;	/* where to note what is mapped, or NULL */
};

struct rec_far {
	char *p;		/* the mapping */
	size_t n;
	uint64_t room;		/* bytes that may be resident */
	REC_ATOMIC(uint64_t) used;	/* touched since the pages were given back */
	struct rec_spill *spill;	/* NULL: the mapping is somebody else's */
	struct rec_map *map;
};

/* n bytes of zeros in a new temporary file. Free with rec_far_free. */
REC_MUST int rec_far_new(struct rec_far **f, struct rec_spill *s, size_t n, struct rec_err *e);
void rec_far_free(struct rec_far *f);

/*
 * A descriptor of a new temporary file, for bytes whose number is not known;
 * rec_far_file maps the n bytes written there, and closes it, also on failure.
 */
REC_MUST int rec_spill_open(struct rec_spill *s, int *fd, struct rec_err *e);
REC_MUST int rec_far_file(struct rec_far **f, struct rec_spill *s, int fd, size_t n,
			  struct rec_err *e);
int rec_spill_fail(const struct rec_spill *s, int errnum, struct rec_err *e);

/* Give all pages back. */
void rec_far_drop(struct rec_far *f);

/* The kernel may begin to read these bytes. */
void rec_far_want(const struct rec_far *f, const void *p, size_t n);

/*
 * Bytes were touched: pages are given back where that makes too many. f may be
 * NULL.
 */
static inline void rec_far_used(struct rec_far *f, uint64_t bytes)
{
	if (f &&
	    atomic_fetch_add_explicit(&f->used, bytes, memory_order_relaxed) + bytes >= f->room)
		rec_far_drop(f);
}

/*
 * The n bytes at p are about to be used, by somebody who goes through f in
 * order: what comes behind them is read ahead. f may be NULL.
 */
void rec_far_walk(struct rec_far *f, const void *p, size_t n);

REC_END_C

#endif

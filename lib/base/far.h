/* SPDX-License-Identifier: MIT */
/*
 * far.h - bytes that lie in a file and are used through its mapping, while no
 * more than a limit of them is resident.
 *
 * The file is an input, or a temporary one without a name, which is gone with
 * the process however it ends. The code that reads or writes the bytes reports
 * how many it touched. When the total reaches the limit, all pages are returned
 * to the kernel at once. What is used again is mapped again from the page
 * cache, or from the disk where memory is short. Nothing is copied. A page that
 * is returned while another thread uses it costs that thread a fault, no more.
 *
 * Whoever takes the bytes of a matrix does not report: csr_row.h and table.h of
 * matrix/ do it for them.
 *
 * Space on the disk is taken when the file is made (posix_fallocate, or by
 * writing zeros), so that a full disk is an error there and not a signal later.
 */
#ifndef REC_BASE_FAR_H
#define REC_BASE_FAR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/maps.h"

/* Where temporary files go, and what they took. */
struct rec_spill {
	const char *dir;
	/*
	 * Bytes of memory for buffers, and for resident pages of each file that
	 * is made: the limit of a file is this one at that time. The command
	 * that plans the memory sets it.
	 */
	uint64_t limit;
	_Atomic(uint64_t) bytes, most;	/* in files now, and the most at once */
	struct rec_maps *maps;	/* where to note what is mapped, or NULL */
};

struct rec_far {
	char *p;		/* the mapping */
	size_t n;
	uint64_t limit;		/* bytes that may be resident */
	_Atomic(uint64_t) used;	/* touched since the pages were given back */
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

/* From now on, bytes that may be resident. f may be NULL. */
static inline void rec_far_limit(struct rec_far *f, uint64_t bytes)
{
	if (f)
		f->limit = bytes;
}

/*
 * Bytes were touched: return the pages if that makes too many. f may be NULL.
 */
static inline void rec_far_used(struct rec_far *f, uint64_t bytes)
{
	if (f &&
	    atomic_fetch_add_explicit(&f->used, bytes, memory_order_relaxed) + bytes >= f->limit)
		rec_far_drop(f);
}

/*
 * The n bytes at p are used next, by somebody who goes through f in order: the
 * kernel reads ahead of them. f may be NULL.
 */
void rec_far_walk(struct rec_far *f, const void *p, size_t n);

#endif

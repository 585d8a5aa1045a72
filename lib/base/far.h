/* SPDX-License-Identifier: MIT */
/*
 * far.h - bytes that lie in a file and are used through its mapping, while only
 * a limited number of them is resident.
 *
 * The file is an input or a temporary file without a name. A temporary file
 * disappears with the process, however the process ends. The code that reads or
 * writes the bytes reports how many it touched. When the total reaches the
 * limit, all pages are returned to the kernel at once. A page that is used
 * again comes from the page cache, or from the disk if memory is short. Nothing
 * is copied. If another thread uses a page while it is returned, that thread
 * takes a page fault, and nothing worse happens.
 *
 * Code that reads the bytes of a matrix does not report: csr_row.h and table.h
 * of matrix/ report for it.
 *
 * Disk space is reserved when the file is made (by posix_fallocate, or by
 * writing zeros). So a full disk is an error at that moment, and not a signal
 * later.
 */
#ifndef REC_BASE_FAR_H
#define REC_BASE_FAR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/maps.h"

/* Where temporary files are made, and how much space they use. */
struct rec_spill {
	const char *dir;
	/*
	 * Bytes of memory for buffers. A file that is made takes this number as
	 * its own limit of resident bytes. The command that plans the memory
	 * sets it.
	 */
	uint64_t limit;
	_Atomic(uint64_t) bytes, most;	/* bytes in files: now, and at the peak */
	struct rec_maps *maps;	/* list of mappings to enter them in, or NULL */
};

struct rec_far {
	char *p;		/* the mapping */
	size_t n;
	uint64_t limit;		/* bytes that may be resident */
	_Atomic(uint64_t) used;	/* bytes touched since pages were last returned */
	struct rec_spill *spill;	/* NULL: another owner unmaps the bytes */
	struct rec_map *map;
};

/* n bytes of zeros in a new temporary file. Free with rec_far_free. */
REC_MUST int rec_far_new(struct rec_far **f, struct rec_spill *s, size_t n, struct rec_err *e);
void rec_far_free(struct rec_far *f);

/*
 * A descriptor of a new temporary file, for bytes whose number is not known
 * yet. rec_far_file maps the n bytes written to it and closes it, also on
 * failure.
 */
REC_MUST int rec_spill_open(struct rec_spill *s, int *fd, struct rec_err *e);
REC_MUST int rec_far_file(struct rec_far **f, struct rec_spill *s, int fd, size_t n,
			  struct rec_err *e);
int rec_spill_fail(const struct rec_spill *s, int errnum, struct rec_err *e);

/* Return all pages to the kernel. */
void rec_far_drop(struct rec_far *f);

/* Set the number of bytes that may be resident. f may be NULL. */
static inline void rec_far_limit(struct rec_far *f, uint64_t bytes)
{
	if (f)
		f->limit = bytes;
}

/*
 * Report bytes touched. Returns the pages if the total reaches the limit. f may
 * be NULL.
 */
static inline void rec_far_used(struct rec_far *f, uint64_t bytes)
{
	if (f &&
	    atomic_fetch_add_explicit(&f->used, bytes, memory_order_relaxed) + bytes >= f->limit)
		rec_far_drop(f);
}

/*
 * The n bytes at p are used next, in a walk through f in order: the kernel
 * reads ahead. f may be NULL.
 */
void rec_far_walk(struct rec_far *f, const void *p, size_t n);

#endif

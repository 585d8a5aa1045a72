/* SPDX-License-Identifier: MIT */
#ifdef __linux__
#define _DEFAULT_SOURCE	/* madvise: glibc's posix_madvise(POSIX_MADV_DONTNEED) keeps the pages */
#else
#define madvise posix_madvise
#define MADV_DONTNEED POSIX_MADV_DONTNEED
#define MADV_WILLNEED POSIX_MADV_WILLNEED
#endif
#include "base/far.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

/*
 * Bytes that the kernel reads ahead at a time. A disk needs about as long to
 * read them as to find their place.
 */
enum { AHEAD = 4 << 20 };

int rec_spill_fail(const struct rec_spill *s, int errnum, struct rec_err *e)
{
	return rec_err_errno(e, errnum, "temporary file in %s (TMPDIR)", s->dir);
}

/* The file loses its name before anything is written to it. */
int rec_spill_open(struct rec_spill *s, int *fd, struct rec_err *e)
{
	size_t n = strlen(s->dir) + sizeof "/recpipe.XXXXXX";
	char *name = rec_alloc(n, 1, e);
	int errnum;

	*fd = -1;
	if (!name)
		return -1;
#ifdef O_TMPFILE
	*fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
	if (*fd < 0) {
		snprintf(name, n, "%s/recpipe.XXXXXX", s->dir);
		*fd = mkstemp(name);
		if (*fd >= 0) {
			unlink(name);
			(void)fcntl(*fd, F_SETFD, FD_CLOEXEC);	/* mkostemp is not in POSIX 2008 */
		}
	}
	errnum = errno;
	free(name);
	return *fd >= 0 ? 0 : rec_spill_fail(s, errnum, e);
}

static void count(struct rec_spill *s, uint64_t n)
{
	uint64_t now = atomic_fetch_add(&s->bytes, n) + n, most = atomic_load(&s->most);

	while (now > most && !atomic_compare_exchange_weak(&s->most, &most, now))
		;
}

static int map(struct rec_far *f, int fd, size_t n, struct rec_err *e)
{
	void *p;

	if (rec_maps_take(f->spill->maps, &f->map, e) != 0)
		return -1;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		rec_maps_drop(f->map);
		return rec_spill_fail(f->spill, errno, e);
	}
	rec_maps_set(f->map, p, n);
	f->p = p;
	f->n = n;
	return 0;
}

int rec_far_file(struct rec_far **out, struct rec_spill *s, int fd, size_t n, struct rec_err *e)
{
	struct rec_far *f = rec_zalloc(1, sizeof *f, e);
	int rc = -1;

	*out = NULL;
	if (f) {
		f->limit = s->limit;
		f->spill = s;
		rc = map(f, fd, n ? n : 1, e);
	}
	close(fd);	/* the mapping does not need it */
	if (rc != 0) {
		free(f);
		return -1;
	}
	count(s, f->n);
	*out = f;
	return 0;
}

/*
 * Reserve space by writing zeros, for file systems that offer no other way.
 * Returns 0 or an error number.
 */
static int write_zeros(int fd, size_t n)
{
	static const char zeros[1 << 16];

	for (size_t at = 0; at < n;) {
		ssize_t put = pwrite(fd, zeros, n - at < sizeof zeros ? n - at : sizeof zeros,
				     (off_t)at);

		if (put < 0 && errno != EINTR)
			return errno;
		at += put > 0 ? (size_t)put : 0;
	}
	return 0;
}

/*
 * Reserve space for n bytes in the file. macOS has no posix_fallocate; ZFS and
 * some other file systems refuse it.
 */
static int take_room(int fd, size_t n)
{
	int rc = EOPNOTSUPP;

#ifndef __APPLE__
	do
		rc = posix_fallocate(fd, 0, (off_t)n);
	while (rc == EINTR);
#endif
	return rc == EOPNOTSUPP || rc == EINVAL || rc == ENODEV ? write_zeros(fd, n) : rc;
}

int rec_far_new(struct rec_far **f, struct rec_spill *s, size_t n, struct rec_err *e)
{
	int fd, rc;

	*f = NULL;
	if (rec_spill_open(s, &fd, e) != 0)
		return -1;
	rc = take_room(fd, n ? n : 1);
	if (rc != 0) {
		close(fd);
		rec_spill_fail(s, rc, e);
		return rec_err_prefix(e, "no room for %zu bytes: ", n);
	}
	return rec_far_file(f, s, fd, n, e);
}

void rec_far_free(struct rec_far *f)
{
	if (!f || !f->spill)
		return;
	rec_maps_drop(f->map);
	munmap(f->p, f->n);
	atomic_fetch_sub(&f->spill->bytes, f->n);
	free(f);
}

void rec_far_drop(struct rec_far *f)
{
	atomic_store_explicit(&f->used, 0, memory_order_relaxed);
	/*
	 * the mapping is of a file, so pages are read again when they are used
	 */
	(void)madvise(f->p, f->n, MADV_DONTNEED);
}

static void want(const struct rec_far *f, const void *p, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE),
	       from = (size_t)((const char *)p - f->p) & ~(page - 1),
	       end = (size_t)((const char *)p - f->p) + n;

	(void)madvise(f->p + from, (end < f->n ? end : f->n) - from, MADV_WILLNEED);	/* a hint */
}

void rec_far_walk(struct rec_far *f, const void *p, size_t n)
{
	size_t from, end;

	if (!f || n == 0)
		return;
	from = (size_t)((const char *)p - f->p);
	end = from + n;
	if (from / AHEAD != end / AHEAD && (end / AHEAD + 1) * AHEAD < f->n)
		want(f, f->p + (end / AHEAD + 1) * AHEAD, AHEAD);
	rec_far_used(f, n);
}

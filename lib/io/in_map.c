/* SPDX-License-Identifier: MIT */
/*
 * in_map.c - the rest of a stream as one piece of memory: mapped, copied into a
 * file and mapped, or read.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/in_private.h"

void rec_in_bound(struct rec_in *in, struct rec_spill *spill)
{
	in->spill = spill;
}

struct rec_far *rec_in_far(struct rec_in *in)
{
	return in->far.p ? &in->far : NULL;
}

void rec_in_used(struct rec_in *in, uint64_t n)
{
	rec_far_used(rec_in_far(in), n);
}

static void bound(struct rec_in *in, void *p, size_t n)
{
	if (in->spill) {
		in->far.p = p;
		in->far.n = n;
		in->far.limit = in->spill->limit;
	}
}

static int map_memory(struct rec_in *in, const void **p, size_t *n)
{
	if (in->format != REC_IN_PLAIN || in->taken != in->look_n || in->look_at > 0 ||
	    in->raw_n == 0)
		return 0;
	*p = in->raw;
	*n = in->raw_n;
	in->raw_at = in->raw_n;
	in->end = true;
	in->look_n = 0;
	return 1;
}

int rec_in_map(struct rec_in *in, const void **p, size_t *n, struct rec_err *e)
{
	struct stat st;
	void *map;

	*p = NULL;
	*n = 0;
	if (rec_in_find_format(in, e) != 0)
		return -1;
	if (in->memory)
		return map_memory(in, p, n);
	/*
	 * a size of 0 may be a file of /proc, which has bytes nevertheless;
	 * peeked bytes are all that may have left the stream
	 */
	if (in->format != REC_IN_PLAIN || !in->regular || !in->at_start || in->map ||
	    in->taken != in->look_n || in->look_at > 0)
		return 0;
	if (fstat(in->fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX)
		return 0;
	if (rec_maps_take(in->maps, &in->noted, e) != 0)
		return -1;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in->fd, 0);
	if (map == MAP_FAILED) {
		rec_maps_drop(in->noted);
		in->noted = NULL;
		return 0;
	}
	rec_maps_set(in->noted, map, (size_t)st.st_size);
	/* as if it had been read, for whoever shares the descriptor */
	(void)lseek(in->fd, 0, SEEK_END);
	in->map = map;
	in->map_n = (size_t)st.st_size;
	rec_in_count(in, (uint64_t)st.st_size - in->raw_bytes);
	in->end = true;
	in->look_n = in->head_n = 0;	/* what was peeked at lies in the mapping, too */
	rec_in_keep_head(in, map, in->map_n);
	bound(in, map, in->map_n);
	*p = map;
	*n = in->map_n;
	return 1;
}

/* All that is left of the stream into fd, *n bytes. */
static int copy_all(struct rec_in *in, int fd, size_t *n, struct rec_err *e)
{
	unsigned char *buf = rec_alloc(REC_IN_RAW, 1, e);
	int64_t got = -1;

	*n = 0;
	while (buf && (got = rec_in_read(in, buf, REC_IN_RAW, e)) > 0)
		for (int64_t at = 0; at < got;) {
			ssize_t put = write(fd, buf + at, (size_t)(got - at));

			if (put < 0 && errno != EINTR) {
				rec_spill_fail(in->spill, errno, e);
				free(buf);
				return -1;
			}
			at += put > 0 ? put : 0;
			*n += put > 0 ? (size_t)put : 0;
		}
	free(buf);
	return got < 0 ? -1 : 0;
}

int rec_in_spool(struct rec_in *in, const void **p, size_t *n, struct rec_err *e)
{
	int fd;

	*p = NULL;
	*n = 0;
	if (!in->spill)
		return 0;
	if (rec_spill_open(in->spill, &fd, e) != 0)
		return -1;
	if (copy_all(in, fd, n, e) != 0) {
		close(fd);
		return -1;
	}
	if (rec_far_file(&in->spooled, in->spill, fd, *n, e) != 0)
		return -1;
	bound(in, in->spooled->p, *n);
	*p = in->spooled->p;
	return 1;
}

int rec_in_all(struct rec_in *in, struct rec_buf *b, struct rec_err *e)
{
	int64_t got;

	do {
		if (rec_grow(&b->p, &b->cap, b->n + REC_IN_RAW, 1, e) != 0)
			return -1;
		got = rec_in_read(in, b->p + b->n, REC_IN_RAW, e);
		if (got < 0)
			return -1;
		b->n += (size_t)got;
	} while (got > 0);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a recmat stream taken apart, so that a fuzz program can change
 * what it says and put it together again with CRCs that are right: then the
 * checks behind the CRCs are reached.
 *
 * Bytes of sections lie in the input until they are changed, then in an arena
 * that is emptied before every change. Nothing here is freed.
 */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "recmat/crc.h"
#include "recmat/form.h"

enum { MOST_BLOCKS = 12, MOST_SECTIONS = 12, ARENA = 4 << 20 };

struct section {
	uint32_t type;
	const unsigned char *p;
	size_t n;
};

struct piece { /* a block, or an end mark: kind REC_FORM_END */
	struct rec_form_head h;
	char name[REC_NAME_MAX]; /* as it is written, whatever it holds */
	uint32_t n;
	struct section s[MOST_SECTIONS];
};

struct stream {
	size_t n;
	struct piece piece[MOST_BLOCKS];
};

static unsigned char arena[ARENA];
static size_t arena_used;

/*
 * n bytes for this execution; NULL where the arena is full: then the change is
 * not made.
 */
static inline void *take(size_t n)
{
	void *p = arena + arena_used;

	if (n + 16 > ARENA - arena_used)
		return NULL;
	n = (n + 15) / 16 * 16;
	arena_used += n;
	return p;
}

static inline unsigned char *copy_of(const struct section *s, size_t n)
{
	unsigned char *p = take(n + 1);

	if (p) {
		memset(p, 0, n + 1);
		memcpy(p, s->p, n < s->n ? n : s->n);
	}
	return p;
}

/* -- taking apart -- */

/* One block of at most n bytes; its size, or 0 where it is none. */
static inline size_t take_piece(struct piece *b, const unsigned char *p, size_t n)
{
	if (n < REC_FORM_HEAD || memcmp(p, REC_FORM_MAGIC, 8) != 0)
		return 0;
	*b = (struct piece){ .h = { .version = rec_get16(p + 8),
				    .flags = rec_get16(p + 10),
				    .kind = rec_get32(p + 12),
				    .order = rec_get32(p + 16),
				    .type = rec_get32(p + 20),
				    .rows = rec_get64(p + 24),
				    .cols = rec_get64(p + 32),
				    .nnz = rec_get64(p + 40),
				    .size = rec_get64(p + 48),
				    .nsections = rec_get32(p + 56) } };
	memcpy(b->name, p + 64, REC_NAME_MAX);
	b->n = b->h.nsections < MOST_SECTIONS ? b->h.nsections : MOST_SECTIONS;
	if (b->h.size < REC_FORM_HEAD || b->h.size > n ||
	    (b->h.size - REC_FORM_HEAD) / REC_FORM_ENTRY < b->n)
		return 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const unsigned char *entry = p + REC_FORM_HEAD + (size_t)i * REC_FORM_ENTRY;
		uint64_t off = rec_get64(entry + 8), len = rec_get64(entry + 16);

		if (off > b->h.size || len > b->h.size - off)
			return 0;
		b->s[i] = (struct section){ rec_get32(entry), p + off, (size_t)len };
	}
	return (size_t)b->h.size;
}

/* False where the n bytes are no stream, or one of more than MOST_BLOCKS. */
static inline bool take_apart(struct stream *s, const unsigned char *p, size_t n)
{
	size_t at = 0, size;

	for (s->n = 0; at < n && s->n < MOST_BLOCKS; s->n++) {
		size = take_piece(&s->piece[s->n], p + at, n - at);
		if (size == 0)
			return false;
		at += size;
	}
	return at == n;
}

/* -- putting together -- */

static inline void put_head(unsigned char *p, const struct piece *b, uint32_t table_crc)
{
	struct rec_form_head h = b->h;

	h.table_crc = table_crc;
	memset(h.name, 0, sizeof h.name);
	rec_form_head_put(p, &h);
	memcpy(p + 64, b->name, REC_NAME_MAX);
	rec_put32(p + 124, rec_crc32(0, p, 124));
}

/*
 * One block at p, which has room for `room` bytes of zeros; its size, or 0
 * where it does not fit.
 */
static inline size_t put_piece(unsigned char *p, size_t room, struct piece *b)
{
	size_t table = (size_t)rec_form_table_size(b->n), at = REC_FORM_HEAD + table,
	       trailer = (size_t)rec_form_trailer_size(b->n);
	uint32_t crc[MOST_SECTIONS];
	bool is_end = b->h.kind == REC_FORM_END;

	for (uint32_t i = 0; i < b->n; i++) {
		size_t padded = (size_t)rec_form_pad(b->s[i].n);

		if (at + padded + trailer > room)
			return 0;
		rec_put32(p + REC_FORM_HEAD + i * REC_FORM_ENTRY, b->s[i].type);
		rec_put64(p + REC_FORM_HEAD + i * REC_FORM_ENTRY + 8, at);
		rec_put64(p + REC_FORM_HEAD + i * REC_FORM_ENTRY + 16, b->s[i].n);
		if (b->s[i].n)
			memcpy(p + at, b->s[i].p, b->s[i].n);
		crc[i] = rec_crc32(0, p + at, padded);
		at += padded;
	}
	if (at + trailer > room)
		return 0;
	for (uint32_t i = 0; i < b->n; i++)
		rec_put32(p + at + 4 * i, crc[i]);
	if (b->h.size == 0 || is_end) /* else somebody wants it to lie */
		b->h.size = is_end ? REC_FORM_HEAD : at + trailer;
	if (b->h.nsections == 0)
		b->h.nsections = is_end ? 0 : b->n;
	put_head(p, b, is_end ? 0 : rec_crc32(0, p + REC_FORM_HEAD, table));
	return is_end ? REC_FORM_HEAD : at + trailer;
}

/*
 * The bytes of the stream into p, zeros behind; how many. Blocks that don't fit
 * are left out.
 */
static inline size_t put_together(unsigned char *p, size_t room, struct stream *s)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t n = put_piece(p + at, room - at, &s->piece[i]);

		if (n == 0)
			memset(p + at, 0, room - at);
		at += n;
	}
	return at;
}

#endif

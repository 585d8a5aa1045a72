/* SPDX-License-Identifier: MIT */
/*
 * mutate.h - changes to a stream that leave it a stream: metadata (keys,
 * values, lines), shapes (blocks built anew with other rows, columns and
 * cells), numbers within sections, names, kinds, orders, sections and blocks.
 * And changes to text. All from one counter of draws, so an execution is its
 * number and seed.
 */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include "base/hash.h"
#include "stream.h"

static uint64_t draw_key, draws;

static inline uint64_t draw(uint64_t n)
{
	return n ? rec_mix2(draw_key, draws++) % n : 0;
}

#define ONE_OF(list) ((list)[draw(sizeof(list) / sizeof *(list))])

static const uint64_t numbers[] = { 0,
				    1,
				    2,
				    3,
				    4,
				    5,
				    7,
				    8,
				    15,
				    16,
				    17,
				    63,
				    64,
				    65,
				    255,
				    256,
				    4096,
				    16384,
				    65536,
				    1u << 20,
				    0x7fffffff,
				    0x80000000,
				    0xfffffffd,
				    0xfffffffe,
				    0xffffffff,
				    1ull << 32,
				    (1ull << 32) + 1,
				    1ull << 40,
				    1ull << 61,
				    1ull << 62,
				    1ull << 63,
				    UINT64_MAX - 1,
				    UINT64_MAX };
static const uint32_t floats[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
				   1, 0x7f800000, 0xff800000, 0x7fc00000, 0x4b800000, 0x3dcccccd };
static const uint64_t doubles[] = { 0, 0x3ff0000000000000, 0xbff0000000000000, 0x7fefffffffffffff,
				    1, 0x7ff0000000000000, 0x7ff8000000000000, 0x4340000000000000 };
static const char *const words[] = { "0",
				     "1",
				     "2",
				     "3",
				     "4",
				     "6",
				     "8",
				     "12",
				     "20",
				     "64",
				     "-1",
				     "0.5",
				     "1e-12",
				     "1e12",
				     "1e30",
				     "1e300",
				     "-1e300",
				     "1e-300",
				     "3.4e38",
				     "nan",
				     "inf",
				     "",
				     "x",
				     "1e400",
				     "16384",
				     "16385",
				     "65536",
				     "4294967294",
				     "4294967295",
				     "4294967296",
				     "18446744073709551615",
				     "18446744073709551616",
				     "als",
				     "sums",
				     "implicit",
				     "explicit",
				     "none",
				     "linear",
				     "log",
				     "cholesky",
				     "cg",
				     "user",
				     "item",
				     "one",
				     "value",
				     "cosine",
				     "popular",
				     "ease",
				     "p3alpha",
				     "sum",
				     "last",
				     "count",
				     "weight",
				     "items",
				     "0123456789abcdef0123456789abcdef" };
static const char *const keys[] = { "algorithm",
				    "alpha",
				    "bias",
				    "bias-reg",
				    "cells",
				    "cg-steps",
				    "digest",
				    "divisor",
				    "duplicates",
				    "epsilon",
				    "factors",
				    "history.alpha",
				    "history.divisor",
				    "history.epsilon",
				    "history.weights",
				    "init-from",
				    "init-sd",
				    "items",
				    "iterations",
				    "loss",
				    "max-user",
				    "mean",
				    "reg",
				    "reg-power",
				    "scale",
				    "seed",
				    "shards",
				    "side",
				    "solver",
				    "sums",
				    "target",
				    "unobserved",
				    "user-power",
				    "users",
				    "value.max",
				    "value.min",
				    "weights",
				    "whole.cells",
				    "whole.digest",
				    "whole.shards",
				    "whole.users" };
static const char *const names[] = {
	"",     "user",  "item",       "similarity", "offset",
	"sums", "other", "with blank", "\xff",       "0123456789012345678901234567890"
};

/* -- metadata -- */

enum { MOST_LINES = 64 };

struct line {
	const char *p;
	size_t n;
};

static inline size_t split(struct line *l, const char *p, size_t n)
{
	size_t lines = 0;

	while (n > 0 && lines < MOST_LINES) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl ? (size_t)(nl - p) : n;

		l[lines++] = (struct line){ p, len };
		p += len + (nl != NULL);
		n -= len + (nl != NULL);
	}
	return lines;
}

static inline struct line make_line(const char *key, size_t nk, const char *value, size_t nv)
{
	char *p = take(nk + nv + 1);

	if (!p)
		return (struct line){ "", 0 };
	memcpy(p, key, nk);
	p[nk] = '\t';
	if (nv)
		memcpy(p + nk + 1, value, nv);
	return (struct line){ p, nk + 1 + nv };
}

static inline int by_text(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;
	int d = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return d ? d : (a->n > b->n) - (a->n < b->n);
}

static inline size_t key_len(const struct line *l)
{
	const char *tab = memchr(l->p, '\t', l->n);

	return tab ? (size_t)(tab - l->p) : l->n;
}

/* The number in a line a little larger or smaller, else a word. */
static inline struct line other_value(const struct line *l)
{
	size_t nk = key_len(l);
	const char *word = ONE_OF(words);
	char near[32];

	if (draw(2) && nk < l->n) {
		snprintf(near, sizeof near, "%llu",
			 strtoull(l->p + nk + 1, NULL, 10) + draw(5) - 2);
		word = near;
	}
	return make_line(l->p, nk, word, strlen(word));
}

static inline size_t change_lines(struct line *l, size_t n)
{
	size_t i = draw(n), k;
	const char *key = ONE_OF(keys), *word = ONE_OF(words);

	switch (draw(8)) {
	case 0:
		if (n)
			memmove(l + i, l + i + 1, (n - i - 1) * sizeof *l);
		return n ? n - 1 : 0;
	case 1:
	case 2:
		if (n == MOST_LINES)
			return n;
		for (k = 0; k < n && !(key_len(&l[k]) == strlen(key) &&
				       memcmp(l[k].p, key, strlen(key)) == 0);
		     k++)
			;
		l[k] = make_line(key, strlen(key), word, strlen(word));
		return k == n ? n + 1 : n;
	case 3:
		if (n)
			l[i] = make_line(key, strlen(key), l[i].p + key_len(&l[i]),
					 l[i].n - key_len(&l[i]));
		return n;
	default:
		if (n)
			l[i] = other_value(&l[i]);
		return n;
	}
}

static inline void join(struct section *s, const struct line *l, size_t n)
{
	size_t bytes = 0;
	unsigned char *p;

	for (size_t i = 0; i < n; i++)
		bytes += l[i].n + 1;
	p = take(bytes + 1);
	if (!p)
		return;
	s->p = p;
	s->n = bytes;
	for (size_t i = 0; i < n; i++) {
		memcpy(p, l[i].p, l[i].n);
		p += l[i].n;
		*p++ = '\n';
	}
}

static inline void change_meta(struct piece *b)
{
	struct line l[MOST_LINES];
	struct section *s = &b->s[0];
	size_t n;

	if (b->n == 0)
		return;
	n = split(l, (const char *)s->p, s->n);
	for (uint64_t k = 1 + draw(3); k > 0; k--)
		n = change_lines(l, n);
	if (draw(16))
		qsort(l, n, sizeof *l, by_text);
	join(s, l, n);
}

/* -- shapes -- */

static inline void make_labels(struct section *off, struct section *bytes, char letter, uint64_t n,
			       bool gaps)
{
	uint64_t *o = take((size_t)(n + 1) * 8);
	char *p = take((size_t)n * 7 + 1);
	unsigned number = 0;

	if (!o || !p)
		return;
	for (uint64_t i = 0; i < n; i++, number++) {
		number += gaps ? (unsigned)draw(2) : 0;
		snprintf(p + 6 * i, 7, "%c%05u", letter, number);
	}
	for (uint64_t i = 0; i <= n; i++)
		o[i] = 6 * i;
	off->p = (unsigned char *)o;
	off->n = (size_t)(n + 1) * 8;
	bytes->p = (unsigned char *)p;
	bytes->n = (size_t)n * 6;
}

static inline float some_value(void)
{
	return (float)draw(9) / 4 - (draw(4) ? 0 : 1);
}

/* A valid dense block of this shape; columns have labels where it had some. */
static inline void build_dense(struct piece *b, uint64_t rows, uint64_t cols, char row, char col)
{
	bool labelled = b->n > 3;
	uint32_t n = 0;
	float *val = take((size_t)(rows * cols) * 4);

	for (uint64_t i = 0; val && i < rows * cols; i++)
		val[i] = some_value();
	b->s[0].type = REC_SEC_ROW_OFF;
	b->s[1].type = REC_SEC_ROW_BYTES;
	make_labels(&b->s[0], &b->s[1], row, rows, draw(4) == 0);
	n = 2;
	if (labelled) {
		b->s[2].type = REC_SEC_COL_OFF;
		b->s[3].type = REC_SEC_COL_BYTES;
		make_labels(&b->s[2], &b->s[3], col, cols, draw(4) == 0);
		n = 4;
	}
	b->s[n++] = (struct section){ REC_SEC_VAL, (unsigned char *)val,
				      val ? (size_t)(rows * cols) * 4 : 0 };
	b->n = n;
	b->h.order = 0;
	b->h.type = REC_FORM_FLOAT32;
	b->h.nnz = 0;
}

/* A valid canonical block: every cell with a chance of a half. */
static inline void build_sparse(struct piece *b, uint64_t rows, uint64_t cols, char row, char col)
{
	uint64_t *ptr = take((size_t)(rows + 1) * 8), n = 0;
	uint32_t *at = take((size_t)(rows * cols) * 4);
	float *val = take((size_t)(rows * cols) * 4);

	if (!ptr || !at || !val)
		return;
	ptr[0] = 0;
	for (uint64_t r = 0; r < rows; r++) {
		for (uint64_t c = 0; c < cols; c++)
			if (draw(2)) {
				at[n] = (uint32_t)c;
				val[n++] = 1 + (float)draw(3);
			}
		ptr[r + 1] = n;
	}
	b->s[0].type = REC_SEC_ROW_OFF;
	b->s[1].type = REC_SEC_ROW_BYTES;
	b->s[2].type = REC_SEC_COL_OFF;
	b->s[3].type = REC_SEC_COL_BYTES;
	make_labels(&b->s[0], &b->s[1], row, rows, draw(4) == 0);
	make_labels(&b->s[2], &b->s[3], col, cols, draw(4) == 0);
	b->s[4] = (struct section){ REC_SEC_PTR, (unsigned char *)ptr, (size_t)(rows + 1) * 8 };
	b->s[5] = (struct section){ REC_SEC_COL, (unsigned char *)at, (size_t)n * 4 };
	b->s[6] = (struct section){ REC_SEC_VAL, (unsigned char *)val, (size_t)n * 4 };
	b->n = 7;
	b->h.order = REC_CANONICAL;
	b->h.type = REC_FORM_FLOAT32;
	b->h.nnz = n;
}

/*
 * Another number of rows or columns: near, small, none; without rows there may
 * be any number of columns.
 */
static inline void other_shape(uint64_t *rows, uint64_t *cols)
{
	switch (draw(6)) {
	case 0: *rows = draw(4); break;
	case 1: *cols = draw(5); break;
	case 2: *rows += draw(3); break;
	case 3: *cols += draw(4); break;
	case 4: *cols = 1 + draw(draw(16) ? 24 : 200); break;
	default:
		*rows = 0;
		*cols = ONE_OF(numbers);
		break;
	}
	if (*rows > 64)
		*rows = 64;
	if (*rows && *cols > 256)
		*cols = 256;
}

static inline void change_shape(struct piece *b)
{
	uint64_t rows = b->h.rows, cols = b->h.cols;
	bool user = strncmp(b->name, "user", 4) == 0;

	if (b->h.kind != REC_DENSE && b->h.kind != REC_SPARSE)
		return;
	other_shape(&rows, &cols);
	if (draw(6) == 0)
		b->h.kind = b->h.kind == REC_DENSE ? REC_SPARSE : REC_DENSE;
	if ((b->h.kind == REC_SPARSE || b->n > 3) && cols > 256) /* labelled */
		cols = 256;
	if (b->h.kind == REC_DENSE)
		build_dense(b, rows, cols, user ? 'u' : 'i', 'i');
	else
		build_sparse(b, rows, cols, user ? 'u' : 'i', 'i');
	b->h.rows = rows;
	b->h.cols = cols;
	b->h.size = 0;
	b->h.nsections = 0;
}

/* -- numbers and bytes of a section, with the rest as it is -- */

static inline void change_section(struct section *s)
{
	size_t n = s->n, at4, at8;
	unsigned char *p;
	uint64_t x;

	if (draw(6) == 0)
		n = draw(2) ? draw(s->n + 1) : s->n + draw(20);
	p = copy_of(s, n);
	if (!p || n < 8)
		return;
	s->p = p;
	s->n = n;
	at4 = draw(n / 4) * 4;
	at8 = draw(n / 8) * 8;
	x = ONE_OF(numbers);
	switch (draw(5)) {
	case 0: rec_put64(p + at8, s->type == REC_SEC_TIME ? ONE_OF(doubles) : x); break;
	case 1: rec_put32(p + at4, s->type == REC_SEC_VAL ? ONE_OF(floats) : (uint32_t)x); break;
	case 2: rec_put64(p + at8, rec_get64(p + at8) + draw(5) - 2); break;
	case 3: rec_put32(p + at4, rec_get32(p + at4) + (uint32_t)draw(5) - 2); break;
	default: p[at4 + draw(4)] = (unsigned char)draw(256);
	}
}

static inline void change_sections(struct piece *b)
{
	uint32_t i = (uint32_t)draw(b->n), j = (uint32_t)draw(b->n);
	struct section t;

	if (b->n == 0)
		return;
	t = b->s[i];
	switch (draw(8)) {
	case 0:
		b->s[i] = b->s[j];
		b->s[j] = t;
		break;
	case 1:
		memmove(&b->s[i], &b->s[i + 1], (b->n - i - 1) * sizeof t);
		b->n--;
		break;
	case 2:
		if (b->n < MOST_SECTIONS)
			b->s[b->n++] = t;
		break;
	case 3: b->s[i].type = (uint32_t)draw(12); break;
	default: change_section(&b->s[i]); break;
	}
	b->h.size = 0;
	b->h.nsections = 0;
}

/* -- the header -- */

static inline void set_name(struct piece *b, const char *name)
{
	memset(b->name, 0, sizeof b->name);
	memcpy(b->name, name, strlen(name) < sizeof b->name ? strlen(name) : sizeof b->name);
}

static inline void change_head(struct piece *b)
{
	switch (draw(12)) {
	case 0: b->h.rows = draw(2) ? ONE_OF(numbers) : b->h.rows + draw(5) - 2; break;
	case 1: b->h.cols = draw(2) ? ONE_OF(numbers) : b->h.cols + draw(5) - 2; break;
	case 2: b->h.nnz = draw(2) ? ONE_OF(numbers) : b->h.nnz + draw(5) - 2; break;
	case 3: b->h.kind = (uint32_t)draw(5); break;
	case 4: b->h.order = (uint32_t)draw(5); break;
	case 5: b->h.type = (uint32_t)draw(3); break;
	case 6: b->h.size = draw(2) ? ONE_OF(numbers) : b->h.size + 64 * (draw(3) - 1); break;
	case 7: b->h.nsections = (uint32_t)ONE_OF(numbers); break;
	case 8:
	case 9: b->h.flags ^= 1; break;
	default: set_name(b, ONE_OF(names)); break;
	}
}

/* -- blocks, and all of it -- */

static inline void change_blocks(struct stream *s, const struct stream *other)
{
	size_t i = draw(s->n), j = draw(s->n);
	struct piece t = s->piece[i];

	switch (draw(4)) {
	case 0:
		memmove(&s->piece[i], &s->piece[i + 1], (s->n - i - 1) * sizeof t);
		s->n--;
		break;
	case 1:
		s->piece[i] = s->piece[j];
		s->piece[j] = t;
		break;
	case 2: s->piece[i] = other->piece[draw(other->n)]; break;
	default:
		if (s->n == MOST_BLOCKS)
			break;
		memmove(&s->piece[i + 1], &s->piece[i], (s->n - i) * sizeof t);
		s->piece[i] = draw(2) ? t : other->piece[draw(other->n)];
		s->n++;
	}
}

/* The end mark counts what is there, but for once in a while. */
static inline void count_blocks(struct stream *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->piece[i].h.kind != REC_FORM_END) {
			n++;
			continue;
		}
		s->piece[i].h.rows = draw(200) ? n : n + draw(5) - 2;
		n = 0;
	}
}

static inline void mutate(struct stream *s, const struct stream *other)
{
	for (uint64_t k = 1 + draw(draw(2) ? 2 : 5); k > 0 && s->n > 0; k--) {
		struct piece *b = &s->piece[draw(s->n)];

		if (b->h.kind == REC_META && draw(8)) {
			change_meta(b);
			b->h.size = 0;
			continue;
		}
		switch (draw(12)) {
		case 0: change_blocks(s, other); break;
		case 1:
		case 2: change_head(b); break;
		case 3:
		case 4:
		case 5: change_sections(b); break;
		default: change_shape(b); break;
		}
	}
	if (draw(50))
		count_blocks(s);
}

/* -- text -- */

static inline size_t replace(char *to, size_t room, const char *p, size_t n, size_t from,
			     size_t end, const char *by, size_t nby)
{
	if (n - (end - from) + nby > room)
		return SIZE_MAX;
	memcpy(to, p, from);
	if (nby)
		memcpy(to + from, by, nby);
	memcpy(to + from + nby, p + end, n - end);
	return n - (end - from) + nby;
}

/*
 * One change of text p to `to`: a field, a line, a byte. The new length, or
 * SIZE_MAX where there is no room for it.
 */
static inline size_t change_text(char *to, size_t room, const char *p, size_t n)
{
	size_t at = draw(n), from = at, end = at, from2, end2;
	const char *word = draw(4) ? ONE_OF(words) : ONE_OF(keys);
	char byte = "\t\n\0 9-x"[draw(7)];

	if (n == 0)
		return SIZE_MAX;
	while (from > 0 && p[from - 1] != '\n')
		from--;
	while (end < n && p[end] != '\n')
		end++;
	end += end < n;
	for (from2 = at; from2 > from && p[from2 - 1] != '\t'; from2--)
		;
	for (end2 = at; end2 < n && p[end2] != '\t' && p[end2] != '\n'; end2++)
		;
	switch (draw(8)) {
	case 0: return replace(to, room, p, n, from, end, "", 0);
	case 1: return replace(to, room, p, n, from, from, p + from, end - from);
	case 2: return replace(to, room, p, n, at, at + 1, &byte, 1);
	case 3: return replace(to, room, p, n, at, at + 1, "", 0);
	case 4: return replace(to, room, p, n, end2, end2, "\t1", 2);
	default: return replace(to, room, p, n, from2, end2, word, strlen(word));
	}
}

#endif

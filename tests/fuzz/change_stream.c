/* SPDX-License-Identifier: MIT */
/*
 * change_stream.c - changes to a stream that leave it a stream: metadata (keys,
 * values, lines), shapes (blocks built anew with other rows, columns and
 * cells), numbers within sections, names, kinds, orders, sections and blocks.
 */
#include "fuzz.h"
#include "stream.h"

static const uint32_t floats[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
				   1, 0x7f800000, 0xff800000, 0x7fc00000, 0x4b800000, 0x3dcccccd };
static const uint64_t doubles[] = { 0, 0x3ff0000000000000, 0xbff0000000000000, 0x7fefffffffffffff,
				    1, 0x7ff0000000000000, 0x7ff8000000000000, 0x4340000000000000 };
static const char *const names[] = {
	"",	"user",	 "item",       "similarity", "offset",
	"sums", "other", "with blank", "\xff",	     "0123456789012345678901234567890"
};

/* -- metadata -- */

enum { MOST_LINES = 64 };

struct line {
	const char *p;
	size_t n;
};

static size_t split(struct line *l, const char *p, size_t n)
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

static struct line make_line(const char *key, size_t nk, const char *value, size_t nv)
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

static int by_text(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;
	int d = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return d ? d : (a->n > b->n) - (a->n < b->n);
}

static size_t key_len(const struct line *l)
{
	const char *tab = memchr(l->p, '\t', l->n);

	return tab ? (size_t)(tab - l->p) : l->n;
}

/* The number in a line a little larger or smaller, else a word. */
static struct line other_value(const struct line *l)
{
	size_t nk = key_len(l);
	char text[MOST_WORD];
	const char *word = some_word(text);
	char near[32];

	if (draw(2) && nk < l->n) {
		snprintf(near, sizeof near, "%llu",
			 strtoull(l->p + nk + 1, NULL, 10) + draw(5) - 2);
		word = near;
	}
	return make_line(l->p, nk, word, strlen(word));
}

static size_t change_lines(struct line *l, size_t n)
{
	size_t i = draw(n), k;
	char name[MOST_WORD], text[MOST_WORD];
	const char *key = some_key(name), *word = some_word(text);

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

static void join(struct section *s, const struct line *l, size_t n)
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

static void change_meta(struct piece *b)
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

static void make_labels(struct section *off, struct section *bytes, char letter, uint64_t n,
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

static float some_value(void)
{
	return (float)draw(9) / 4 - (draw(4) ? 0 : 1);
}

/* A valid dense block of this shape; columns have labels where it had some. */
static void build_dense(struct piece *b, uint64_t rows, uint64_t cols, char row, char col)
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
static void build_sparse(struct piece *b, uint64_t rows, uint64_t cols, char row, char col)
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
static void other_shape(uint64_t *rows, uint64_t *cols)
{
	switch (draw(6)) {
	case 0: *rows = draw(4); break;
	case 1: *cols = draw(5); break;
	case 2: *rows += draw(3); break;
	case 3: *cols += draw(4); break;
	case 4: *cols = 1 + draw(draw(16) ? 24 : 200); break;
	default:
		*rows = 0;
		*cols = some_number();
		break;
	}
	if (*rows > 64)
		*rows = 64;
	if (*rows && *cols > 256)
		*cols = 256;
}

static void change_shape(struct piece *b)
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

static void change_section(struct section *s)
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
	x = some_number();
	switch (draw(5)) {
	case 0: rec_put64(p + at8, s->type == REC_SEC_TIME ? ONE_OF(doubles) : x); break;
	case 1: rec_put32(p + at4, s->type == REC_SEC_VAL ? ONE_OF(floats) : (uint32_t)x); break;
	case 2: rec_put64(p + at8, rec_get64(p + at8) + draw(5) - 2); break;
	case 3: rec_put32(p + at4, rec_get32(p + at4) + (uint32_t)draw(5) - 2); break;
	default: p[at4 + draw(4)] = (unsigned char)draw(256);
	}
}

static void change_sections(struct piece *b)
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

static void set_name(struct piece *b, const char *name)
{
	memset(b->name, 0, sizeof b->name);
	memcpy(b->name, name, strlen(name) < sizeof b->name ? strlen(name) : sizeof b->name);
}

static void change_head(struct piece *b)
{
	switch (draw(12)) {
	case 0: b->h.rows = draw(2) ? some_number() : b->h.rows + draw(5) - 2; break;
	case 1: b->h.cols = draw(2) ? some_number() : b->h.cols + draw(5) - 2; break;
	case 2: b->h.nnz = draw(2) ? some_number() : b->h.nnz + draw(5) - 2; break;
	case 3: b->h.kind = (uint32_t)draw(5); break;
	case 4: b->h.order = (uint32_t)draw(5); break;
	case 5: b->h.type = (uint32_t)draw(3); break;
	case 6: b->h.size = draw(2) ? some_number() : b->h.size + 64 * (draw(3) - 1); break;
	case 7: b->h.nsections = (uint32_t)some_number(); break;
	case 8:
	case 9: b->h.flags ^= 1; break;
	default: set_name(b, ONE_OF(names)); break;
	}
}

/* -- blocks, and all of it -- */

static void change_blocks(struct stream *s, const struct stream *other)
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

/* The end mark counts what is there, except once in a while. */
static void count_blocks(struct stream *s)
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

static void mutate(struct stream *s, const struct stream *other)
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

size_t change_stream(unsigned char *p, size_t n, size_t most, const struct seed *other)
{
	static unsigned char made[MOST_BYTES]; /* zeros between calls */
	static struct stream s, from;

	arena_used = 0;
	if (!take_apart(&s, p, n) || s.n == 0)
		return SIZE_MAX;
	if (!take_apart(&from, other->p, other->n) || from.n == 0)
		from = s;
	for (size_t i = 0; i < s.n; i++) /* made anew, unless they are what is changed */
		s.piece[i].h.size = s.piece[i].h.nsections = 0;
	mutate(&s, &from);
	n = put_together(made, most < sizeof made ? most : sizeof made, &s);
	memcpy(p, made, n);
	memset(made, 0, n);
	return n;
}

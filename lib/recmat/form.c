/* SPDX-License-Identifier: MIT */
/* Headers, section lists and CRCs of recmat(5). */
#include "recmat/form.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "recmat/crc.h"

void rec_form_head_put(unsigned char p[REC_FORM_HEAD], const struct rec_form_head *h)
{
	memset(p, 0, REC_FORM_HEAD);
	memcpy(p, REC_FORM_MAGIC, 8);
	rec_put16(p + 8, h->version);
	rec_put16(p + 10, h->flags);
	rec_put32(p + 12, h->kind);
	rec_put32(p + 16, h->order);
	rec_put32(p + 20, h->type);
	rec_put64(p + 24, h->rows);
	rec_put64(p + 32, h->cols);
	rec_put64(p + 40, h->nnz);
	rec_put64(p + 48, h->size);
	rec_put32(p + 56, h->nsections);
	rec_put32(p + 60, h->table_crc);
	memcpy(p + 64, h->name, strnlen(h->name, REC_NAME_MAX - 1));
	rec_put32(p + 124, rec_crc32(0, p, 124));
}

static size_t printable(const char *p)
{
	size_t i = 0;

	while (i < REC_NAME_MAX && p[i] > 0x20 && p[i] < 0x7f)
		i++;
	return i;
}

bool rec_form_name_ok(const char p[REC_NAME_MAX])
{
	size_t i = printable(p);

	if (i == REC_NAME_MAX)
		return false;
	while (i < REC_NAME_MAX && p[i] == 0)
		i++;
	return i == REC_NAME_MAX;
}

bool rec_block_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n < REC_NAME_MAX && printable(name) == n;
}

void rec_block_name(struct rec_block *b, const char *name)
{
	size_t n = strlen(name);

	memset(b->name, 0, sizeof b->name);
	memcpy(b->name, name, n < sizeof b->name ? n : sizeof b->name);
}

bool rec_form_all_zero(const unsigned char *p, size_t n)
{
	while (n > 0 && *p == 0)
		p++, n--;
	return n == 0;
}

int rec_form_head_get(struct rec_form_head *h, const unsigned char p[REC_FORM_HEAD],
		      struct rec_err *e)
{
	if (memcmp(p, REC_FORM_MAGIC, 8) != 0)
		return rec_err_set(e, REC_EDATA,
				   "no recmat header here: damaged, or something else follows");
	if (rec_crc32(0, p, 124) != rec_get32(p + 124))
		return rec_err_set(e, REC_EDATA, "damaged: the CRC of the header is wrong");
	h->version = rec_get16(p + 8);
	h->flags = rec_get16(p + 10);
	h->kind = rec_get32(p + 12);
	h->order = rec_get32(p + 16);
	h->type = rec_get32(p + 20);
	h->rows = rec_get64(p + 24);
	h->cols = rec_get64(p + 32);
	h->nnz = rec_get64(p + 40);
	h->size = rec_get64(p + 48);
	h->nsections = rec_get32(p + 56);
	h->table_crc = rec_get32(p + 60);
	memcpy(h->name, p + 64, REC_NAME_MAX);
	if (h->version != REC_FORM_VERSION)
		return rec_err_set(e, REC_EDATA, "recmat version %u; version %d is understood",
				   h->version, REC_FORM_VERSION);
	if (h->flags & ~REC_FORM_OPTIONAL || !rec_form_all_zero(p + 96, 28))
		return rec_err_set(e, REC_EDATA, "a reserved field of the header is set");
	if (!rec_form_name_ok(h->name))
		return rec_err_set(e, REC_EDATA, "the name of the block is malformed");
	return 0;
}

const char *rec_form_section_name(uint32_t type)
{
	static const char *const name[] = { "",
					    "row label offsets",
					    "row labels",
					    "column label offsets",
					    "column labels",
					    "row pointers",
					    "column indices",
					    "row indices",
					    "values",
					    "times",
					    "metadata",
					    "keys" };

	return type >= 1 && type < sizeof name / sizeof *name ? name[type] : "unknown section";
}

/* The sections of a block in their order in the file. */
struct listing {
	struct rec_form_section *s;
	uint32_t n;
};

static void list(struct listing *l, uint32_t type, uint64_t len, const void *p)
{
	l->s[l->n++] = (struct rec_form_section){ .type = type, .len = len, .p = p };
}

static void list_labels(struct listing *l, const struct rec_block *b)
{
	static const uint64_t none[1];	/* the offsets of an empty side that has no memory */
	const uint64_t *row_off = b->rows ? b->row_off : none,
		       *col_off = b->cols ? b->col_off : none;

	list(l, REC_SEC_ROW_OFF, 8 * (b->rows + 1), row_off);
	list(l, REC_SEC_ROW_BYTES, row_off[b->rows], b->row_bytes);
	if (b->kind == REC_DENSE && !b->col_off)
		return;
	list(l, REC_SEC_COL_OFF, 8 * (b->cols + 1), col_off);
	list(l, REC_SEC_COL_BYTES, col_off[b->cols], b->col_bytes);
}

static void list_cells(struct listing *l, const struct rec_block *b)
{
	static const uint64_t none[1];

	if (b->order != REC_STREAM)
		list(l, REC_SEC_PTR, 8 * (b->rows + 1), b->rows ? b->ptr : none);
	list(l, REC_SEC_COL, 4 * b->nnz, b->col);
	if (b->order == REC_STREAM)
		list(l, REC_SEC_ROW, 4 * b->nnz, b->row);
	list(l, REC_SEC_VAL, 4 * b->nnz, b->val);
	if (b->time)
		list(l, REC_SEC_TIME, 8 * b->nnz, b->time);
}

static bool may_be_far(uint32_t type)
{
	return type == REC_SEC_COL || type == REC_SEC_VAL || type == REC_SEC_TIME;
}

uint32_t rec_form_sections(struct rec_form_section s[REC_FORM_KNOWN], const struct rec_block *b)
{
	struct listing l = { s, 0 };
	uint64_t off;

	if (b->kind == REC_META)
		list(&l, REC_SEC_META, b->meta_len, b->meta);
	if (b->kind == REC_KEYS)
		list(&l, REC_SEC_KEY, 8 * b->rows, b->key);
	if (b->kind == REC_SPARSE || b->kind == REC_DENSE)
		list_labels(&l, b);
	if (b->kind == REC_SPARSE)
		list_cells(&l, b);
	if (b->kind == REC_DENSE)
		list(&l, REC_SEC_VAL, 4 * b->rows * b->cols, b->val);
	off = REC_FORM_HEAD + rec_form_table_size(l.n);
	for (uint32_t i = 0; i < l.n; i++) {
		s[i].off = off;
		s[i].far = may_be_far(s[i].type) ? b->far : NULL;
		off += rec_form_pad(s[i].len);
	}
	return l.n;
}

/*
 * Sections are cut into chunks; each chunk's CRC is one task, and they are put
 * together in order, so the threads leave no trace.
 */
enum { CHUNK = 1 << 20, STEP = 128 << 10 };

struct chunk {
	const unsigned char *p;
	size_t n;
	uint32_t crc;
	struct rec_far *far;
};

static int crc_chunk(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct chunk *c = (struct chunk *)arg + task;

	(void)thread, (void)e;
	for (size_t at = 0; at < c->n; at += STEP) {
		size_t n = c->n - at < STEP ? c->n - at : STEP;

		rec_far_walk(c->far, c->p + at, n);
		c->crc = rec_crc32(c->crc, c->p + at, n);
	}
	return 0;
}

static size_t chunks_of(const struct rec_form_section *s)
{
	return (size_t)((s->len + CHUNK - 1) / CHUNK);
}

static uint32_t crc_of_chunks(const struct chunk *c, const struct rec_form_section *s)
{
	static const unsigned char zeros[REC_FORM_ALIGN];
	uLong crc = 0;

	for (size_t i = 0; i < chunks_of(s); i++)
		crc = i == 0 ? c[i].crc : crc32_combine(crc, c[i].crc, (z_off_t)c[i].n);
	return (uint32_t)crc32(crc, zeros, (uInt)(rec_form_pad(s->len) - s->len));
}

int rec_form_crc(struct rec_form_section *s, uint32_t n, struct rec_pool *pool, struct rec_err *e)
{
	size_t total = 0, k = 0;
	struct chunk *c;

	for (uint32_t i = 0; i < n; i++)
		total += chunks_of(&s[i]);
	c = rec_alloc(total, sizeof *c, e);
	if (!c)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		for (uint64_t at = 0; at < s[i].len; at += CHUNK)
			c[k++] = (struct chunk){
				(const unsigned char *)s[i].p + at,
				(size_t)(s[i].len - at < CHUNK ? s[i].len - at : CHUNK), 0, s[i].far
			};
	if (rec_pool_run(pool, total, crc_chunk, c, e) != 0) {
		free(c);
		return -1;
	}
	k = 0;
	for (uint32_t i = 0; i < n; i++) {
		s[i].crc = crc_of_chunks(c + k, &s[i]);
		k += chunks_of(&s[i]);
	}
	free(c);
	return 0;
}

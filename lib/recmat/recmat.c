/* SPDX-License-Identifier: MIT */
/*
 * Reading recmat(5).
 *
 * A plain file is mapped and its blocks are handed out in place. Everything
 * else is read section by section into memory of its own, which grows as bytes
 * arrive: a header can't make us allocate more than STEP bytes that are not
 * there. The order of checks: header (magic, CRC, zeros), sizes against each
 * other and against what is left, section table, section CRCs (except for
 * trust), padding, then the contents (recmat/check.c).
 * Messages begin with the file, then the number of the block in the file,
 * counted from 1 over all its streams, end marks not counted.
 */
#include "recmat/recmat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "recmat/form.h"

enum { STEP = 64 << 20 };	/* most bytes taken from the allocator ahead of the data */

struct rec_recmat {
	struct rec_in *in;
	struct rec_pool *pool;
	bool trust, keys;		/* keys are wanted */
	const unsigned char *map;	/* NULL where bytes are copied out of the stream */
	const unsigned char *memory;	/* mapped, but not aligned: copied out of here */
	size_t n, at;			/* bytes of map or memory, and how many were taken */
	uint64_t blocks;		/* whole blocks so far in the file */
	uint64_t in_stream;		/* of these since the last end mark */
	bool ended;			/* an end mark was the last thing */
};

/* Memory of a block that was read, one piece a section. */
struct own {
	size_t n;
	void *p[REC_FORM_SECTIONS + 2];	/* table and trailer, too */
};

void rec_block_free(struct rec_block *b)
{
	struct own *own = b->own;

	if (own)
		for (size_t i = 0; i < own->n; i++)
			free(own->p[i]);
	free(own);
	*b = (struct rec_block){ 0 };
}

int rec_recmat_is(struct rec_in *in, struct rec_err *e)
{
	const void *p;

	/*
	 * byte by byte: a terminal or coprocess may have sent a short line of
	 * text and wait for its answer
	 */
	for (size_t i = 1; i <= 8; i++) {
		int64_t n = rec_in_peek(in, &p, i, e);

		if (n < 0)
			return -1;
		if ((size_t)n < i || memcmp(p, REC_FORM_MAGIC, i) != 0)
			return 0;
	}
	return 1;
}

int rec_recmat_open(struct rec_recmat **out, struct rec_in *in, bool trust, struct rec_pool *pool,
		    struct rec_err *e)
{
	struct rec_recmat *r = rec_zalloc(1, sizeof *r, e);
	const void *p;
	int rc;

	*out = NULL;
	if (!r)
		return -1;
	r->in = in;
	r->pool = pool;
	r->trust = trust;
	rc = rec_in_map(in, &p, &r->n, e);
	if (rc == 0)
		rc = rec_in_spool(in, &p, &r->n, e);
	if (rc < 0) {
		free(r);
		return -1;
	}
	/*
	 * a descriptor that stood inside a file may give an address that is not
	 * a multiple of 64
	 */
	if (rc == 1 && (uintptr_t)p % REC_FORM_ALIGN == 0)
		r->map = p;
	else if (rc == 1)
		r->memory = p;
	*out = r;
	return 0;
}

void rec_recmat_want_keys(struct rec_recmat *r)
{
	r->keys = true;
}

void rec_recmat_close(struct rec_recmat *r)
{
	free(r);
}

static int cut_off(const struct rec_recmat *r, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "%s: cut off: no end mark after block %" PRIu64,
			   rec_in_name(r->in), r->blocks);
}

/* Up to n bytes into buf; how many, or -1. */
static int64_t copy_out(struct rec_recmat *r, unsigned char *buf, size_t n, struct rec_err *e)
{
	if (!r->memory)
		return rec_in_read_full(r->in, buf, n, e);
	if (n > r->n - r->at)
		n = r->n - r->at;
	if (n)
		memcpy(buf, r->memory + r->at, n);
	r->at += n;
	return (int64_t)n;
}

/* Exactly n bytes in memory that grows as they arrive. */
static int read_growing(struct rec_recmat *r, unsigned char **out, uint64_t n, struct rec_err *e)
{
	uint64_t cap = n < STEP ? n : STEP, have = 0;
	unsigned char *p = rec_alloc((size_t)cap, 1, e), *bigger;

	while (p) {
		int64_t got = copy_out(r, p + have, (size_t)(cap - have), e);

		if (got < 0 || (uint64_t)got < cap - have) {
			free(p);
			return got < 0 ? -1 : cut_off(r, e);
		}
		have = cap;
		if (have == n)
			break;
		cap = n - have < have ? n : 2 * have;
		bigger = rec_alloc((size_t)cap, 1, e);
		if (bigger)
			memcpy(bigger, p, (size_t)have);
		free(p);
		p = bigger;
	}
	*out = p;
	return p ? 0 : -1;
}

/* The next n bytes: in place, or in memory that own keeps. */
static int take(struct rec_recmat *r, uint64_t n, const unsigned char **p, struct own *own,
		struct rec_err *e)
{
	unsigned char *mem = NULL;

	if (r->map) {
		if (n > r->n - r->at)
			return cut_off(r, e);
		*p = r->map + r->at;
		r->at += (size_t)n;
		return 0;
	}
	if (read_growing(r, &mem, n, e) != 0)
		return -1;
	own->p[own->n++] = mem;
	*p = mem;
	return 0;
}

/* The next header: 1, 0 at the end of the input, -1. */
static int next_head(struct rec_recmat *r, unsigned char head[REC_FORM_HEAD], struct rec_err *e)
{
	int64_t n;

	if (r->map) {
		n = (int64_t)(r->n - r->at < REC_FORM_HEAD ? r->n - r->at : REC_FORM_HEAD);
		memcpy(head, r->map + r->at, (size_t)n);
		r->at += (size_t)n;
	} else {
		n = copy_out(r, head, REC_FORM_HEAD, e);
	}
	if (n < 0)
		return -1;
	if (n == 0 && r->ended)
		return 0;
	return n < REC_FORM_HEAD ? cut_off(r, e) : 1;
}

static int take_end(struct rec_recmat *r, const struct rec_form_head *h, struct rec_err *e)
{
	if (h->flags || h->order || h->type || h->cols || h->nnz || h->size != REC_FORM_HEAD ||
	    h->nsections || h->table_crc || h->name[0])
		return rec_err_set(e, REC_EDATA, "%s: malformed end mark after block %" PRIu64,
				   rec_in_name(r->in), r->blocks);
	if (h->rows != r->in_stream)
		return rec_err_set(e, REC_EDATA,
				   "%s: the end mark after block %" PRIu64 " counts %" PRIu64
				   " blocks, but %" PRIu64 " are there",
				   rec_in_name(r->in), r->blocks, h->rows, r->in_stream);
	r->in_stream = 0;
	r->ended = true;
	return 0;
}

/* A message about the block that is being read. */
static int in_block(const struct rec_recmat *r, struct rec_err *e)
{
	return rec_err_prefix(e, "%s: block %" PRIu64 ": ", rec_in_name(r->in), r->blocks + 1);
}

static bool known(const struct rec_recmat *r, uint32_t kind)
{
	return kind == REC_SPARSE || kind == REC_DENSE || kind == REC_META ||
	       (r->keys && kind == REC_KEYS);
}

/* Header fields of a known kind against each other. */
static int check_head(const struct rec_recmat *r, const struct rec_form_head *h, struct rec_err *e)
{
	uint64_t cells;

	if (!known(r, h->kind))
		return h->flags & REC_FORM_OPTIONAL ?
			       0 :
			       rec_err_set(e, REC_EDATA,
					   "blocks of kind %" PRIu32 " are not understood",
					   h->kind);
	if (h->rows > REC_FORM_ROWS_MAX || h->cols > REC_FORM_ROWS_MAX)
		return rec_err_set(e, REC_EDATA, "more than %" PRIu32 " rows or columns",
				   REC_FORM_ROWS_MAX);
	if (h->kind == REC_SPARSE ? h->order < REC_CANONICAL || h->order > REC_STREAM :
				    h->order != 0)
		return rec_err_set(e, REC_EDATA, "order %" PRIu32 " is not understood", h->order);
	if (h->type != (h->kind == REC_META || h->kind == REC_KEYS ? 0 : REC_FORM_FLOAT32))
		return rec_err_set(e, REC_EDATA, "value type %" PRIu32 " is not understood",
				   h->type);
	if ((h->kind != REC_SPARSE && h->nnz) || (h->kind == REC_META && h->rows) ||
	    ((h->kind == REC_META || h->kind == REC_KEYS) && h->cols))
		return rec_err_set(e, REC_EDATA, "malformed header");
	/* below 2^64 */
	cells = h->kind == REC_DENSE ? h->rows * h->cols :
		h->kind == REC_KEYS  ? 2 * h->rows :
				       h->nnz;
	if (cells > h->size / 4)
		return rec_err_set(e, REC_EDATA,
				   "the size of the block is too small for its cells");
	return 0;
}

static void fill_block(struct rec_block *b, const struct rec_form_head *h)
{
	*b = (struct rec_block){ .kind = (enum rec_kind)h->kind,
				 .order = (enum rec_order)h->order,
				 .optional = h->flags & REC_FORM_OPTIONAL,
				 .rows = h->rows,
				 .cols = h->cols,
				 .nnz = h->nnz };
	memcpy(b->name, h->name, sizeof b->name);
}

static void set_section(struct rec_block *b, const struct rec_form_section *s)
{
	switch ((enum rec_section_type)s->type) {
	case REC_SEC_ROW_OFF: b->row_off = s->p; break;
	case REC_SEC_ROW_BYTES: b->row_bytes = s->p; break;
	case REC_SEC_COL_OFF: b->col_off = s->p; break;
	case REC_SEC_COL_BYTES: b->col_bytes = s->p; break;
	case REC_SEC_PTR: b->ptr = s->p; break;
	case REC_SEC_COL: b->col = s->p; break;
	case REC_SEC_ROW: b->row = s->p; break;
	case REC_SEC_VAL: b->val = s->p; break;
	case REC_SEC_TIME: b->time = s->p; break;
	case REC_SEC_META: b->meta = s->p; b->meta_len = (size_t)s->len; break;
	case REC_SEC_KEY: b->key = s->p; break;
	}
}

/*
 * Section types ascend, follow one another without gaps and end where the
 * trailer begins.
 */
static int parse_table(struct rec_form_section *s, const struct rec_form_head *h,
		       const unsigned char *p, struct rec_err *e)
{
	uint64_t off = REC_FORM_HEAD + rec_form_table_size(h->nsections),
		 end = h->size - rec_form_trailer_size(h->nsections);
	uint32_t i = 0;

	for (; i < h->nsections; i++, p += REC_FORM_ENTRY) {
		s[i] = (struct rec_form_section){ .type = rec_get32(p),
						  .off = rec_get64(p + 8),
						  .len = rec_get64(p + 16) };
		if (rec_get32(p + 4) != 0 || rec_get64(p + 24) != 0 ||
		    s[i].type <= (i ? s[i - 1].type : 0) || s[i].off != off)
			return rec_err_set(e, REC_EDATA, "malformed section table");
		if (s[i].len > end - off)
			return rec_err_set(e, REC_EDATA, "the %s do not fit the block",
					   rec_form_section_name(s[i].type));
		off += rec_form_pad(s[i].len);
	}
	if (h->nsections % 2 && !rec_form_all_zero(p, REC_FORM_ENTRY))
		return rec_err_set(e, REC_EDATA, "the padding of the section table is not zero");
	return off == end ? 0 : rec_err_set(e, REC_EDATA, "the sections do not fill the block");
}

/*
 * Bytes that a section of a known kind must have; labels and metadata have what
 * they have.
 */
static uint64_t wanted_len(const struct rec_form_section *s, const struct rec_form_head *h)
{
	switch ((enum rec_section_type)s->type) {
	case REC_SEC_ROW_OFF: case REC_SEC_PTR: return 8 * (h->rows + 1);
	case REC_SEC_COL_OFF: return 8 * (h->cols + 1);
	case REC_SEC_COL: case REC_SEC_ROW: return 4 * h->nnz;
	case REC_SEC_VAL: return 4 * (h->kind == REC_DENSE ? h->rows * h->cols : h->nnz);
	case REC_SEC_TIME: return 8 * h->nnz;
	case REC_SEC_KEY: return 8 * h->rows;
	case REC_SEC_ROW_BYTES: case REC_SEC_COL_BYTES: case REC_SEC_META: break;
	}
	return s->len;
}

/*
 * The sections that a block of a known kind has, may have, and their lengths.
 */
static int check_sections(const struct rec_form_section *s, const struct rec_form_head *h,
			  struct rec_err *e)
{
#define BIT(x) (1u << REC_SEC_##x)
	const unsigned rows = BIT(ROW_OFF) | BIT(ROW_BYTES), cols = BIT(COL_OFF) | BIT(COL_BYTES);
	unsigned must = h->kind == REC_KEYS ? BIT(KEY) : BIT(META), may = 0, got = 0;

	if (h->kind == REC_DENSE) {
		must = rows | BIT(VAL);
		may = cols;
	} else if (h->kind == REC_SPARSE) {
		must = rows | cols | BIT(COL) | BIT(VAL) |
		       (h->order == REC_STREAM ? BIT(ROW) : BIT(PTR));
		may = BIT(TIME);
	}
	for (uint32_t i = 0; i < h->nsections; i++) {
		if (s[i].type > REC_SEC_KEY || !((must | may) >> s[i].type & 1))
			return rec_err_set(e, REC_EDATA,
					   "section type %" PRIu32 " does not belong here",
					   s[i].type);
		if (s[i].len != wanted_len(&s[i], h))
			return rec_err_set(e, REC_EDATA, "the %s have the wrong length",
					   rec_form_section_name(s[i].type));
		got |= 1u << s[i].type;
	}
	if ((got & must) != must || (got & cols) == BIT(COL_OFF) || (got & cols) == BIT(COL_BYTES))
		return rec_err_set(e, REC_EDATA, "a section is missing");
	return 0;
#undef BIT
}

static int take_table(struct rec_recmat *r, struct rec_form_section *s,
		      const struct rec_form_head *h, struct own *own, struct rec_err *e)
{
	uint64_t table = rec_form_table_size(h->nsections);
	const unsigned char *p;

	if (h->nsections > REC_FORM_SECTIONS || h->size % REC_FORM_ALIGN ||
	    h->size < REC_FORM_HEAD + table + rec_form_trailer_size(h->nsections)) {
		rec_err_set(e, REC_EDATA, "malformed header");
		return in_block(r, e);
	}
	if (r->map && h->size - REC_FORM_HEAD > r->n - r->at)
		return cut_off(r, e);
	if (take(r, table, &p, own, e) != 0)
		return -1;
	if (crc32(0, p, (uInt)table) != h->table_crc)
		rec_err_set(e, REC_EDATA, "damaged: the CRC of the section table is wrong");
	else if (parse_table(s, h, p, e) == 0 &&
		 (!known(r, h->kind) || check_sections(s, h, e) == 0))
		return 0;
	return in_block(r, e);
}

static int check_crcs(const struct rec_recmat *r, struct rec_form_section *s, uint32_t n,
		      const unsigned char *trailer, struct rec_err *e)
{
	if (!r->trust && rec_form_crc(s, n, r->pool, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (!r->trust && s[i].crc != rec_get32(trailer + 4 * (size_t)i))
			return rec_err_set(e, REC_EDATA, "damaged: the CRC of the %s is wrong",
					   rec_form_section_name(s[i].type));
		if (!rec_form_all_zero((const unsigned char *)s[i].p + s[i].len,
			      (size_t)(rec_form_pad(s[i].len) - s[i].len)))
			return rec_err_set(e, REC_EDATA,
					   "damaged: the padding of the %s is not zero",
					   rec_form_section_name(s[i].type));
	}
	if (!rec_form_all_zero(trailer + 4 * (size_t)n,
		      (size_t)(rec_form_trailer_size(n) - 4 * (uint64_t)n)))
		return rec_err_set(e, REC_EDATA, "damaged: the padding of the trailer is not zero");
	return 0;
}

static int take_sections(struct rec_recmat *r, struct rec_block *b, const struct rec_form_head *h,
			 struct own *own, struct rec_err *e)
{
	struct rec_form_section s[REC_FORM_SECTIONS];
	uint64_t label_len[2] = { 0, 0 };
	const unsigned char *p;

	if (take_table(r, s, h, own, e) != 0)
		return -1;
	for (uint32_t i = 0; i < h->nsections; i++) {
		if (take(r, rec_form_pad(s[i].len), &p, own, e) != 0)
			return -1;
		s[i].p = p;
		s[i].far = b->far;
	}
	if (take(r, rec_form_trailer_size(h->nsections), &p, own, e) != 0)
		return -1;
	if (check_crcs(r, s, h->nsections, p, e) != 0)
		return in_block(r, e);
	if (!known(r, h->kind))
		return 0;
	for (uint32_t i = 0; i < h->nsections; i++) {
		set_section(b, &s[i]);
		if (s[i].type == REC_SEC_ROW_BYTES || s[i].type == REC_SEC_COL_BYTES)
			label_len[s[i].type == REC_SEC_COL_BYTES] = s[i].len;
	}
	return rec_form_check(b, label_len, r->pool, e) == 0 ? 0 : in_block(r, e);
}

static int take_block(struct rec_recmat *r, struct rec_block *b, const struct rec_form_head *h,
		      struct rec_err *e)
{
	struct own none = { 0 }, *own = &none;

	fill_block(b, h);
	if (check_head(r, h, e) != 0)
		return in_block(r, e);
	b->far = rec_in_far(r->in);
	if (!r->map) {
		b->far = NULL;
		own = b->own = rec_zalloc(1, sizeof *own, e);
		if (!own)
			return -1;
	}
	if (take_sections(r, b, h, own, e) != 0)
		return -1;
	r->blocks++;
	r->in_stream++;
	r->ended = false;
	return 0;
}

int rec_recmat_next(struct rec_recmat *r, struct rec_block *b, struct rec_err *e)
{
	unsigned char head[REC_FORM_HEAD];
	struct rec_form_head h;
	int rc;

	*b = (struct rec_block){ 0 };
	while ((rc = next_head(r, head, e)) == 1) {
		if (rec_form_head_get(&h, head, e) != 0)
			return in_block(r, e);
		if (h.kind == REC_FORM_END) {
			if (take_end(r, &h, e) != 0)
				return -1;
			continue;
		}
		if (take_block(r, b, &h, e) != 0) {
			rec_block_free(b);
			return -1;
		}
		if (known(r, h.kind))
			return 1;
		rec_block_free(b);
	}
	return rc;
}

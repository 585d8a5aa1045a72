/* SPDX-License-Identifier: MIT */
/* Writing recmat(5): one forward pass; sections go out from where they lie. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "recmat/form.h"

enum { PIECE = 1 << 20 };

static uint64_t size_of(const struct rec_form_section *s, uint32_t n)
{
	return s[n - 1].off + rec_form_pad(s[n - 1].len) + rec_form_trailer_size(n);
}

uint64_t rec_recmat_size(const struct rec_block *b)
{
	struct rec_form_section s[REC_FORM_KNOWN];

	return size_of(s, rec_form_sections(s, b));
}

static void put_table(unsigned char *p, const struct rec_form_section *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, p += REC_FORM_ENTRY) {
		rec_put32(p, s[i].type);
		rec_put64(p + 8, s[i].off);
		rec_put64(p + 16, s[i].len);
	}
}

static int write_section(struct rec_out *out, const struct rec_form_section *s, struct rec_err *e)
{
	static const char zeros[REC_FORM_ALIGN];

	uint64_t step = s->far ? PIECE : s->len;

	for (uint64_t at = 0; at < s->len; at += step) {
		size_t n = (size_t)(s->len - at < step ? s->len - at : step);

		rec_far_walk(s->far, (const char *)s->p + at, n);
		if (rec_out_write(out, (const char *)s->p + at, n, e) != 0)
			return -1;
	}
	return rec_out_write(out, zeros, (size_t)(rec_form_pad(s->len) - s->len), e);
}

static int write_trailer(struct rec_out *out, const struct rec_form_section *s, uint32_t n,
			 struct rec_err *e)
{
	unsigned char p[REC_FORM_ALIGN] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		rec_put32(p + 4 * i, s[i].crc);
	return rec_out_write(out, p, sizeof p, e);
}

int rec_recmat_write(struct rec_out *out, const struct rec_block *b, struct rec_pool *pool,
		     struct rec_err *e)
{
	unsigned char p[REC_FORM_HEAD + REC_FORM_ENTRY * REC_FORM_KNOWN] = { 0 };
	struct rec_form_section s[REC_FORM_KNOWN];
	struct rec_form_head h = { .version = REC_FORM_VERSION,
				   .flags = b->optional || b->kind == REC_KEYS ? REC_FORM_OPTIONAL :
										 0,
				   .kind = b->kind };
	uint32_t n = rec_form_sections(s, b);
	size_t table = (size_t)rec_form_table_size(n);

	_Static_assert(REC_FORM_KNOWN * 4 <= REC_FORM_ALIGN && REC_FORM_KNOWN % 2 == 0,
		       "trailer and table fit their arrays");
	if (!rec_form_name_ok(b->name))
		return rec_err_set(e, REC_EDATA,
				   "a block cannot be named '%.32s': names are at most 31 "
				   "printable characters without blanks",
				   b->name);
	if (b->kind == REC_SPARSE) {
		h.order = b->order;
		h.nnz = b->nnz;
	}
	if (b->kind != REC_META) {
		h.type = b->kind == REC_KEYS ? 0 : REC_FORM_FLOAT32;
		h.rows = b->rows;
		h.cols = b->cols;
	}
	memcpy(h.name, b->name, sizeof h.name);
	h.size = size_of(s, n);
	h.nsections = n;
	put_table(p + REC_FORM_HEAD, s, n);
	h.table_crc = (uint32_t)crc32(0, p + REC_FORM_HEAD, (uInt)table);
	rec_form_head_put(p, &h);
	if (rec_form_crc(s, n, pool, e) != 0 ||
	    rec_out_write(out, p, REC_FORM_HEAD + table, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (write_section(out, &s[i], e) != 0)
			return -1;
	return write_trailer(out, s, n, e);
}

int rec_recmat_end(struct rec_out *out, uint64_t nblocks, struct rec_err *e)
{
	struct rec_form_head h = { .version = REC_FORM_VERSION,
				   .kind = REC_FORM_END,
				   .rows = nblocks,
				   .size = REC_FORM_HEAD };
	unsigned char p[REC_FORM_HEAD];

	rec_form_head_put(p, &h);
	return rec_out_write(out, p, sizeof p, e);
}

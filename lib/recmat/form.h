/* SPDX-License-Identifier: MIT */
/*
 * recmat/form.h - the bytes of recmat(5), shared by its reader and writer and
 * by nobody else.
 */
#ifndef REC_RECMAT_FORM_H
#define REC_RECMAT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "recmat/recmat.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "recmat files are used in place; big-endian hosts are not supported"
#endif

enum {
	REC_FORM_HEAD = 128,	/* bytes of a header, and of an end mark */
	REC_FORM_ENTRY = 32,	/* bytes of an entry of the section table */
	REC_FORM_ALIGN = 64,
	REC_FORM_VERSION = 1,
	REC_FORM_SECTIONS = 256,	/* most sections of a block, of an unknown kind too */
	REC_FORM_KNOWN = 10,		/* most sections of a known kind */
	REC_FORM_OPTIONAL = 1,		/* flag */
	REC_FORM_FLOAT32 = 1,		/* value type */
};
#define REC_FORM_MAGIC "RECMAT\0\n"
#define REC_FORM_END 0xffffffffu	/* kind of an end mark */
#define REC_FORM_ROWS_MAX \
	0xfffffffeu /* most rows, and columns: indices are 32 bits, and one value means none */

enum rec_section_type {
	REC_SEC_ROW_OFF = 1,
	REC_SEC_ROW_BYTES,
	REC_SEC_COL_OFF,
	REC_SEC_COL_BYTES,
	REC_SEC_PTR,
	REC_SEC_COL,
	REC_SEC_ROW,
	REC_SEC_VAL,
	REC_SEC_TIME,
	REC_SEC_META,
	REC_SEC_KEY,
};

/* The missing value and the missing time: the only NaNs allowed. */
#define REC_FORM_NAN32 0x7fc00000u
#define REC_FORM_NAN64 0x7ff8000000000000u

struct rec_form_head {
	uint16_t version, flags;
	uint32_t kind, order, type;
	uint64_t rows, cols, nnz, size;
	uint32_t nsections, table_crc;
	char name[REC_NAME_MAX];
};

struct rec_form_section {
	uint32_t type;
	uint64_t off, len;	/* off from the start of the block; len without padding */
	const void *p;		/* where the bytes are; in the reader followed by their padding */
	uint32_t crc;		/* padding included */
	struct rec_far *far;	/* that p lies in, where not all of it may be resident */
};

static inline uint64_t rec_form_pad(uint64_t n)
{
	return (n + REC_FORM_ALIGN - 1) & ~(uint64_t)(REC_FORM_ALIGN - 1);
}

static inline uint64_t rec_form_table_size(uint32_t nsections)
{
	return rec_form_pad((uint64_t)nsections * REC_FORM_ENTRY);
}

static inline uint64_t rec_form_trailer_size(uint32_t nsections)
{
	return rec_form_pad((uint64_t)nsections * 4);
}

bool rec_form_all_zero(const unsigned char *p, size_t n);

void rec_form_head_put(unsigned char p[REC_FORM_HEAD], const struct rec_form_head *h);

/* Printable ASCII without blanks, zeros after. */
bool rec_form_name_ok(const char name[REC_NAME_MAX]);

/*
 * Magic, CRC and zeros are checked, then the version. The message names neither
 * file nor block.
 */
REC_MUST int rec_form_head_get(struct rec_form_head *h, const unsigned char p[REC_FORM_HEAD],
			       struct rec_err *e);

/*
 * The sections of a block in their order, with offsets; returns their number.
 */
uint32_t rec_form_sections(struct rec_form_section s[REC_FORM_KNOWN], const struct rec_block *b);

/* What a section is called in messages. */
const char *rec_form_section_name(uint32_t type);

/* CRC-32 of each section and its padding, in parallel. */
REC_MUST int rec_form_crc(struct rec_form_section *s, uint32_t n, struct rec_pool *pool,
			  struct rec_err *e);

/*
 * All that recmat(5) asks of the contents of a block of a known kind whose
 * sections have the right lengths; label_len: bytes of row, column labels.
 */
REC_MUST int rec_form_check(const struct rec_block *b, const uint64_t label_len[2],
			    struct rec_pool *pool, struct rec_err *e);

#endif

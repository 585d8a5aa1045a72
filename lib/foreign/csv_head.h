/* SPDX-License-Identifier: MIT */
/*
 * foreign/csv_head.h - the first record of csv, and what it says about all
 * others: which columns hold row, column, value and time, and how many fields a
 * record has. Columns are chosen by number or by name. A name also matches the
 * text before a colon in the header, so that user_id finds RecBole's
 * user_id:token.
 */
#ifndef REC_FOREIGN_CSV_HEAD_H
#define REC_FOREIGN_CSV_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "foreign/record.h"

enum { REC_CSV_ROLES = 4 };	/* row, column, value, time */

struct rec_csv_name {
	const char *s;		/* a NUL after it */
	size_t n;
	bool number;
};

/* Begin with {0}, or { .is_header = true } if the record names columns. */
struct rec_csv_head {
	bool is_header;
	size_t column[REC_CSV_ROLES];	/* 1-based; 0: none */
	struct rec_csv_name *name;	/* its fields; they point into text */
	size_t n, cap, named;	/* fields: all, allocated, up to the last full one */
	uint64_t line;		/* in which it begins, from 1 */
	struct rec_buf text;	/* its fields, a NUL after each */
};

void rec_csv_head_free(struct rec_csv_head *h);

/*
 * Keep a copy of the first record and choose columns: those of the list, such
 * as "1,name,,4", or the first four if it is NULL.
 */
REC_MUST int rec_csv_head_take(struct rec_csv_head *h, const struct rec_record *rec,
			       const char *columns, struct rec_err *e);

/* True if the record equals the first one. */
bool rec_csv_head_again(const struct rec_csv_head *h, const struct rec_record *rec);

/*
 * A record must have as many fields as the first record. Empty fields at the
 * end do not count.
 */
REC_MUST int rec_csv_head_count(const struct rec_csv_head *h, const struct rec_record *rec,
				struct rec_err *e);

/*
 * Refuse a header that differs from the first one: it belongs to another file,
 * or has another order, and its columns would be mistaken for those of the
 * first. row, col: the fields of rec in the columns of row and column.
 */
REC_MUST int rec_csv_head_other(const struct rec_csv_head *h, const struct rec_record *rec,
				const struct rec_record_field *row,
				const struct rec_record_field *col, struct rec_err *e);

#endif

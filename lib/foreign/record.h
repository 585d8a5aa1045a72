/* SPDX-License-Identifier: MIT */
/*
 * foreign/record.h - records of csv: fields by a delimiter of one byte or more,
 * or by runs of blanks, quoted as in RFC 4180 (a doubled quote is a quote;
 * quoted fields may hold delimiters and line breaks).
 *
 * A record is one line, or several where a quoted field goes on over their
 * ends. It lies in memory as a whole, which is a chunk and the longest record;
 * a quote that is not closed within 64 MiB is an error. Lines without any byte
 * are skipped.
 */
#ifndef REC_FOREIGN_RECORD_H
#define REC_FOREIGN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "foreign/line.h"

struct rec_record_field {
	char *s;
	size_t n;
	uint64_t line;		/* in which it begins, from 1 */
};

/*
 * { .line = { .in = in, .marks = true }, .delimiter = ",", .quotes = true } to
 * begin
 */
struct rec_record {
	struct rec_foreign_line line;
	/*
	 * "": runs of blanks and TABs; blanks before the first field are
	 * skipped
	 */
	const char *delimiter;
	bool quotes;		/* else a quote is a byte like any other */
	/*
	 * the delimiter may be told by a first line "sep=;", as Excel writes it
	 */
	bool guess;

	/* of the record given last, in memory that may be written to */
	struct rec_record_field *field;
	size_t n, cap;

	char sep[16];		/* of sep= */
	size_t at;		/* bytes of the record that were looked at for quotes */
	bool open;		/* inside a quoted field, which began here: */
	size_t open_field;
	uint64_t open_line;
};

void rec_record_free(struct rec_record *r);

/* The next record: 1 and at least one field, 0 at the end, -1. */
REC_MUST int rec_record_next(struct rec_record *r, struct rec_err *e);

/*
 * "FILE:LINE: field F: ..." with the line in which field f (from 1) begins, or
 * the record for 0. Returns -1.
 */
int rec_record_fail(const struct rec_record *r, size_t f, struct rec_err *e, const char *fmt, ...)
	REC_PRINTF(4, 5);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * foreign/record.h - records of csv. A delimiter of one byte or more, or a run
 * of blanks, separates fields. They are quoted as in RFC 4180: a doubled quote
 * stands for one quote, and quoted fields may hold delimiters and line breaks.
 *
 * A record is one line, or several if a quoted field continues after a line
 * end. The whole record lies in memory: a chunk and the longest record. A quote
 * that is not closed within 64 MiB is an error. Empty lines are skipped.
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
	uint64_t line;		/* the line in which it begins, from 1 */
};

/*
 * Begin with { .line = { .in = in, .marks = true }, .delimiter = ",", .quotes =
 * true }.
 */
struct rec_record {
	struct rec_foreign_line line;
	/*
	 * "": runs of blanks and TABs; those before the first field are skipped
	 */
	const char *delimiter;
	bool quotes;		/* false: a quote is a byte like any other */
	/* a first line "sep=;" may name the delimiter, as Excel writes it */
	bool guess;

	/* fields of the last record; the caller may change their bytes */
	struct rec_record_field *field;
	size_t n, cap;

	char sep[16];		/* the delimiter of a line sep= */
	size_t at;		/* bytes of the record already searched for quotes */
	bool open;		/* inside a quoted field; the next two say where it begins */
	size_t open_field;
	uint64_t open_line;
};

void rec_record_free(struct rec_record *r);

/*
 * Read the next record. Returns 1 and at least one field, 0 at the end, -1 on
 * error.
 */
REC_MUST int rec_record_next(struct rec_record *r, struct rec_err *e);

/*
 * Set the error "FILE:LINE: field F: ..." with the line in which field f (from
 * 1) begins, or in which the record begins if f is 0. Returns -1.
 */
int rec_record_fail(const struct rec_record *r, size_t f, struct rec_err *e, const char *fmt, ...)
	REC_PRINTF(4, 5);

#endif

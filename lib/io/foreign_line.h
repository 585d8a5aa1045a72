/* SPDX-License-Identifier: MIT */
/* foreign_line.h - lines of a foreign text format, with errors that name file, line and field. */
#ifndef REC_IO_FOREIGN_LINE_H
#define REC_IO_FOREIGN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"

struct rec_foreign_line {	/* { .in = in } to begin; borrows in */
	struct rec_in *in;
	char *buf;
	size_t n, cap, at;
	bool ended;
	uint64_t number;	/* of the line given last, from 1 */
};

void rec_line_free(struct rec_foreign_line *l);

/* The next line without its newline, in memory that may be written to until the next call, with a NUL behind it. 1, 0 at the end, -1 (also for a NUL
 * byte in the line). */
REC_MUST int rec_line_next(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e);

/* "FILE:LINE: field F: ..." (field 0: none). Returns -1. */
int rec_line_fail(const struct rec_foreign_line *l, int field, struct rec_err *e, const char *fmt, ...) REC_PRINTF(4, 5);

/* A number in a field, errors as in TSV. */
REC_MUST int rec_line_f32(const struct rec_foreign_line *l, int field, const char *s, size_t n, float *x, struct rec_err *e);
REC_MUST int rec_line_f64(const struct rec_foreign_line *l, int field, const char *s, size_t n, double *x, struct rec_err *e);
REC_MUST int rec_line_u64(const struct rec_foreign_line *l, int field, const char *s, size_t n, uint64_t *x, struct rec_err *e);

/* A label in a field: not empty, no TAB. */
REC_MUST int rec_line_label(const struct rec_foreign_line *l, int field, const char *s, size_t n, struct rec_err *e);

/* The next field of [*p, end): up to delimiter, or up to a run of blanks and tabs where delimiter is NULL or "". 1 and *s, *n; 0 when there is none. */
int rec_field_next(char **p, const char *end, const char *delimiter, char **s, size_t *n);

/* The delimiter an option names: "\t" written out is TAB. */
const char *rec_delimiter(const char *option, const char *otherwise);

#endif

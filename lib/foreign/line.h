/* SPDX-License-Identifier: MIT */
/*
 * foreign/line.h - lines of a foreign text format, with errors that name file,
 * line and field.
 */
#ifndef REC_FOREIGN_LINE_H
#define REC_FOREIGN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "io/lost.h"
#include "io/window.h"
#include "recpipe/rows.h"

/*
 * A line ends in newline or CR newline; and, where the first line end of the
 * stream is a CR with no newline near it, in CR, too (old Mac). Memory: a chunk
 * and the longest line.
 */
struct rec_foreign_line {	/* { .held.in = in } to begin; borrows in */
	bool marks;		/* csv: a byte order mark before a line is skipped, not an error */
	bool binary;		/* the reader knows its format by its first bytes */
	struct rec_window held;
	size_t at;		/* bytes of held that were given out */
	size_t start, stop;	/* the line given last lies in held.p[start .. stop) */
	char under;		/* the byte that the NUL after it covers */
	bool known, cr;		/* cr: CR ends a line; known: that is decided */
	uint64_t number;	/* of the line given last, from 1 */
	/*
	 * numbers that have more digits than are kept are added here, where not
	 * NULL
	 */
	struct rec_lost *lost;
	struct rec_buf text;	/* of rec_line_keep */
};

void rec_line_free(struct rec_foreign_line *l);

/*
 * The next line without its end, in memory that may be written to until the
 * next call, with a NUL after it. 1, 0 at the end, -1. Errors: a NUL byte, a
 * byte order mark, and, at the first line, bytes that begin another format
 * (io/looks.h).
 */
REC_MUST int rec_line_next(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e);

/*
 * The line given last, which was not written to, with its end and the next line
 * after it: as one. 1, 0 where nothing follows, -1.
 */
REC_MUST int rec_line_more(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e);

/* "FILE:LINE: field F: ..." (field 0: none). Returns -1. */
int rec_line_fail(const struct rec_foreign_line *l, int field, struct rec_err *e, const char *fmt,
		  ...) REC_PRINTF(4, 5);

/*
 * A number in a field, errors as in TSV. Of values and times: 1 where it has
 * more digits than are kept (which goes to l->lost), 0 where not, -1.
 */
REC_MUST int rec_line_f32(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			  float *x, struct rec_err *e);
REC_MUST int rec_line_time(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			   double *x, struct rec_err *e);
REC_MUST int rec_line_u64(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			  uint64_t *x, struct rec_err *e);

/*
 * Where digits were lost: put the row's column label into memory that lasts
 * until the next call, and its value (NULL: none) and time (NULL: none) after
 * it as they were written, so that text keeps them (REC_LOST_VALUE of rows.h).
 */
REC_MUST int rec_line_keep(struct rec_foreign_line *l, struct rec_row *row, const char *value,
			   size_t nvalue, const char *time, size_t ntime, struct rec_err *e);

/*
 * A label in a field: not empty, no TAB, no newline, not beyond REC_LABEL_MAX.
 */
REC_MUST int rec_line_label(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			    struct rec_err *e);

/*
 * The next field of [*p, end): up to delimiter, or up to a run of blanks and
 * tabs where delimiter is NULL or "". 1 and *s, *n; 0 when there is none.
 */
int rec_field_next(char **p, const char *end, const char *delimiter, char **s, size_t *n);

/*
 * The delimiter an option names: "\t" written out is TAB; "blanks" is "", runs
 * of blanks and TABs.
 */
const char *rec_delimiter(const char *option, const char *otherwise);

#endif

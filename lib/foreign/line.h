/* SPDX-License-Identifier: MIT */
/*
 * foreign/line.h - lines of a foreign text format; errors name file, line and
 * field.
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
 * A line ends in newline or CR newline. It also ends in CR if the first line
 * end of the stream is a CR with no newline near it (old Mac). Memory: a chunk
 * and the longest line.
 */
struct rec_foreign_line {	/* begin with { .held.in = in }; in is borrowed */
	bool marks;		/* csv: skip a byte order mark before a line; else it is an error */
	bool binary;		/* do not look for the first bytes of other formats */
	struct rec_window held;
	size_t at;		/* bytes of held that are consumed */
	size_t start, stop;	/* the last line is held.p[start .. stop) */
	char under;		/* the byte under the NUL that ends the last line */
	bool known, cr;		/* cr: CR ends a line; known: cr is decided */
	uint64_t number;	/* of the last line, from 1 */
	/*
	 * count numbers with more digits than are kept here; NULL: do not count
	 */
	struct rec_lost *lost;
	struct rec_buf text;	/* what rec_line_keep stores */
};

void rec_line_free(struct rec_foreign_line *l);

/*
 * The next line without its end, and with a NUL after it. The caller may change
 * its bytes; they are valid until the next call. Returns 1, 0 at the end of the
 * input, -1 on error. A NUL byte is an error, a byte order mark too, and in the
 * first line the first bytes of another format (io/looks.h).
 */
REC_MUST int rec_line_next(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e);

/*
 * The last line, its line end and the next line, as one line. The caller must
 * not have changed the last line. Returns 1, 0 if no line follows, -1 on error.
 */
REC_MUST int rec_line_more(struct rec_foreign_line *l, char **line, size_t *n, struct rec_err *e);

/*
 * Set the error "FILE:LINE: field F: ..." (without field if it is 0). Returns
 * -1.
 */
int rec_line_fail(const struct rec_foreign_line *l, int field, struct rec_err *e, const char *fmt,
		  ...) REC_PRINTF(4, 5);

/*
 * Read a number in a field, with the errors of TSV. For values and times
 * returns 1 if the number has more digits than are kept (l->lost counts it), 0
 * if not, -1 on error.
 */
REC_MUST int rec_line_f32(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			  float *x, struct rec_err *e);
REC_MUST int rec_line_time(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			   double *x, struct rec_err *e);
REC_MUST int rec_line_u64(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			  uint64_t *x, struct rec_err *e);

/*
 * For a row that lost digits: copy its column label, and after it the text of
 * its value and its time (NULL: none), into memory that is valid until the next
 * call. So output as text keeps the digits (REC_LOST_VALUE of rows.h).
 */
REC_MUST int rec_line_keep(struct rec_foreign_line *l, struct rec_row *row, const char *value,
			   size_t nvalue, const char *time, size_t ntime, struct rec_err *e);

/*
 * Check a label in a field: not empty, no TAB, no newline, at most
 * REC_LABEL_MAX bytes.
 */
REC_MUST int rec_line_label(const struct rec_foreign_line *l, int field, const char *s, size_t n,
			    struct rec_err *e);

/*
 * The next field of [*p, end). It ends at the delimiter, or at a run of blanks
 * and tabs if delimiter is NULL or "". Returns 1 and *s, *n; 0 if there is
 * none.
 */
int rec_field_next(char **p, const char *end, const char *delimiter, char **s, size_t *n);

/*
 * The delimiter that an option names: the two characters "\t" mean TAB, and
 * "blanks" means runs of blanks and TABs (returned as "").
 */
const char *rec_delimiter(const char *option, const char *otherwise);

#endif

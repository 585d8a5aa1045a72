/* SPDX-License-Identifier: MIT */
/*
 * looks.h - what an input looks like that is not rows of text, told by bytes
 * that were read anyway: nothing is asked of the stream.
 *
 * A label may hold almost any bytes, so nothing is refused for its looks alone.
 * They explain why a line could not be read, and they decide where an input
 * holds no TAB at all: then it is either labels, one a line, or another format.
 */
#ifndef REC_IO_LOOKS_H
#define REC_IO_LOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/in.h"

struct rec_looks {
	const char *what;	/* "xz", "fields parted by ';'" */
	const char *todo;	/* "unpack it first: xz -dc" */
	bool sure;		/* false: labels may look so, too */
	bool lines;		/* told by what parts the fields of lines */
};

/*
 * By the first n bytes of a stream: packed, binary, UTF-16, JSON, XML, Matrix
 * Market, CR for line ends. NULL where they look like text in lines.
 */
const struct rec_looks *rec_looks_file(const char *p, size_t n);

/* The same except for line ends, of readers that take CR as well. */
const struct rec_looks *rec_looks_format(const char *p, size_t n);

/*
 * By a line without TAB (no newline in it): what parts its fields. NULL where
 * it is one word. Never sure.
 */
const struct rec_looks *rec_looks_line(const char *p, size_t n);

/*
 * By the first bytes of a text none of whose lines holds a TAB. Sure: as
 * rec_looks_file; or every line is cut by commas, semicolons, bars or "::" into
 * the same number of fields; or by blanks, with numbers where values stand. Not
 * sure: words of the same number on every line, which names may be. NULL:
 * labels.
 */
const struct rec_looks *rec_looks_labels(const char *p, size_t n);

/* A byte order mark. */
static inline bool rec_looks_mark(const char *p, size_t n)
{
	return n >= 3 && p[0] == '\xef' && p[1] == '\xbb' && p[2] == '\xbf';
}
#define REC_LOOKS_MARK "byte order mark; drop it: sed 's/^\\xef\\xbb\\xbf//'"

/*
 * A whole text of lines that was read from in: a NUL byte, a byte order mark
 * before a line, CR alone for line ends are errors.
 */
REC_MUST int rec_looks_check(struct rec_in *in, const char *p, size_t n, struct rec_err *e);

/*
 * Where the first bytes of in say what it is: "NAME: this is xz; unpack it
 * first: xz -dc" takes the place of the message in e, and true.
 */
bool rec_looks_explain(struct rec_in *in, struct rec_err *e);

/*
 * The same as an error of its own; "no line has a TAB; CSV? see ..." where
 * lines tell. Returns -1.
 */
int rec_looks_fail(const struct rec_in *in, const struct rec_looks *l, struct rec_err *e);

#endif

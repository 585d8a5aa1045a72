/* SPDX-License-Identifier: MIT */
/*
 * serve/json.h - JSON and lines of text into a buffer. Numbers are printed as
 * everywhere here, with the fewest digits that read back the same; jansson,
 * which reads what clients send, would print 17.
 */
#ifndef REC_SERVE_JSON_H
#define REC_SERVE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define REC_TYPE_JSON "application/json"
#define REC_TYPE_TSV "text/tab-separated-values; charset=utf-8"
#define REC_TYPE_TEXT "text/plain; charset=utf-8"
#define REC_TYPE_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

/* Text without its NUL. */
REC_MUST int rec_json_raw(struct rec_buf *b, const char *text, struct rec_err *e);

/*
 * What stands before a key and the key, whose quote may be open: `{"user` gives
 * `{"user":`. Constant text alone.
 */
REC_MUST int rec_json_key(struct rec_buf *b, const char *text, struct rec_err *e);

/*
 * A string in quotes. Labels are bytes: what is no UTF-8 becomes U+FFFD, one
 * for each byte; lines of text have the bytes as they are.
 */
REC_MUST int rec_json_string(struct rec_buf *b, const char *p, size_t n, struct rec_err *e);

/*
 * The same into room that is there: REC_JSON_ROOM(n) bytes for a string of n.
 * Returns the end of what was written.
 */
#define REC_JSON_ROOM(n) (6 * (n) + 2)
char *rec_json_put_string(char *to, const char *p, size_t n);

/* Bytes as they are, into room that is there; constant text. */
static inline char *rec_json_put(char *to, const char *p, size_t n)
{
	memcpy(to, p, n);
	return to + n;
}
#define REC_JSON_PUT(to, text) rec_json_put((to), (text), sizeof(text) - 1)

REC_MUST int rec_json_f32(struct rec_buf *b, float x, struct rec_err *e);
REC_MUST int rec_json_f64(struct rec_buf *b, double x, struct rec_err *e);
REC_MUST int rec_json_u64(struct rec_buf *b, uint64_t x, struct rec_err *e);
REC_MUST int rec_json_bool(struct rec_buf *b, bool x, struct rec_err *e);

/* Key and label; null where the label is empty. */
struct rec_text;
REC_MUST int rec_json_label(struct rec_buf *b, const char *key, const struct rec_text *t,
			   struct rec_err *e);

/* Bytes of the character of UTF-8 at p, 1 .. n; 0 where there is none. */
size_t rec_utf8_length(const char *p, size_t n);

#endif

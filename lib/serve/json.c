/* SPDX-License-Identifier: MIT */
/* serve/json.c - JSON, written. */
#include "serve/json.h"

#include <stdio.h>
#include <string.h>

#include "io/num.h"
#include "recpipe/answer.h"

int rec_json_raw(struct rec_buf *b, const char *text, struct rec_err *e)
{
	return rec_buf_add(b, text, strlen(text), e);
}

int rec_json_key(struct rec_buf *b, const char *text, struct rec_err *e)
{
	return rec_json_raw(b, text, e) != 0 ? -1 : rec_buf_add(b, "\":", 2, e);
}

static bool is_more(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* RFC 3629: no surrogates, nothing longer than it need be, at most U+10FFFF. */
size_t rec_utf8_length(const char *p, size_t n)
{
	unsigned char a = (unsigned char)p[0], second = n > 1 ? (unsigned char)p[1] : 0;
	size_t want = a < 0x80 ? 1 : a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;

	if (want == 0 || want > n || !is_more(p + 1, want - 1))
		return 0;
	if ((a == 0xe0 && second < 0xa0) || (a == 0xed && second > 0x9f) ||
	    (a == 0xf0 && second < 0x90) || (a == 0xf4 && second > 0x8f))
		return 0;
	return want;
}

/* The escape of a character that needs one; NULL for all others. */
static const char *escape(unsigned char c, char room[8])
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	case '\t': return "\\t";
	case '\r': return "\\r";
	default: break;
	}
	if (c >= 0x20 && c != 0x7f)
		return NULL;
	snprintf(room, 8, "\\u%04x", c);
	return room;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The character at p, which is not plain; *len bytes of it. */
static char *put_character(char *to, const char *p, size_t n, size_t *len)
{
	char room[8];
	const char *as = escape((unsigned char)*p, room);

	*len = rec_utf8_length(p, n);
	if (*len == 0) {
		as = "\xef\xbf\xbd";
		*len = 1;
	}
	if (!as) {
		memcpy(to, p, *len);
		return to + *len;
	}
	n = strlen(as);
	memcpy(to, as, n);
	return to + n;
}

char *rec_json_put_string(char *to, const char *p, size_t n)
{
	const char *end = p + n;
	size_t len;

	*to++ = '"';
	while (p < end) {
		if (is_plain((unsigned char)*p)) {	/* nearly always */
			*to++ = *p++;
			continue;
		}
		to = put_character(to, p, (size_t)(end - p), &len);
		p += len;
	}
	*to++ = '"';
	return to;
}

int rec_json_string(struct rec_buf *b, const char *p, size_t n, struct rec_err *e)
{
	if (rec_grow(&b->p, &b->cap, b->n + REC_JSON_ROOM(n) + 1, 1, e) != 0)
		return -1;
	b->n = (size_t)(rec_json_put_string(b->p + b->n, p, n) - b->p);
	return 0;
}

int rec_json_f32(struct rec_buf *b, float x, struct rec_err *e)
{
	char digits[REC_NUM_MAX];

	return rec_buf_add(b, digits, rec_num_put_f32(digits, x), e);
}

int rec_json_f64(struct rec_buf *b, double x, struct rec_err *e)
{
	char digits[REC_NUM_MAX];

	return rec_buf_add(b, digits, rec_num_put_f64(digits, x), e);
}

int rec_json_u64(struct rec_buf *b, uint64_t x, struct rec_err *e)
{
	char digits[REC_NUM_MAX];

	return rec_buf_add(b, digits, rec_num_put_u64(digits, x), e);
}

int rec_json_bool(struct rec_buf *b, bool x, struct rec_err *e)
{
	return rec_json_raw(b, x ? "true" : "false", e);
}

int rec_json_label(struct rec_buf *b, const char *key, const struct rec_text *t, struct rec_err *e)
{
	if (rec_json_key(b, key, e) != 0)
		return -1;
	return t->n ? rec_json_string(b, t->p, t->n, e) : rec_json_raw(b, "null", e);
}

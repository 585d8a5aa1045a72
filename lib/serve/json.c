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

int rec_json_string(struct rec_buf *b, const char *p, size_t n, struct rec_err *e)
{
	size_t from = 0, len;
	char room[8];

	if (rec_buf_add(b, "\"", 1, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i += len) {
		const char *as = escape((unsigned char)p[i], room);

		len = rec_utf8_length(p + i, n - i);
		if (len == 0)
			as = "\xef\xbf\xbd";
		len += len == 0;
		if (!as)
			continue;
		if (rec_buf_add(b, p + from, i - from, e) != 0 || rec_json_raw(b, as, e) != 0)
			return -1;
		from = i + len;
	}
	if (from < n && rec_buf_add(b, p + from, n - from, e) != 0)
		return -1;
	return rec_buf_add(b, "\"", 1, e);
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

/* SPDX-License-Identifier: MIT */
/* summary_write.c - lines as text and as JSON. */
#include <string.h>

#include "base/mem.h"
#include "eval/summary.h"
#include "io/num.h"

/* Length of the UTF-8 sequence at p (n bytes left), or 0 where it is none. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80		 ? 1 :
		     p[0] >= 0xc2 && p[0] < 0xe0 ? 2 :
		     p[0] >= 0xe0 && p[0] < 0xf0 ? 3 :
		     p[0] >= 0xf0 && p[0] < 0xf5 ? 4 :
						   0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return len;
}

/*
 * Labels are bytes and JSON is Unicode: a byte that is no UTF-8 is written as
 * the code point of its number.
 */
static int add_string(struct rec_buf *b, const char *s, struct rec_err *e)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = strlen(s), n;
	int rc = rec_buf_add(b, "\"", 1, e);

	for (; rc == 0 && left > 0; p += n, left -= n) {
		n = utf8_len(p, left);
		if (n == 0 || *p < 0x20 || *p == 0x7f) {
			rc = rec_buf_printf(b, e, "\\u%04x", *p);
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			rc = rec_buf_printf(b, e, "\\%c", *p);
		} else {
			rc = rec_buf_add(b, p, n, e);
		}
	}
	return rc == 0 ? rec_buf_add(b, "\"", 1, e) : rc;
}

static int add_json(struct rec_buf *b, const struct rec_summary_line *l, const char *number,
		    size_t n, struct rec_err *e)
{
	if (rec_buf_printf(b, e, "{\"measure\": ") != 0 || add_string(b, l->name, e) != 0)
		return -1;
	if (rec_buf_printf(b, e, ", \"value\": %.*s, \"definition\": ", (int)n, number) != 0 ||
	    add_string(b, l->definition, e) != 0)
		return -1;
	return rec_buf_add(b, "}", 1, e);
}

static int add_all(struct rec_buf *b, const struct rec_summary *s, bool json, struct rec_err *e)
{
	if (json && rec_buf_printf(b, e, "{\"measures\": [\n") != 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct rec_summary_line *l = &s->line[i];
		char number[REC_NUM_MAX];
		size_t n = rec_num_put_f64(number, l->value);

		if (!json && rec_buf_printf(b, e, "%s\t%.*s\t%s\n", l->name, (int)n, number,
					    l->definition) != 0)
			return -1;
		if (json && (add_json(b, l, number, n, e) != 0 ||
			     rec_buf_printf(b, e, "%s\n", i + 1 < s->n ? "," : "") != 0))
			return -1;
	}
	return json ? rec_buf_printf(b, e, "]}\n") : 0;
}

int rec_summary_write(struct rec_out *out, const struct rec_summary *s, bool json,
		      struct rec_err *e)
{
	struct rec_buf b = { 0 };
	int rc = add_all(&b, s, json, e);

	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

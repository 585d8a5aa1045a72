/* SPDX-License-Identifier: MIT */
/* serve/envelope_read.c - methods, parameters, heads, bodies of envelopes. */
#include "serve/envelope_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve/base64.h"
#include "serve/json.h"

int rec_envelope_bad(struct rec_reply *r, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return rec_reply_fail(r, 400, "bad-event", "%s", text);
}

int rec_envelope_put(struct rec_buf *b, const char *p, size_t n, struct rec_reply *r)
{
	struct rec_err e = { 0 };

	if (rec_buf_add(b, p, n, &e) != 0 || rec_buf_add(b, "", 1, &e) != 0)
		return rec_reply_error(r, &e);
	b->n--;
	return 0;
}

/* -- parameters ------------------------------------------------------- */

static bool is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* The text with %XX for what has a meaning in a query. */
static int put_escaped(struct rec_buf *b, const char *text, struct rec_reply *r)
{
	static const char hex[] = "0123456789ABCDEF";
	struct rec_err e = { 0 };
	size_t n = strlen(text);

	if (rec_grow(&b->p, &b->cap, b->n + 3 * n + 1, 1, &e) != 0)
		return rec_reply_error(r, &e);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_unreserved(c)) {
			b->p[b->n++] = (char)c;
			continue;
		}
		b->p[b->n++] = '%';
		b->p[b->n++] = hex[c >> 4];
		b->p[b->n++] = hex[c & 15];
	}
	b->p[b->n] = '\0';
	return 0;
}

static int put_part(struct rec_buf *b, const char *text, bool escaped, struct rec_reply *r)
{
	return escaped ? rec_envelope_put(b, text, strlen(text), r) : put_escaped(b, text, r);
}

/* A value as text: itself, or digits. NULL where it is neither. */
static const char *text_of(const json_t *value, char digits[64])
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		snprintf(digits, 64, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(digits, 64, "%s", json_is_true(value) ? "true" : "false");
	else
		return NULL;
	return digits;
}

static int put_parameter(struct rec_buf *b, const char *key, const json_t *value, bool escaped,
			 struct rec_reply *r)
{
	char digits[64];
	const char *text = text_of(value, digits);

	if (!text)
		return rec_envelope_bad(r,
					"the parameter '%.100s' is no string and no whole "
					"number",
					key);
	if (rec_envelope_put(b, memchr(b->p, '?', b->n) ? "&" : "?", 1, r) != 0 ||
	    put_part(b, key, escaped, r) != 0 || rec_envelope_put(b, "=", 1, r) != 0)
		return -1;
	return put_part(b, text, escaped, r);
}

int rec_envelope_query(struct rec_buf *target, json_t *query, bool escaped, struct rec_reply *r)
{
	const char *key;
	json_t *value;

	if (!query || json_is_null(query))
		return 0;
	if (!json_is_object(query))
		return rec_envelope_bad(r, "the query is no object of parameters");
	json_object_foreach(query, key, value)
	{
		size_t n = json_is_array(value) ? json_array_size(value) : 1;

		for (size_t i = 0; i < n; i++)
			if (put_parameter(target, key,
					  json_is_array(value) ? json_array_get(value, i) : value,
					  escaped, r) != 0)
				return -1;
	}
	return 0;
}

/* -- the head --------------------------------------------------------- */

static int put_value(struct rec_buf *b, const json_t *value, struct rec_reply *r)
{
	if (!json_is_string(value))
		return rec_envelope_bad(r, "a field of the head is no string");
	if (b->n > 0 && rec_envelope_put(b, ", ", 2, r) != 0)
		return -1;
	return rec_envelope_put(b, json_string_value(value), json_string_length(value), r);
}

/* Of several lines one, as HTTP allows. */
static int read_field(struct rec_buf *b, json_t *head, const char *name, const char **to,
		      struct rec_reply *r)
{
	const char *key;
	json_t *value;

	json_object_foreach(head, key, value)
	{
		size_t n = json_is_array(value) ? json_array_size(value) : 1;

		if (strcasecmp(key, name) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (put_value(b, json_is_array(value) ? json_array_get(value, i) : value,
				      r) != 0)
				return -1;
	}
	*to = b->n > 0 ? b->p : NULL;
	return 0;
}

int rec_envelope_head(struct rec_envelope *v, json_t *head, struct rec_reply *r)
{
	if (!head || json_is_null(head))
		return 0;
	if (!json_is_object(head))
		return rec_envelope_bad(r, "the head is no object of fields");
	if (read_field(&v->accept, head, "accept", &v->request.accept, r) != 0)
		return -1;
	return read_field(&v->type, head, "content-type", &v->request.type, r);
}

/* -- the rest --------------------------------------------------------- */

int rec_envelope_body(struct rec_envelope *v, const json_t *body, bool in_base64,
		      struct rec_reply *r)
{
	struct rec_err e = { 0 };
	int rc;

	v->request.body = "";
	if (!body || json_is_null(body))
		return 0;
	if (!json_is_string(body))
		return rec_envelope_bad(r, "the body is no string");
	v->request.body = json_string_value(body);
	v->request.body_len = json_string_length(body);
	if (!in_base64)
		return 0;
	rc = rec_base64_read(&v->body, v->request.body, v->request.body_len, &e);
	if (rc == 0)
		return rec_envelope_bad(r, "the body is said to be base64, and is not");
	if (rc < 0)
		return rec_reply_error(r, &e);
	v->request.body = v->body.n > 0 ? v->body.p : "";
	v->request.body_len = v->body.n;
	return 0;
}

int rec_envelope_method(struct rec_envelope *v, const json_t *method, struct rec_reply *r)
{
	const char *name = json_string_value(method);

	if (!name)
		return rec_envelope_bad(r, "the event has no method");
	v->request.post = strcmp(name, "POST") == 0;
	if (v->request.post || strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
		return 0;
	rec_reply_fail(r, 405, "wrong-method", "'%.20s' is not done here: GET, HEAD and POST are",
		       name);
	r->allow = "GET, HEAD, POST";
	return -1;
}

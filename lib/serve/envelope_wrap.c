/* SPDX-License-Identifier: MIT */
/* serve/envelope_wrap.c - an answer as the host of a function wants it. */
#include <jansson.h>
#include <stdio.h>

#include "serve/base64.h"
#include "serve/envelope.h"
#include "serve/json.h"

bool rec_is_utf8(const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t len = (unsigned char)p[i] < 0x80 ? 1 : rec_utf8_length(p + i, n - i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

static int put_field(struct rec_buf *b, const char *key, const char *value, bool many,
		     struct rec_err *e)
{
	if (rec_json_key(b, key, e) != 0 || (many && rec_json_raw(b, "[", e) != 0) ||
	    rec_json_string(b, value, strlen(value), e) != 0)
		return -1;
	return many ? rec_json_raw(b, "]", e) : 0;
}

/* The head of every answer of rec-serve, without what is HTTP's own. */
static int put_head(struct rec_buf *b, const struct rec_reply *r, bool many, struct rec_err *e)
{
	if (put_field(b, "{\"content-type", r->type, many, e) != 0 ||
	    put_field(b, ",\"x-content-type-options", "nosniff", many, e) != 0 ||
	    (r->allow && put_field(b, ",\"allow", r->allow, many, e) != 0) ||
	    (r->status == 503 && put_field(b, ",\"retry-after", "1", many, e) != 0))
		return -1;
	return rec_json_raw(b, "}", e);
}

static int put_status(struct rec_buf *b, const struct rec_reply *r, bool many, struct rec_err *e)
{
	if (rec_json_key(b, "{\"statusCode", e) != 0 ||
	    rec_json_u64(b, (uint64_t)r->status, e) != 0 ||
	    rec_json_key(b, many ? ",\"multiValueHeaders" : ",\"headers", e) != 0)
		return -1;
	return put_head(b, r, many, e);
}

int rec_wrap_begin(struct rec_buf *b, const struct rec_envelope *v, const struct rec_reply *r,
		   bool in_base64, struct rec_err *e)
{
	bool azure = v->wrap == REC_WRAP_AZURE;

	if ((azure && rec_json_raw(b, "{\"Outputs\":{\"res\":", e) != 0) ||
	    put_status(b, r, v->many_values, e) != 0 ||
	    (!azure && (rec_json_key(b, ",\"isBase64Encoded", e) != 0 ||
			rec_json_bool(b, in_base64, e) != 0)) ||
	    rec_json_key(b, ",\"body", e) != 0)
		return -1;
	return rec_json_raw(b, "\"", e);
}

int rec_wrap_add(struct rec_buf *b, const char *p, size_t n, bool in_base64, struct rec_err *e)
{
	char *from;
	size_t len;

	if (in_base64)
		return rec_base64_add(b, p, n, e);
	if (rec_grow(&b->p, &b->cap, b->n + REC_JSON_ROOM(n), 1, e) != 0)
		return -1;
	from = b->p + b->n;
	len = (size_t)(rec_json_put_string(from, p, n) - from);
	memmove(from, from + 1, len - 2);	/* without its quotes */
	b->n += len - 2;
	return 0;
}

int rec_wrap_end(struct rec_buf *b, const struct rec_envelope *v, struct rec_err *e)
{
	return rec_json_raw(
		b, v->wrap == REC_WRAP_AZURE ? "\"}},\"Logs\":[],\"ReturnValue\":null}" : "\"}", e);
}

int rec_wrap_prelude(struct rec_buf *b, const struct rec_reply *r, struct rec_err *e)
{
	return put_status(b, r, false, e) != 0 ? -1 : rec_json_raw(b, "}", e);
}

/* bad-request is BadRequest. */
static void put_type(char *to, size_t size, const char *code)
{
	size_t n = (size_t)snprintf(to, size, "Rec.");
	bool large = true;

	for (; *code && n + 1 < size; code++) {
		bool small = *code >= 'a' && *code <= 'z';

		if (*code != '-')
			to[n++] = large && small ? (char)(*code - 'a' + 'A') : *code;
		large = *code == '-';
	}
	to[n] = '\0';
}

int rec_wrap_error(struct rec_buf *b, const struct rec_reply *r, char *type, size_t size,
		   struct rec_err *e)
{
	json_t *root = json_loadb(r->body.p ? r->body.p : "", r->body.n, 0, NULL);
	const json_t *error = json_object_get(root, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *reason = json_string_value(json_object_get(error, "reason"));
	int rc = -1;

	if (!code || !reason) {	/* there was no memory for a reason */
		code = "no-memory";
		reason = "there is no memory for this now";
	}
	put_type(type, size, code);
	if (rec_json_key(b, "{\"errorMessage", e) == 0 &&
	    rec_json_string(b, reason, strlen(reason), e) == 0 &&
	    rec_json_key(b, ",\"errorType", e) == 0 &&
	    rec_json_string(b, type, strlen(type), e) == 0)
		rc = rec_json_raw(b, "}", e);
	json_decref(root);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* serve/request.c - replies, and those that are errors. */
#include "serve/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/json.h"

void rec_reply_clear(struct rec_reply *r)
{
	struct rec_buf body = r->body;

	body.n = 0;
	*r = (struct rec_reply){ .body = body };
}

void rec_reply_free(struct rec_reply *r)
{
	rec_buf_free(&r->body);
	*r = (struct rec_reply){ 0 };
}

int rec_reply_fail(struct rec_reply *r, int status, const char *code, const char *fmt, ...)
{
	struct rec_err e = { 0 };
	struct rec_buf *b = &r->body;
	char reason[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof reason, fmt, ap);
	va_end(ap);
	r->status = status;
	r->type = REC_TYPE_JSON;
	b->n = 0;
	if (rec_json_key(b, "{\"error\":{\"code", &e) != 0 ||
	    rec_json_string(b, code, strlen(code), &e) != 0 ||
	    rec_json_key(b, ",\"reason", &e) != 0 ||
	    rec_json_string(b, reason, strlen(reason), &e) != 0 ||
	    rec_buf_add(b, "}}\n", 3, &e) != 0)
		b->n = 0;	/* no memory: the status says all */
	return -1;
}

int rec_reply_error(struct rec_reply *r, const struct rec_err *e)
{
	switch (e->code) {
	case REC_EUSAGE: return rec_reply_fail(r, 400, "bad-request", "%s", e->msg);
	case REC_ENOMEM: return rec_reply_fail(r, 503, "no-memory", "there is no memory for this "
						"now; ask again later");
	case REC_EIO: return rec_reply_fail(r, 503, "unavailable", "%s", e->msg);
	default: return rec_reply_fail(r, 422, "impossible", "%s", e->msg);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/page.c - GET /: the page of page.html, which make turns into a string.
 * It is one file, and asks this server alone.
 */
#include "serve/desk.h"
#include "serve/json.h"

static const char page[] =
#include "serve/page.inc"
	;

int rec_answer_page(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct rec_err e = { 0 };

	(void)d;
	(void)q;
	r->type = "text/html; charset=utf-8";
	return rec_json_raw(&r->body, page, &e) == 0 ? 0 : rec_reply_error(r, &e);
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/page.c - GET /: what a person sees who opens the address. The place of
 * the page; until it is there, the addresses that answer.
 */
#include "serve/desk.h"
#include "serve/json.h"

static const char text[] =
	"rec-serve answers:\n"
	"  GET  /topn?user=LABEL&n=10      the best items for a user\n"
	"  POST /topn                      the same for a history: lines, or JSON\n"
	"  GET  /similar?item=LABEL        items like one\n"
	"  POST /score                     scores of pairs\n"
	"  POST /batch                     lists for many histories\n"
	"  GET  /explain?user=..&item=..   why an item has its score\n"
	"  GET  /model /healthz /readyz /metrics\n";

int rec_answer_page(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct rec_err e = { 0 };

	(void)d;
	(void)q;
	r->type = REC_TYPE_TEXT;
	return rec_json_raw(&r->body, text, &e) == 0 ? 0 : rec_reply_error(r, &e);
}

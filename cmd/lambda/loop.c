/* SPDX-License-Identifier: MIT */
/*
 * cmd/lambda/loop.c - event after event: fetch, answer, send. What went wrong
 * with one is sent and said; what went wrong with the Runtime API ends the
 * process, and Lambda starts another.
 */
#include <signal.h>
#include <string.h>

#include "cmd/lambda/options.h"
#include "lambda/stream.h"
#include "serve/json.h"

static void tell(const struct rec_invocation *v, const struct rec_payload *p)
{
	if (p->error)
		cli_note("%s: %.*s", v->id, (int)(p->n < 500 ? p->n : 500), p->p);
}

static int send_whole(struct rec_api *a, const struct rec_invocation *v, struct rec_lambda *l,
		      struct rec_err *e)
{
	struct rec_payload p;

	rec_lambda_payload(l, &p);
	tell(v, &p);
	return p.error ? rec_api_fail(a, v, p.error, p.p, p.n, e) :
			 rec_api_respond(a, v, p.p, p.n, e);
}

/* All pieces, the first of which is there. */
static int send_pieces(struct rec_stream *s, struct rec_lambda *l, struct rec_err *e)
{
	int rc;

	do {
		if (rec_stream_write(s, l->reply.body.p, l->reply.body.n, e) != 0)
			return -1;
		rc = rec_lambda_piece(l);
	} while (rc == 1);
	return rc < 0;
}

/* The first piece is made before the stream begins: it may be an error. */
static int send_stream(struct rec_api *a, const struct rec_invocation *v, struct rec_lambda *l,
		       struct rec_err *e)
{
	struct rec_payload p;
	struct rec_stream *s;
	const char *type;
	int rc = rec_lambda_piece(l);

	if (rc < 0 && !rec_lambda_can_stream(l))
		return send_whole(a, v, l, e);
	type = rec_lambda_prelude(l, &p, e);
	if (!type || rec_stream_open(&s, a, v, type, e) != 0)
		return -1;
	rc = rec_stream_write(s, p.p, p.n, e) != 0 ? -1 : send_pieces(s, l, e);
	if (rc < 0) {
		rec_stream_drop(s);
		return -1;
	}
	p = (struct rec_payload){ 0 };
	if (rc == 1)
		rec_lambda_error(l, &p);
	tell(v, &p);
	return rec_stream_close(s, p.error, p.p, p.n, e);
}

static void answer(struct rec_api *a, const struct rec_invocation *v, struct rec_lambda *l,
		   bool stream)
{
	struct rec_err e = { 0 };
	double began = cli_now();
	int rc;

	rec_lambda_ask(l, v->event.p, v->event.n, v->deadline);
	rc = stream && rec_lambda_can_stream(l) ? send_stream(a, v, l, &e) :
						  send_whole(a, v, l, &e);
	rec_meters_count(l->desk->counter->meters, l->reply.endpoint, l->reply.status,
			 cli_now() - began);
	rec_lambda_rest(l);
	if (rc != 0)	/* the next event may go well */
		cli_say(e.msg);
}

int lambda_run(struct rec_api *a, struct rec_lambda *l, bool stream, struct rec_err *e)
{
	struct rec_invocation v = { 0 };
	int rc;

	signal(SIGPIPE, SIG_IGN);	/* a connection that is closed fails by itself */
	if (rec_api_end_on(a, SIGTERM, e) != 0 || rec_api_end_on(a, SIGINT, e) != 0)
		return -1;
	while ((rc = rec_api_next(a, &v, e)) == 1)
		answer(a, &v, l, stream);
	rec_buf_free(&v.event);
	return rc;
}

void lambda_refuse(struct rec_api *a, const struct rec_err *why)
{
	static const char type[] = "Rec.Init";
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };

	if (rec_json_key(&b, "{\"errorMessage", &e) != 0 ||
	    rec_json_string(&b, why->msg, strlen(why->msg), &e) != 0 ||
	    rec_json_key(&b, ",\"errorType", &e) != 0 ||
	    rec_buf_printf(&b, &e, "\"%s\"}", type) != 0 ||
	    rec_api_fail(a, NULL, type, b.p, b.n, &e) != 0)
		cli_say(e.msg);
	rec_buf_free(&b);
}

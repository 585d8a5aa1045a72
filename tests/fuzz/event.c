/* SPDX-License-Identifier: MIT */
/*
 * event.c - whatever comes as an event of AWS Lambda, in one piece and as a
 * stream, and what comes as an envelope of Azure Functions.
 *
 * Broken is: an answer to Lambda that is no JSON, an error without its type and
 * message, one that came by HTTP without statusCode and body, another body in a
 * stream than in one piece.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lambda/answer.h"

#include "fuzz.h"

enum { MOST_ANSWER = 200000 };

static struct rec_lambda lambda = { .limits = { MOST_BYTES, MOST_ANSWER, 0 } };
static struct rec_envelope azure;
static struct rec_reply reply;
static struct rec_buf streamed;

static void end(void)
{
	rec_lambda_free(&lambda);
	rec_envelope_free(&azure);
	rec_reply_free(&reply);
	rec_buf_free(&streamed);
}

static const char *text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

/* What came by HTTP; whether it is an answer. */
static bool check_wrapped(const json_t *j)
{
	json_int_t status = json_integer_value(json_object_get(j, "statusCode"));
	const char *head = lambda.envelope.many_values ? "multiValueHeaders" : "headers";

	if (status < 200 || status > 599 || status == 500 ||
	    !json_is_string(json_object_get(j, "body")) ||
	    !json_is_boolean(json_object_get(j, "isBase64Encoded")) ||
	    json_object_size(json_object_get(j, head)) < 2)
		finding("no answer to HTTP", "");
	return status == 200;
}

/* Whether it is an answer, not an error. */
static bool check(const struct rec_payload *p)
{
	bool direct = lambda.envelope.wrap == REC_WRAP_DIRECT, lines, ok = !p->error;
	json_t *j = json_loadb(p->p ? p->p : "", p->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			       NULL);

	lines = direct && ok && !strstr(lambda.reply.type, "json");
	if (!j && !lines)
		finding("an answer that is no JSON", p->error ? p->error : "");
	if (p->error && (strncmp(p->error, "Rec.", 4) != 0 ||
			 strcmp(text(j, "errorType"), p->error) != 0 || !*text(j, "errorMessage")))
		finding("an error without type and message", p->error);
	if (j && !direct && ok)
		ok = check_wrapped(j);
	if (p->n > MOST_ANSWER)
		finding("an answer that Lambda does not take", "");
	json_decref(j);
	return ok;
}

/* The pieces of a stream are the answer that went in one. */
static void compare_stream(const unsigned char *p, size_t n, const struct rec_payload *whole)
{
	struct rec_err e = { 0 };
	int rc;

	rec_lambda_ask(&lambda, (const char *)p, n, 0);
	streamed.n = 0;
	while ((rc = rec_lambda_piece(&lambda)) == 1)
		if (rec_buf_add(&streamed, lambda.reply.body.p, lambda.reply.body.n, &e) != 0)
			exit(1);
	if (rc == 0 &&
	    (streamed.n != whole->n || (whole->n && memcmp(streamed.p, whole->p, whole->n) != 0)))
		finding("another answer as a stream", "");
}

static bool ask_lambda(const unsigned char *p, size_t n)
{
	static struct rec_buf whole;
	struct rec_payload to;
	struct rec_err e = { 0 };
	bool ok;

	lambda.desk = some_desk();
	rec_lambda_ask(&lambda, (const char *)p, n, 0);
	rec_lambda_payload(&lambda, &to);
	ok = check(&to);
	if (ok && lambda.envelope.wrap == REC_WRAP_DIRECT) {
		whole.n = 0;
		if (rec_buf_add(&whole, to.p, to.n, &e) != 0)
			exit(1);
		to.p = whole.p;
		compare_stream(p, n, &to);
		rec_buf_free(&whole);
	}
	rec_lambda_rest(&lambda);
	return ok;
}

static bool ask_azure(const unsigned char *p, size_t n)
{
	static const char *const function[] = { "/topn", "/similar", "/score", "/" };
	const char *target = ONE_OF(function);
	bool ok = rec_envelope_open_azure(&azure, target, (const char *)p, n, &reply) == 0;

	if (!ok)
		check_json(reply.body.p, reply.body.n, true);
	if (ok && (!azure.request.target || !azure.request.body || azure.wrap != REC_WRAP_AZURE))
		finding("an envelope without a request", "");
	rec_envelope_rest(&azure);
	return ok;
}

int read_event(const struct target *t, const unsigned char *p, size_t n)
{
	static bool begun;
	bool ok;

	(void)t;
	if (!begun && atexit(end) != 0)
		exit(1);
	begun = true;
	ok = ask_azure(p, n);
	return ask_lambda(p, n) || ok ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
/* serve/envelope.c - which kind of envelope it is, and the request in it. */
#include "serve/envelope.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/envelope_read.h"
#include "serve/json.h"

enum { RESTING_BYTES = 64 << 10 };	/* that a buffer keeps until the next request */

static void begin(struct rec_envelope *v)
{
	json_decref(v->json);
	v->json = NULL;
	v->wrap = REC_WRAP_DIRECT;
	v->many_values = false;
	v->request = (struct rec_request){ .body = "" };
	v->target.n = v->accept.n = v->type.n = v->body.n = 0;
}

static void rest(struct rec_buf *b)
{
	if (b->cap > RESTING_BYTES)
		rec_buf_free(b);
}

void rec_envelope_rest(struct rec_envelope *v)
{
	begin(v);
	rest(&v->target);
	rest(&v->accept);
	rest(&v->type);
	rest(&v->body);
}

void rec_envelope_free(struct rec_envelope *v)
{
	json_decref(v->json);
	rec_buf_free(&v->target);
	rec_buf_free(&v->accept);
	rec_buf_free(&v->type);
	rec_buf_free(&v->body);
	*v = (struct rec_envelope){ 0 };
}

static int parse(struct rec_envelope *v, const char *p, size_t n, const char *what,
		 struct rec_reply *r)
{
	json_error_t error;

	begin(v);
	rec_reply_clear(r);
	v->json = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
	if (!v->json)
		return rec_envelope_bad(r, "the %s is no JSON: line %d: %s", what, error.line,
					error.text);
	if (!json_is_object(v->json))
		return rec_envelope_bad(r, "the %s is no object of JSON: {\"user\": \"ann\"}",
					what);
	return 0;
}

static int put(struct rec_buf *b, const char *text, struct rec_reply *r)
{
	return rec_envelope_put(b, text, strlen(text), r);
}

/* -- AWS: what comes by HTTP ------------------------------------------ */

/* The stage stands before the path in some kinds: /prod/topn. */
static const char *without_stage(const char *path, const json_t *context)
{
	const char *stage = json_string_value(json_object_get(context, "stage"));
	size_t n = stage ? strlen(stage) : 0;

	return n > 0 && path[0] == '/' && strncmp(path + 1, stage, n) == 0 && path[1 + n] == '/' ?
		       path + 1 + n :
		       path;
}

static int put_path(struct rec_envelope *v, const char *name, const json_t *context,
		    struct rec_reply *r)
{
	const char *path = json_string_value(json_object_get(v->json, name));

	if (!path)
		return rec_envelope_bad(r, "the event has no %s", name);
	return put(&v->target, without_stage(path, context), r);
}

static int read_http(struct rec_envelope *v, const json_t *context, struct rec_reply *r)
{
	const json_t *http = json_object_get(context, "http");
	const char *query = json_string_value(json_object_get(v->json, "rawQueryString"));

	if (rec_envelope_method(v, json_object_get(http, "method"), r) != 0 ||
	    put_path(v, "rawPath", context, r) != 0)
		return -1;
	if (query && *query && (put(&v->target, "?", r) != 0 || put(&v->target, query, r) != 0))
		return -1;
	return rec_envelope_head(v, json_object_get(v->json, "headers"), r);
}

/* The object that has all values, or else the one that has the last of each. */
static json_t *all_or_last(const json_t *event, const char *all, const char *last)
{
	json_t *j = json_object_get(event, all);

	return json_is_object(j) ? j : json_object_get(event, last);
}

/* A balancer hands parameters over as they stood in the address. */
static int read_rest(struct rec_envelope *v, const json_t *context, struct rec_reply *r)
{
	bool balancer = v->wrap == REC_WRAP_BALANCER;

	v->many_values = balancer && json_is_object(json_object_get(v->json, "multiValueHeaders"));
	if (rec_envelope_method(v, json_object_get(v->json, "httpMethod"), r) != 0 ||
	    put_path(v, "path", context, r) != 0 ||
	    rec_envelope_query(&v->target,
			       all_or_last(v->json, "multiValueQueryStringParameters",
					   "queryStringParameters"),
			       balancer, r) != 0)
		return -1;
	return rec_envelope_head(v, all_or_last(v->json, "multiValueHeaders", "headers"), r);
}

static int read_wrapped(struct rec_envelope *v, const json_t *context, struct rec_reply *r)
{
	int rc = v->wrap == REC_WRAP_HTTP ? read_http(v, context, r) : read_rest(v, context, r);

	if (rc == 0)
		rc = rec_envelope_body(v, json_object_get(v->json, "body"),
				       json_is_true(json_object_get(v->json, "isBase64Encoded")),
				       r);
	v->request.target = v->target.p;
	return rc;
}

/* -- AWS: what comes directly ----------------------------------------- */

static const char *const own_names[] = { "path", "query", "accept", "body" };

static bool has(const json_t *event, const char *name)
{
	return json_object_get(event, name) != NULL;
}

static const char *path_for(const json_t *event)
{
	if (has(event, "pairs") || has(event, "items"))
		return "/score";
	if (has(event, "histories"))
		return "/batch";
	if (has(event, "item"))
		return has(event, "user") || has(event, "history") ? "/explain" : "/similar";
	return "/topn";
}

/* The event without the names of the envelope, as a body of JSON. */
static int put_rest(struct rec_envelope *v, struct rec_reply *r)
{
	char *text = json_dumps(v->json, JSON_COMPACT);
	int rc = text ? put(&v->body, text, r) :
			rec_reply_fail(r, 503, "no-memory", "there is no memory for this now");

	free(text);
	v->request.body = v->body.p;
	v->request.body_len = v->body.n;
	v->request.type = REC_TYPE_JSON;
	v->request.post = true;
	return rc;
}

/* A string that may be missing. */
static int read_text(const json_t *event, const char *name, const char **to, struct rec_reply *r)
{
	const json_t *j = json_object_get(event, name);

	*to = json_string_value(j);
	return !j || *to ? 0 : rec_envelope_bad(r, "%s is no string", name);
}

static int read_direct(struct rec_envelope *v, const char *event, size_t n, struct rec_reply *r)
{
	size_t own = 0, names = json_object_size(v->json);
	const json_t *body = json_object_get(v->json, "body");
	const char *path, *accept;

	for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
		own += has(v->json, own_names[i]);
	if (body && names > own)
		return rec_envelope_bad(r, "body holds lines of text; with it an event has path, "
					   "query and accept, and no other names");
	if (read_text(v->json, "path", &path, r) != 0 ||
	    read_text(v->json, "accept", &accept, r) != 0 ||
	    put(&v->target, path ? path : path_for(v->json), r) != 0 ||
	    rec_envelope_query(&v->target, json_object_get(v->json, "query"), false, r) != 0 ||
	    (accept && put(&v->accept, accept, r) != 0) ||
	    rec_envelope_body(v, body, false, r) != 0)
		return -1;
	v->request.accept = accept ? v->accept.p : NULL;
	v->request.target = v->target.p;
	v->request.post = body != NULL;
	if (names == own)
		return 0;
	if (own == 0) {	/* nearly always: as it came */
		v->request.body = event;
		v->request.body_len = n;
		v->request.type = REC_TYPE_JSON;
		v->request.post = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
		json_object_del(v->json, own_names[i]);
	return put_rest(v, r);
}

int rec_envelope_open(struct rec_envelope *v, const char *event, size_t n, struct rec_reply *r)
{
	const json_t *context;

	if (parse(v, event, n, "event", r) != 0)
		return -1;
	context = json_object_get(v->json, "requestContext");
	if (!json_is_object(context))
		return read_direct(v, event, n, r);
	v->wrap = json_object_get(context, "http") ? REC_WRAP_HTTP :
		  json_object_get(context, "elb")  ? REC_WRAP_BALANCER :
						     REC_WRAP_REST;
	return read_wrapped(v, context, r);
}

/* -- Azure ------------------------------------------------------------ */

/* The type of a body that the host hands over in base64. */
static bool is_binary(const char *type)
{
	return type && (strncasecmp(type, "application/octet-stream", 24) == 0 ||
			strncasecmp(type, "multipart/", 10) == 0);
}

int rec_envelope_open_azure(struct rec_envelope *v, const char *target, const char *body, size_t n,
			    struct rec_reply *r)
{
	json_t *q;
	const char *url, *query;

	if (parse(v, body, n, "body", r) != 0)
		return -1;
	q = json_object_get(json_object_get(v->json, "Data"), "req");
	if (!json_is_string(json_object_get(q, "Method")))
		return rec_envelope_bad(r, "there is no Data.req of an HTTP trigger: in "
					   "function.json its name must be req");
	url = json_string_value(json_object_get(q, "Url"));
	query = url ? strchr(url, '?') : NULL;
	if (rec_envelope_put(&v->target, target, strcspn(target, "?"), r) != 0 ||
	    (query && query[1] && put(&v->target, query, r) != 0) ||
	    rec_envelope_query(&v->target, json_object_get(q, "Params"), false, r) != 0 ||
	    rec_envelope_head(v, json_object_get(q, "Headers"), r) != 0 ||
	    rec_envelope_body(v, json_object_get(q, "Body"), is_binary(v->request.type), r) != 0)
		return -1;
	v->request.target = v->target.p;
	v->wrap = REC_WRAP_AZURE;
	return rec_envelope_method(v, json_object_get(q, "Method"), r);
}

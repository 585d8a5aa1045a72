/* SPDX-License-Identifier: MIT */
/*
 * serve.c - whatever a client sends, through the gate, and what passes through
 * the desk: no socket. The input is what comes on a connection: heads and
 * bodies, one after the other.
 *
 * Broken is: an answer without a status, JSON that jansson refuses, an error
 * without code and reason, a list of an item that the model does not hold, a
 * batch that does not end.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/batch.h"
#include "serve/desk.h"
#include "serve/gate.h"

#include "fuzz.h"

enum { SITES = 4, MOST_HEAD = 8 << 10, MOST_PIECES = 10000 };

static const char histories[] = "u00000\ti00001\nu00000\ti00003\t2\nu00002\ti00002\nzoe\ti00001\n";
static const char titles[] = "i00001\tThe \"first\"\ni00002\tTea, g\303\274n\ni00003\t\377\n";

static struct rec_meters meters;
static struct rec_counter counter = { .defaults = { .n = 5,
						    .k = 3,
						    .most = 1000,
						    .clamp = true,
						    .most_rows = 200 },
				      .meters = &meters,
				      .engine = "none",
				      .most_body = MOST_BYTES };
static struct rec_desk *desk[SITES];
static struct rec_reply reply;

static void end(void)
{
	for (int i = 0; i < SITES; i++)
		rec_desk_let_go(desk[i]);
	rec_reply_free(&reply);
}

/* The scratch file, which a site reads whole when it is opened. */
static const char *holding(const char *text)
{
	FILE *f = fopen(scratch(), "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		need(-1, &(struct rec_err){ .msg = "no file beside the model" });
	return scratch();
}

static void open_site(int i, struct rec_site_opts o)
{
	struct rec_err e = { 0 };
	struct rec_site *s;

	o.threads = 1;
	need(rec_site_open(&s, &o, &e), &e);
	need(rec_desk_open(&desk[i], s, &counter, &e), &e);
	rec_site_let_go(s);
}

static void begin(void)
{
	static const char *const model[] = { "tests/fuzz/corpus/model/ok-implicit",
					     "tests/fuzz/corpus/model/ok-explicit-with-biases",
					     "tests/fuzz/corpus/model/ok-with-offset" };

	if (desk[0])
		return;
	if (atexit(end) != 0)
		exit(1);
	for (int i = 0; i < 2; i++)
		open_site(i, (struct rec_site_opts){ .model = &model[i],
						     .nmodels = 1,
						     .interactions = holding(histories) });
	open_site(2, (struct rec_site_opts){ .model = &model[2], .nmodels = 1 });
	open_site(3, (struct rec_site_opts){
			     .model = model, .nmodels = 2, .titles = holding(titles) });
}

void check_json(const char *p, size_t n, bool error)
{
	json_error_t why;
	json_t *j = json_loadb(p, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	const json_t *e = json_object_get(j, "error");

	if (!j)
		finding("JSON that is none", why.text);
	else if (error && (json_string_length(json_object_get(e, "code")) == 0 ||
			   json_string_length(json_object_get(e, "reason")) == 0))
		finding("an error without a reason", "");
	json_decref(j);
}

/* All pieces of a batch, as one answer. */
static void collect(struct rec_reply *r)
{
	struct rec_batch *b = r->batch;
	unsigned pieces = 0;
	int rc;

	r->batch = NULL;
	while ((rc = rec_batch_next(b, r)) == 1)
		if (++pieces > MOST_PIECES) {
			finding("a batch does not end", "");
			break;
		}
	if (rc == 0 && strstr(r->type, "json"))
		check_json(r->body.p, r->body.n, false);
	rec_batch_close(b);
}

struct expected {
	struct rec_buf body;
	int status;
};

static void compare(void *arg, uint32_t i, struct rec_reply *r)
{
	const struct expected *want = arg;

	(void)i;
	if (r->status != want->status || r->body.n != want->body.n ||
	    (r->body.n && memcmp(r->body.p, want->body.p, r->body.n) != 0))
		finding("another answer for a question that waited", "");
}

/* The answer in `reply` is that of a question that waits with its like. */
static void ask_together(struct rec_desk *d, const struct rec_request *q)
{
	struct expected want = { reply.body, reply.status };

	reply = (struct rec_reply){ 0 };
	for (unsigned i = 0; i < 3; i++)
		if (!rec_desk_take(d, q, &reply))
			compare(&want, i, &reply);
	rec_desk_finish(d, &reply, compare, &want);
	rec_buf_free(&want.body);
}

/* Whether it was an answer, not an error. */
static bool answer(struct rec_desk *d, const struct rec_request *q)
{
	struct rec_reply *r = &reply;
	bool ok;

	rec_desk_answer(d, q, r);
	if (r->status < 200 || r->status > 599 || !r->type || r->endpoint >= REC_ENDPOINTS)
		finding("an answer without a status", q->target);
	if (r->status == 500)
		finding("status 500", q->target);
	if (r->batch)
		collect(r);
	else if (strstr(r->type, "json"))
		check_json(r->body.p, r->body.n, r->status != 200);
	ok = r->status == 200;
	if (r->endpoint == REC_ASK_TOPN || r->endpoint == REC_ASK_SIMILAR)
		ask_together(d, q);
	return ok;
}

/* The value of a field of a head, or NULL; the copy is ended by NUL. */
static const char *field(char *copy, size_t room, const char *head, size_t n, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = head, *end = head + n; p + len < end; p++) {
		const char *stop;

		if (p[-1] != '\n' || strncasecmp(p, name, len) != 0 || p[len] != ':')
			continue;
		p += len + 1;
		stop = memchr(p, '\r', (size_t)(end - p));
		snprintf(copy, room, "%.*s", (int)(stop - p), p);
		return copy;
	}
	return NULL;
}

/* A head that passed the gate, and its body. */
static bool ask(const char *head, size_t n, const char *body, size_t len)
{
	char target[MOST_HEAD], accept[200], type[200], *copy = malloc(len + 1);
	const char *from = memchr(head, ' ', n), *to;
	struct rec_request q = { .post = head[0] == 'P', .body = copy, .body_len = len };
	bool ok;

	if (!from || !copy)
		exit(1);
	to = memchr(from + 1, ' ', n - (size_t)(from + 1 - head));
	snprintf(target, sizeof target, "%.*s", (int)(to - from - 1), from + 1);
	memcpy(copy, body, len);
	/* of its own size, so that a byte beyond it is found */
	copy = realloc(copy, len ? len : 1);
	q.body = copy;
	q.target = target;
	q.accept = field(accept, sizeof accept, to, n - (size_t)(to - head), "accept");
	q.type = field(type, sizeof type, to, n - (size_t)(to - head), "content-type");
	ok = answer(desk[draw(SITES)], &q);
	free(copy);
	return ok;
}

struct rec_desk *some_desk(void)
{
	begin();
	return desk[draw(SITES)];
}

int read_serve(const struct target *t, const unsigned char *bytes, size_t n)
{
	const char *p = (const char *)bytes, *end = p + n;
	bool ok = true;

	(void)t;
	begin();
	while (p < end && ok) {
		size_t have = (size_t)(end - p), look = have < MOST_HEAD ? have : MOST_HEAD;
		size_t seen = 0;
		struct rec_refusal why = { 0 };
		uint64_t body = 0;
		int64_t head = rec_gate_find(p, look, &seen, &why);

		if (head > 0 && rec_gate_check(p, (size_t)head, false, &body, &why) != 0)
			head = -1;
		if (head < 0 && (why.status < 400 || !why.code || !why.reason))
			finding("a refusal without a reason", "");
		if (head <= 0)
			return -1;
		/* a body that was changed is what is there */
		if (body > have - (size_t)head)
			body = have - (size_t)head;
		ok = ask(p, (size_t)head, p + head, (size_t)body);
		p += (size_t)head + body;
	}
	return ok ? 0 : -1;
}

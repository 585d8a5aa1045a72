/* SPDX-License-Identifier: MIT */
/* lambda/answer.c - from an event to what Lambda takes. */
#include "lambda/answer.h"

#include <time.h>

#include "lambda/stream.h"
#include "serve/batch.h"
#include "serve/json.h"

/* What an answer is where there is no memory for one. */
static const char no_memory[] = "{\"errorMessage\":\"there is no memory for the answer; raise "
				"MemorySize of the function\",\"errorType\":\"Rec.NoMemory\"}";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool is_late(const struct rec_lambda *l)
{
	return l->deadline > 0 && now() > l->deadline - l->limits.reserve;
}

static void close_batch(struct rec_lambda *l)
{
	rec_batch_close(l->reply.batch);
	l->reply.batch = NULL;
}

void rec_lambda_rest(struct rec_lambda *l)
{
	close_batch(l);
	rec_envelope_rest(&l->envelope);
	l->payload.n = 0;
	l->sent = 0;
	l->whole = false;
}

void rec_lambda_free(struct rec_lambda *l)
{
	close_batch(l);
	rec_envelope_free(&l->envelope);
	rec_reply_free(&l->reply);
	rec_buf_free(&l->payload);
}

/* An error instead of the answer. Returns -1. */
static int too_large(struct rec_lambda *l, size_t most)
{
	close_batch(l);
	return rec_reply_fail(&l->reply, 413, "answer-too-large",
			      "the answer has more than %zu bytes, which is what Lambda takes; ask "
			      "for less, or have it streamed (--stream)",
			      most);
}

static int too_late(struct rec_lambda *l)
{
	close_batch(l);
	return rec_reply_fail(&l->reply, 504, "too-late",
			      "the time of this function is over before the answer is made; ask "
			      "for less, or raise its Timeout");
}

void rec_lambda_ask(struct rec_lambda *l, const char *event, size_t n, double deadline)
{
	rec_lambda_rest(l);
	rec_reply_clear(&l->reply);
	l->reply.endpoint = REC_ASK_OTHER;
	l->deadline = deadline;
	if (n > l->limits.event) {
		rec_reply_fail(&l->reply, 413, "event-too-large",
			       "the event has %zu bytes, and Lambda takes %zu; send less at a "
			       "time",
			       n, l->limits.event);
		return;
	}
	if (rec_envelope_open(&l->envelope, event, n, &l->reply) != 0) {
		l->reply.endpoint = REC_ASK_OTHER;
		return;
	}
	if (is_late(l))
		too_late(l);
	else
		rec_desk_answer(l->desk, &l->envelope.request, &l->reply);
}

/* -- in one piece ----------------------------------------------------- */

static size_t most_of(const struct rec_lambda *l)
{
	size_t most = l->limits.answer;

	return l->envelope.wrap == REC_WRAP_BALANCER && most > REC_BALANCER_ANSWER ?
		       REC_BALANCER_ANSWER :
		       most;
}

/* A batch becomes an answer in one piece. */
static int collect(struct rec_lambda *l)
{
	struct rec_reply *r = &l->reply;
	int rc = 1;

	while (r->batch && rc == 1) {
		rc = rec_batch_next(r->batch, r);
		if (r->body.n > most_of(l))
			return too_large(l, most_of(l));
		if (rc == 1 && is_late(l))
			return too_late(l);
	}
	close_batch(l);
	return rc < 0 ? -1 : 0;
}

static int wrap(struct rec_lambda *l, struct rec_err *e)
{
	const struct rec_reply *r = &l->reply;
	bool in_base64 = !rec_is_utf8(r->body.p, r->body.n);

	l->payload.n = 0;
	if (rec_wrap_begin(&l->payload, &l->envelope, r, in_base64, e) != 0 ||
	    rec_wrap_add(&l->payload, r->body.p, r->body.n, in_base64, e) != 0)
		return -1;
	return rec_wrap_end(&l->payload, &l->envelope, e);
}

static bool is_direct(const struct rec_lambda *l)
{
	return l->envelope.wrap == REC_WRAP_DIRECT;
}

void rec_lambda_error(struct rec_lambda *l, struct rec_payload *to)
{
	struct rec_err e = { 0 };

	l->payload.n = 0;
	if (rec_wrap_error(&l->payload, &l->reply, l->type, sizeof l->type, &e) == 0)
		*to = (struct rec_payload){ l->payload.p, l->payload.n, l->type };
	else
		*to = (struct rec_payload){ no_memory, sizeof no_memory - 1, "Rec.NoMemory" };
}

void rec_lambda_payload(struct rec_lambda *l, struct rec_payload *to)
{
	struct rec_reply *r = &l->reply;
	struct rec_err e = { 0 };

	if (collect(l) == 0 && is_direct(l) && r->body.n > most_of(l))
		too_large(l, most_of(l));
	if (is_direct(l) && r->status >= 400) {
		rec_lambda_error(l, to);
		return;
	}
	if (is_direct(l)) {
		*to = (struct rec_payload){ r->body.p, r->body.n, NULL };
		return;
	}
	if (wrap(l, &e) == 0 && l->payload.n > most_of(l)) {
		too_large(l, most_of(l));
		e = (struct rec_err){ 0 };
		if (wrap(l, &e) != 0)
			l->payload.n = 0;
	}
	*to = e.code == REC_OK ?
		      (struct rec_payload){ l->payload.p, l->payload.n, NULL } :
		      (struct rec_payload){ no_memory, sizeof no_memory - 1, "Rec.NoMemory" };
}

/* -- as a stream ------------------------------------------------------ */

bool rec_lambda_can_stream(const struct rec_lambda *l)
{
	return l->envelope.wrap != REC_WRAP_BALANCER &&
	       (!is_direct(l) || l->reply.batch || l->reply.status < 400);
}

int rec_lambda_piece(struct rec_lambda *l)
{
	struct rec_reply *r = &l->reply;
	int rc = 1;

	if (r->batch) {
		if (is_late(l))
			return too_late(l);
		r->body.n = 0;
		rc = rec_batch_next(r->batch, r);
		if (rc < 0)
			close_batch(l);
	} else if (l->whole) {
		rc = 0;
	}
	l->whole = true;
	if (rc != 1)
		return rc;
	l->sent += r->body.n;
	return l->sent > REC_STREAM_ANSWER ? too_large(l, REC_STREAM_ANSWER) : 1;
}

const char *rec_lambda_prelude(struct rec_lambda *l, struct rec_payload *to, struct rec_err *e)
{
	static const char end[8];

	l->payload.n = 0;
	*to = (struct rec_payload){ 0 };
	if (is_direct(l))
		return l->reply.type;
	if (rec_wrap_prelude(&l->payload, &l->reply, e) != 0 ||
	    rec_buf_add(&l->payload, end, sizeof end, e) != 0)
		return NULL;
	*to = (struct rec_payload){ l->payload.p, l->payload.n, NULL };
	return REC_TYPE_STREAM;
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/together.c - requests for lists that are ranked together.
 *
 * Ranking reads all items, and once read they serve many rows. So where
 * several connections ask within one turn of the event loop, each request is
 * read and checked when it comes, and waits at the desk; at the end of the
 * turn, or when the desk is full, all that wait are answered, those alike in
 * one call. Nobody waits for a request that has not come: alone, it is answered
 * in the same turn.
 *
 *	turn of the loop: read a, read b, read c ... | rank a b c | send a, b, c
 *
 * What waits is in memory at once, so a request with a large body does not.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "serve/desk.h"
#include "serve/json.h"

enum { SMALL_BODY = 64 << 10 };

struct rec_waiting {
	struct rec_form form;
	struct rec_question question;
	bool similar;			/* of /similar; else of /topn */
	bool lines, answered;
};

void rec_desk_free_waiting(struct rec_desk *d)
{
	for (uint32_t i = 0; d->waiting && i < REC_DESK_TOGETHER; i++)
		rec_form_free(&d->waiting[i].form);
	free(d->waiting);
}

static bool may_wait(struct rec_desk *d, const struct rec_request *q, enum rec_endpoint endpoint)
{
	struct rec_err e = { 0 };

	if (d->nwaiting == REC_DESK_TOGETHER || q->body_len > SMALL_BODY ||
	    (endpoint != REC_ASK_TOPN && endpoint != REC_ASK_SIMILAR))
		return false;
	if (!d->waiting)
		d->waiting = rec_zalloc(REC_DESK_TOGETHER, sizeof *d->waiting, &e);
	return d->waiting != NULL;
}

static void begin(struct rec_reply *r, bool similar)
{
	rec_reply_clear(r);
	r->endpoint = similar ? REC_ASK_SIMILAR : REC_ASK_TOPN;
	r->status = 200;
	r->type = REC_TYPE_JSON;
}

bool rec_desk_take(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	enum rec_endpoint endpoint = rec_endpoint_of(q->target);
	struct rec_waiting *w;

	if (!may_wait(d, q, endpoint)) {
		rec_desk_answer(d, q, r);
		return false;
	}
	begin(r, endpoint == REC_ASK_SIMILAR);
	w = &d->waiting[d->nwaiting];
	if (rec_form_read(&w->form, endpoint, q, &d->counter->defaults, r) != 0)
		return false;
	w->similar = endpoint == REC_ASK_SIMILAR;
	w->lines = rec_wants_lines(q);
	w->answered = false;
	if (w->similar)
		rec_question_similar(&w->question, d, &w->form);
	else
		rec_question_make(&w->question, d, &w->form, NULL);
	d->nwaiting++;
	return true;
}

/* Whether one call answers both. */
static bool alike(const struct rec_waiting *a, const struct rec_waiting *b)
{
	return a->similar == b->similar && a->form.model == b->form.model &&
	       a->question.ask.n == b->question.ask.n &&
	       a->question.ask.cold == b->question.ask.cold &&
	       a->question.ask.fill == b->question.ask.fill;
}

static void put(struct rec_desk *d, uint32_t at, const struct rec_waiting *w, struct rec_reply *r)
{
	begin(r, w->similar);
	if (rec_desk_put(d, &w->form, at, w->lines, r) == 0)
		rec_desk_end(r, w->lines);
}

/* All that are like the first. */
static void answer(struct rec_desk *d, uint32_t first, struct rec_reply *r, rec_answered_fn *done,
		   void *arg)
{
	struct rec_desk_lists *l = &d->lists;
	struct rec_waiting *w = d->waiting;
	uint32_t number[REC_DESK_TOGETHER], n = 0;

	for (uint32_t i = first; i < d->nwaiting; i++)
		if (!w[i].answered && alike(&w[first], &w[i])) {
			l->ask[n] = w[i].question.ask;
			number[n++] = i;
			w[i].answered = true;
		}
	begin(r, w[first].similar);
	if (rec_desk_rank(d, &w[first].form, w[first].similar, n, r) != 0) {
		for (uint32_t i = 0; i < n; i++)
			done(arg, number[i], r);
		return;
	}
	if (n > 1)
		rec_meters_together(d->counter->meters, n);
	for (uint32_t i = 0; i < n; i++) {
		put(d, i, &w[number[i]], r);
		done(arg, number[i], r);
	}
}

void rec_desk_finish(struct rec_desk *d, struct rec_reply *r, rec_answered_fn *done, void *arg)
{
	for (uint32_t i = 0; i < d->nwaiting; i++)
		if (!d->waiting[i].answered)
			answer(d, i, r, done, arg);
	for (uint32_t i = 0; i < d->nwaiting; i++)
		rec_form_rest(&d->waiting[i].form);
	d->nwaiting = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/desk.h - where one thread answers questions about one site. An answer
 * is made from a request, the site, and nothing else; it does not know how
 * either came. A desk stays with its site: when a new one takes over, the
 * thread gets a new desk, and what is still being sent ends at the old one.
 */
#ifndef REC_SERVE_DESK_H
#define REC_SERVE_DESK_H

#include "serve/form.h"
#include "serve/meters.h"
#include "serve/request.h"
#include "serve/site.h"

/* What all desks know. */
struct rec_counter {
	struct rec_form_defaults defaults;
	struct rec_meters *meters;
	const char *engine;		/* the library that speaks HTTP, with its version */
	size_t most_body;		/* bytes, for /model */
};

/*
 * Lists that are ranked together. More of them would hardly take less time
 * each, and others wait meanwhile.
 */
enum { REC_DESK_TOGETHER = 16 };

/* Their questions, and what came of these. */
struct rec_desk_lists {
	bool similar;			/* of items, not of users */
	struct rec_ask ask[REC_DESK_TOGETHER];
	struct rec_answer answer[REC_DESK_TOGETHER];
	struct rec_err e[REC_DESK_TOGETHER];
};

struct rec_desk {
	unsigned held;			/* by its thread */
	struct rec_site *site;
	const struct rec_counter *counter;
	struct rec_answerer *topn, *similar;	/* similar: NULL where site->similar is */
	struct rec_answerer **alone;	/* of each model; NULL where site->alone is */
	struct rec_form form;
	struct rec_desk_lists lists;
	struct rec_waiting *waiting;	/* requests of this turn (together.c) */
	uint32_t nwaiting;
	struct rec_reason *reason;
	size_t reason_cap;
};

/* Holds the site; counter is borrowed. Held once. */
REC_MUST int rec_desk_open(struct rec_desk **d, struct rec_site *s, const struct rec_counter *c,
			   struct rec_err *e);
struct rec_desk *rec_desk_hold(struct rec_desk *d);
void rec_desk_let_go(struct rec_desk *d);	/* accepts NULL */

/*
 * Answer a request, whatever is in it. r is cleared before. Where r->batch
 * comes, it is asked for the rest and closed (serve/batch.h).
 */
void rec_desk_answer(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r);

/*
 * The same where others may come in the same turn of the loop. true: it waits
 * at the desk as number d->nwaiting - 1, and r says nothing yet. Where all
 * places are taken it is answered at once.
 */
bool rec_desk_take(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r);

/* Number i has its answer, until the function returns. */
typedef void rec_answered_fn(void *arg, uint32_t i, struct rec_reply *r);

/* Answer all that wait, one after the other in r; nothing waits afterwards. */
void rec_desk_finish(struct rec_desk *d, struct rec_reply *r, rec_answered_fn *done, void *arg);

/*
 * Whether the site can answer this, if it is a first one (serve/site.h): lists
 * of users that the model stores, and what has nothing to do with models.
 */
bool rec_desk_can(struct rec_desk *d, const struct rec_request *q);

/* The endpoint of a target, for messages about requests that are none. */
enum rec_endpoint rec_endpoint_of(const char *target);

/* -- for the files of the room that make answers -- */

/* Whether lines of text are wanted. */
bool rec_wants_lines(const struct rec_request *q);

/* The question of a form: of history h of it, or of its only one (h NULL). */
struct rec_question {
	struct rec_ask ask;
	struct rec_text_list allow, deny, candidates;
};
void rec_question_make(struct rec_question *x, const struct rec_desk *d, const struct rec_form *f,
		       const struct rec_form_history *h);
/* The question of a form for /similar. */
void rec_question_similar(struct rec_question *x, const struct rec_desk *d,
			  const struct rec_form *f);

/*
 * Answer the first n questions of d->lists by the model that f asks for, or
 * with similar items; the rest as rec_desk_ask.
 */
REC_MUST int rec_desk_rank(struct rec_desk *d, const struct rec_form *f, bool similar, uint32_t n,
			   struct rec_reply *r);

/*
 * Answer n histories of a form together, or its only one (h NULL, n 1), into
 * d->lists. -1 with an error in r where the form asks for what is not there;
 * what is wrong with one history is said when its list is put.
 */
REC_MUST int rec_desk_ask(struct rec_desk *d, const struct rec_form *f,
			  const struct rec_form_history *h, uint32_t n, struct rec_reply *r);

/*
 * Append list i of them, as lines or as an object of JSON. -1 with an error in
 * r: 404 where it is cold and that is a failure.
 */
REC_MUST int rec_desk_put(struct rec_desk *d, const struct rec_form *f, uint32_t i, bool lines,
			  struct rec_reply *r);

/* The end of an answer in one piece; -1 with an error in r. */
int rec_desk_end(struct rec_reply *r, bool lines);

void rec_desk_free_waiting(struct rec_desk *d);

/* `{"item":...` with its title, if it has one; the brace stays open. */
REC_MUST int rec_json_item(struct rec_buf *b, const struct rec_site *s, const char *label, size_t n,
			   struct rec_err *e);

/* -1 with an error in r. */
typedef int rec_answer_fn(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r);
rec_answer_fn rec_answer_topn, rec_answer_similar, rec_answer_score_pairs, rec_answer_explain,
	rec_answer_batch, rec_answer_items, rec_answer_model, rec_answer_health, rec_answer_ready,
	rec_answer_metrics, rec_answer_page;

#endif

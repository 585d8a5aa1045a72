/* SPDX-License-Identifier: MIT */
/* serve/scores.c - /score and /explain: pairs, and why. */
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "rows/write.h"
#include "serve/desk.h"
#include "serve/json.h"

/* Pairs of one row that are scored at a time. */
enum { SCORED_AT_ONCE = 64 };

/* What of a score is neither label nor number. */
enum { SCORE_WORDS = 32 };

/* The pairs of a request, scored row by row. */
struct scoring {
	struct rec_desk *d;
	const struct rec_form *f;
	struct rec_score_opts o;
	bool lines, any;
	struct rec_reply *r;
	struct rec_buf user;		/* what is before the label of each item of a row */
};

static bool same(const struct rec_text *a, const struct rec_text *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* The line that came, with another value; or one of two labels. */
static int put_line(struct scoring *s, size_t i, const struct rec_form_pair *p, float score,
		    struct rec_err *e)
{
	struct rec_row row = { .row = p->user.n ? p->user.p : "-",
			       .row_len = p->user.n ? (uint32_t)p->user.n : 1,
			       .col = p->item.p,
			       .col_len = (uint32_t)p->item.n,
			       .has = REC_HAS_COL };

	if (s->f->from_text)
		row = s->f->row[i];
	row.value = score;
	row.has = (row.has | REC_HAS_VALUE) & ~(unsigned)REC_LOST_VALUE;
	return rec_row_add(&s->r->body, &row, e);
}

/* `{"user":"ann","item":"tea","score":1.5,"cold":false}` */
static int put_score(struct scoring *s, const struct rec_text *item,
		     const struct rec_answer_score *x, struct rec_err *e)
{
	struct rec_buf *b = &s->r->body;
	char *p;

	if (rec_grow(&b->p, &b->cap,
		     b->n + s->user.n + REC_JSON_ROOM(item->n) + REC_NUM_MAX + SCORE_WORDS, 1,
		     e) != 0)
		return -1;
	p = b->p + b->n;
	if (s->any)
		*p++ = ',';
	p = rec_json_put(p, s->user.p, s->user.n);
	p = item->n ? rec_json_put_string(p, item->p, item->n) : REC_JSON_PUT(p, "null");
	p = REC_JSON_PUT(p, ",\"score\":");
	p += rec_num_put_f32(p, x->score);
	p = x->cold ? REC_JSON_PUT(p, ",\"cold\":true}") : REC_JSON_PUT(p, ",\"cold\":false}");
	b->n = (size_t)(p - b->p);
	s->any = true;
	return 0;
}

/* Pair i of the request has a score. */
static int put_one(struct scoring *s, size_t i, const struct rec_form_pair *p,
		   const struct rec_answer_score *x)
{
	struct rec_err e = { 0 };

	if (x->cold && s->f->cold_pair == REC_COLD_PAIR_FAIL)
		return rec_reply_fail(s->r, 404, "cold",
				      "no model can score item '%.*s' for %s%.*s",
				      REC_LABEL(p->item.p, p->item.n),
				      p->user.n ? "user " : "this history",
				      REC_LABEL(p->user.p, p->user.n));
	if (x->cold && s->f->cold_pair == REC_COLD_PAIR_DROP)
		return 0;
	if ((s->lines ? put_line(s, i, p, x->score, &e) : put_score(s, &p->item, x, &e)) != 0)
		return rec_reply_error(s->r, &e);
	return 0;
}

/*
 * n items of the row that was begun, at most SCORED_AT_ONCE, from pair i of the
 * request on. What comes before a failure may fail first.
 */
static int score_some(struct scoring *s, size_t i, const struct rec_text *user,
		      const struct rec_text *item, uint32_t n)
{
	struct rec_answer_score x[SCORED_AT_ONCE];
	struct rec_err e = { 0 };
	uint32_t done;
	int rc = rec_answer_scores(s->d->topn, item, n, &s->o, x, &done, &e);

	for (uint32_t k = 0; k < done; k++)
		if (put_one(s, i + k, &(struct rec_form_pair){ *user, item[k] }, &x[k]) != 0)
			return -1;
	return rc == 0 ? 0 : rec_reply_error(s->r, &e);
}

/* Begin the row of a user. The history of a request counts for its items. */
static int begin(struct scoring *s, const struct rec_text *user, bool history)
{
	struct rec_question x;
	struct rec_err e = { 0 };

	rec_question_make(&x, s->d, s->f, NULL);
	x.ask.user = *user;
	if (!history)
		x.ask.npairs = 0;
	s->user.n = 0;
	if (rec_answer_begin(s->d->topn, &x.ask, NULL, &e) != 0 ||
	    rec_json_label(&s->user, "{\"user", user, &e) != 0 ||
	    rec_json_key(&s->user, ",\"item", &e) != 0)
		return rec_reply_error(s->r, &e);
	return 0;
}

/* Pairs of one user, from pair i on, at most SCORED_AT_ONCE; how many. */
static uint32_t run_of(const struct rec_form *f, size_t i, struct rec_text *item)
{
	uint32_t n = 0;

	do
		item[n] = f->scored[i + n].item;
	while (++n < SCORED_AT_ONCE && i + n < f->nscored &&
	       same(&f->scored[i].user, &f->scored[i + n].user));
	return n;
}

static int score_pairs(struct scoring *s)
{
	const struct rec_form *f = s->f;
	struct rec_text item[SCORED_AT_ONCE];

	for (size_t i = 0, n; i < f->nscored; i += n) {
		const struct rec_text *user = &f->scored[i].user;

		n = run_of(f, i, item);
		if ((i == 0 || !same(user, &f->scored[i - 1].user)) && begin(s, user, false) != 0)
			return -1;
		if (score_some(s, i, user, item, (uint32_t)n) != 0)
			return -1;
	}
	return 0;
}

/* Items for the user or history of the request. */
static int score_items(struct scoring *s)
{
	const struct rec_form_labels *l = &s->f->items;

	if (begin(s, &s->f->user, true) != 0)
		return -1;
	for (size_t i = 0, n; i < l->n; i += n) {
		n = l->n - i < SCORED_AT_ONCE ? l->n - i : SCORED_AT_ONCE;
		if (score_some(s, 0, &s->f->user, l->label + i, (uint32_t)n) != 0)
			return -1;
	}
	return 0;
}

static int score_all(struct scoring *s)
{
	int rc = score_pairs(s) != 0 || (s->f->items.given && score_items(s) != 0) ? -1 : 0;

	rec_buf_free(&s->user);
	return rc;
}

int rec_answer_score_pairs(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	const struct rec_site *site = d->site;
	struct scoring s = { .d = d, .f = &d->form, .lines = rec_wants_lines(q), .r = r };
	struct rec_err e = { 0 };

	if (rec_form_read(&d->form, REC_ASK_SCORE, q, &d->counter->defaults, r) != 0)
		return -1;
	s.o = (struct rec_score_opts){ .cold = REC_COLD_PAIR_MEAN,
				       .clamp = d->form.clamp && site->clamp,
				       .lo = site->lo,
				       .hi = site->hi };
	if (!s.lines && rec_json_raw(&r->body, "{\"scores\":[", &e) != 0)
		return rec_reply_error(r, &e);
	if (score_all(&s) != 0)
		return -1;
	r->type = s.lines ? REC_TYPE_TSV : REC_TYPE_JSON;
	if (!s.lines && rec_json_raw(&r->body, "]}\n", &e) != 0)
		return rec_reply_error(r, &e);
	return 0;
}

/* -- /explain --------------------------------------------------------- */

/* What an explanation says. */
struct story {
	const struct rec_form *f;
	bool scored;
	float score;
	const struct rec_reason *reason;
	uint32_t n;
};

static int put_reason_line(struct rec_buf *b, const struct rec_site *s, const struct story *t,
			   const struct rec_reason *reason, struct rec_err *e)
{
	struct rec_row row = { .row = t->f->has_user ? t->f->user.p : "-",
			       .row_len = t->f->has_user ? (uint32_t)t->f->user.n : 1,
			       .col = t->f->item.p,
			       .col_len = (uint32_t)t->f->item.n,
			       .value = t->score,
			       .has = REC_HAS_COL | REC_HAS_VALUE };
	size_t n;
	const char *label;

	if (rec_row_add(b, &row, e) != 0)
		return -1;
	if (!reason)
		return 0;
	b->n--;				/* the newline */
	label = rec_label(&s->scorer.items, reason->item, &n);
	if (rec_json_raw(b, "\t", e) != 0 || rec_buf_add(b, label, n, e) != 0 ||
	    rec_json_raw(b, "\t", e) != 0 || rec_json_f32(b, (float)reason->share, e) != 0)
		return -1;
	return rec_json_raw(b, "\n", e);
}

/* As rec-topn --explain prints them. */
static int put_story_lines(struct rec_buf *b, const struct rec_site *s, const struct story *t,
			   struct rec_err *e)
{
	if (!t->scored)
		return 0;
	for (uint32_t i = 0; i < t->n; i++)
		if (put_reason_line(b, s, t, &t->reason[i], e) != 0)
			return -1;
	return t->n ? 0 : put_reason_line(b, s, t, NULL, e);
}

static int put_reasons(struct rec_buf *b, const struct rec_site *s, const struct story *t,
		       struct rec_err *e)
{
	for (uint32_t i = 0; i < t->n; i++) {
		size_t n;
		const char *label = rec_label(&s->scorer.items, t->reason[i].item, &n);

		if ((i && rec_json_raw(b, ",", e) != 0) || rec_json_item(b, s, label, n, e) != 0 ||
		    rec_json_key(b, ",\"share", e) != 0 ||
		    rec_json_f32(b, (float)t->reason[i].share, e) != 0 ||
		    rec_json_raw(b, "}", e) != 0)
			return -1;
	}
	return 0;
}

static int put_story(struct rec_buf *b, const struct rec_site *s, const struct story *t,
		     struct rec_err *e)
{
	const struct rec_text *title = rec_titles_find(&s->files->titles, t->f->item.p,
						      t->f->item.n);

	if (rec_json_label(b, "{\"user", &t->f->user, e) != 0 ||
	    rec_json_label(b, ",\"item", &t->f->item, e) != 0 ||
	    (title && rec_json_label(b, ",\"title", title, e) != 0) ||
	    rec_json_key(b, ",\"score", e) != 0 ||
	    (t->scored ? rec_json_f32(b, t->score, e) : rec_json_raw(b, "null", e)) != 0 ||
	    rec_json_key(b, ",\"reasons", e) != 0 || rec_json_raw(b, "[", e) != 0 ||
	    put_reasons(b, s, t, e) != 0)
		return -1;
	return rec_json_raw(b, "]}\n", e);
}

static int tell(struct rec_desk *d, struct story *t, struct rec_err *e)
{
	const struct rec_text *item = &t->f->item;
	struct rec_score_opts o = { .cold = REC_COLD_PAIR_MEAN };
	struct rec_answer_score x;
	struct rec_question q;

	rec_question_make(&q, d, t->f, NULL);
	if (rec_answer_begin(d->topn, &q.ask, NULL, e) != 0 ||
	    rec_answer_score(d->topn, item, &o, &x, e) != 0 ||
	    rec_grow(&d->reason, &d->reason_cap, t->f->k, sizeof *d->reason, e) != 0)
		return -1;
	t->scored = !x.cold;
	t->score = x.score;
	t->reason = d->reason;
	if (x.cold)
		return 0;
	return rec_answer_reasons(d->topn, rec_scorer_item(&d->site->scorer, item->p, item->n),
				  t->f->k, d->reason, &t->n, e);
}

int rec_answer_explain(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct story t = { .f = &d->form };
	bool lines = rec_wants_lines(q);
	struct rec_err e = { 0 };

	if (rec_form_read(&d->form, REC_ASK_EXPLAIN, q, &d->counter->defaults, r) != 0)
		return -1;
	if (tell(d, &t, &e) != 0)
		return rec_reply_error(r, &e);
	r->type = lines ? REC_TYPE_TSV : REC_TYPE_JSON;
	if ((lines ? put_story_lines : put_story)(&r->body, d->site, &t, &e) != 0)
		return rec_reply_error(r, &e);
	return 0;
}

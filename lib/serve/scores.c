/* SPDX-License-Identifier: MIT */
/* serve/scores.c - /score and /explain: pairs, and why. */
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "rows/write.h"
#include "serve/desk.h"
#include "serve/json.h"

/* The pairs of a request, scored one after the other. */
struct scoring {
	struct rec_desk *d;
	const struct rec_form *f;
	struct rec_score_opts o;
	bool lines, any;
	struct rec_reply *r;
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

static int put_score(struct scoring *s, const struct rec_form_pair *p,
		     const struct rec_answer_score *x, struct rec_err *e)
{
	struct rec_buf *b = &s->r->body;

	if ((s->any && rec_json_raw(b, ",", e) != 0) ||
	    rec_json_label(b, "{\"user", &p->user, e) != 0 ||
	    rec_json_label(b, ",\"item", &p->item, e) != 0 || rec_json_key(b, ",\"score", e) != 0 ||
	    rec_json_f32(b, x->score, e) != 0 || rec_json_key(b, ",\"cold", e) != 0 ||
	    rec_json_bool(b, x->cold, e) != 0)
		return -1;
	s->any = true;
	return rec_json_raw(b, "}", e);
}

static int score_one(struct scoring *s, size_t i, const struct rec_form_pair *p)
{
	struct rec_answer_score x;
	struct rec_err e = { 0 };

	if (rec_answer_score(s->d->topn, &p->item, &s->o, &x, &e) != 0)
		return rec_reply_error(s->r, &e);
	if (x.cold && s->f->cold_pair == REC_COLD_PAIR_FAIL)
		return rec_reply_fail(s->r, 404, "cold",
				      "no model can score item '%.*s' for %s%.*s",
				      REC_LABEL(p->item.p, p->item.n),
				      p->user.n ? "user " : "this history",
				      REC_LABEL(p->user.p, p->user.n));
	if (x.cold && s->f->cold_pair == REC_COLD_PAIR_DROP)
		return 0;
	if ((s->lines ? put_line(s, i, p, x.score, &e) : put_score(s, p, &x, &e)) != 0)
		return rec_reply_error(s->r, &e);
	return 0;
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
	return rec_answer_begin(s->d->topn, &x.ask, NULL, &e) == 0 ? 0 : rec_reply_error(s->r, &e);
}

static int score_pairs(struct scoring *s)
{
	const struct rec_form *f = s->f;

	for (size_t i = 0; i < f->nscored; i++) {
		const struct rec_form_pair *p = &f->scored[i];

		if ((i == 0 || !same(&p->user, &p[-1].user)) && begin(s, &p->user, false) != 0)
			return -1;
		if (score_one(s, i, p) != 0)
			return -1;
	}
	if (!f->items.given)
		return 0;
	if (begin(s, &f->user, true) != 0)
		return -1;
	for (size_t i = 0; i < f->items.n; i++)
		if (score_one(s, 0, &(struct rec_form_pair){ f->user, f->items.label[i] }) != 0)
			return -1;
	return 0;
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
	if (score_pairs(&s) != 0)
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
	const struct rec_text *title = rec_titles_find(&s->titles, t->f->item.p, t->f->item.n);

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

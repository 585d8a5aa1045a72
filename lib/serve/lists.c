/* SPDX-License-Identifier: MIT */
/* serve/lists.c - /topn and /similar: a list for a history, or for an item. */
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "recpipe/matrix.h"
#include "rows/write.h"
#include "serve/desk.h"
#include "serve/json.h"

static const struct rec_text_list *list_of(struct rec_text_list *to,
					   const struct rec_form_labels *l)
{
	*to = (struct rec_text_list){ (uint32_t)l->n, l->label };
	return l->given ? to : NULL;
}

void rec_question_make(struct rec_question *x, const struct rec_desk *d, const struct rec_form *f,
		       const struct rec_form_history *h)
{
	const struct rec_site *s = d->site;

	x->ask = (struct rec_ask){
		.user = h ? h->user : f->user,
		.npairs = (uint32_t)(h ? h->last - h->first : f->npairs),
		.pair = h && f->pair ? f->pair + h->first : f->pair,
		.stored = s->files->has_interactions ? &s->stored : NULL,
		.seen = s->files->has_seen ? &s->left_out : NULL,
		.repeats = s->files->explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM,
		.n = f->n,
		.keep_seen = f->keep_seen,
		.cold = f->cold == REC_COLD_FAIL ? REC_COLD_DROP : f->cold,
		.fill = f->fill,
		.allow = list_of(&x->allow, &f->allow),
		.candidates = list_of(&x->candidates, &f->candidates),
		.deny = list_of(&x->deny, &f->deny),
	};
}

void rec_question_similar(struct rec_question *x, const struct rec_desk *d,
			  const struct rec_form *f)
{
	rec_question_make(x, d, f, NULL);
	x->ask.user = f->item;
	x->ask.stored = x->ask.seen = NULL;
}

/* Lines need a label for their row; nobody has none. */
static struct rec_text shown(const struct rec_text *row)
{
	return row->n ? *row : (struct rec_text){ "-", 1 };
}

static int put_lines(struct rec_buf *b, const struct rec_text *row, const struct rec_labels *items,
		     const struct rec_answer *a, struct rec_err *e)
{
	struct rec_text label = shown(row);
	struct rec_row line = { .row = label.p,
				.row_len = (uint32_t)label.n,
				.has = REC_HAS_COL | REC_HAS_VALUE };

	for (uint32_t i = 0; i < a->n; i++) {
		size_t n;

		line.col = rec_label(items, a->entry[i].item, &n);
		line.col_len = (uint32_t)n;
		line.value = a->entry[i].score;
		if (rec_row_add(b, &line, e) != 0)
			return -1;
	}
	return 0;
}

int rec_json_item(struct rec_buf *b, const struct rec_site *s, const char *label, size_t n,
		 struct rec_err *e)
{
	const struct rec_text *title = rec_titles_find(&s->files->titles, label, n);

	if (rec_json_key(b, "{\"item", e) != 0 || rec_json_string(b, label, n, e) != 0)
		return -1;
	return title ? rec_json_label(b, ",\"title", title, e) : 0;
}

/* What of an entry is neither string nor number. */
enum { ENTRY_WORDS = 48 };

/* `,{"item":"tea","title":"Tea","score":1.5}` */
static char *put_entry(char *p, const struct rec_text *label, const struct rec_text *title,
		       float score)
{
	p = rec_json_put_string(REC_JSON_PUT(p, "{\"item\":"), label->p, label->n);
	if (title) {
		p = REC_JSON_PUT(p, ",\"title\":");
		p = title->n ? rec_json_put_string(p, title->p, title->n) :
			       REC_JSON_PUT(p, "null");
	}
	p = REC_JSON_PUT(p, ",\"score\":");
	p += rec_num_put_f32(p, score);
	*p++ = '}';
	return p;
}

static int put_entries(struct rec_buf *b, const struct rec_site *s, const struct rec_labels *items,
		       const struct rec_answer *a, struct rec_err *e)
{
	for (uint32_t i = 0; i < a->n; i++) {
		struct rec_text label;
		const struct rec_text *title;
		size_t room;
		char *p;

		label.p = rec_label(items, a->entry[i].item, &label.n);
		title = rec_titles_find(&s->files->titles, label.p, label.n);
		room = REC_JSON_ROOM(label.n) + (title ? REC_JSON_ROOM(title->n) : 0) +
		       REC_NUM_MAX + ENTRY_WORDS;
		if (rec_grow(&b->p, &b->cap, b->n + room, 1, e) != 0)
			return -1;
		p = b->p + b->n;
		if (i)
			*p++ = ',';
		b->n = (size_t)(put_entry(p, &label, title, a->entry[i].score) - b->p);
	}
	return 0;
}

static int put_object(struct rec_buf *b, const struct rec_desk *d, const struct rec_text *row,
		      bool similar, const struct rec_answer *a, struct rec_err *e)
{
	const struct rec_site *s = d->site;

	if (rec_json_label(b, similar ? "{\"item" : "{\"user", row, e) != 0 ||
	    rec_json_key(b, ",\"cold", e) != 0 || rec_json_bool(b, a->cold, e) != 0)
		return -1;
	if (!similar &&
	    (rec_json_key(b, ",\"history", e) != 0 || rec_json_u64(b, a->npairs, e) != 0 ||
	     rec_json_key(b, ",\"unknown", e) != 0 || rec_json_u64(b, a->unknown, e) != 0))
		return -1;
	if (rec_json_key(b, ",\"items", e) != 0 || rec_json_raw(b, "[", e) != 0 ||
	    put_entries(b, s, similar ? &s->like.items : &s->scorer.items, a, e) != 0)
		return -1;
	return rec_json_raw(b, "]}", e);
}

static int fail_cold(struct rec_reply *r, bool similar, const struct rec_text *row)
{
	return rec_reply_fail(r, 404, "cold", "no model can score %s%s%.*s%s",
			      similar ? "item " : row->n ? "user " : "this history",
			      row->n ? "'" : "", REC_LABEL(row->p, row->n), row->n ? "'" : "");
}

/* All models, or the one that is asked for; NULL: it is not there. */
static struct rec_answerer *chosen(const struct rec_desk *d, uint32_t model)
{
	if (model == 0 || (model == 1 && !d->alone))
		return d->topn;
	return d->alone && model <= d->site->files->nmodels ? d->alone[model - 1] : NULL;
}

int rec_desk_rank(struct rec_desk *d, const struct rec_form *f, bool similar, uint32_t n,
		  struct rec_reply *r)
{
	struct rec_answerer *who = similar ? d->similar : chosen(d, f->model);
	struct rec_desk_lists *l = &d->lists;

	l->similar = similar;
	if (!who)
		return similar ? rec_reply_fail(r, 501, "no-similar-items", "%s",
						d->site->why_not.msg) :
				 rec_reply_fail(r, 400, "bad-request", "model: there are %zu",
						d->site->files->nmodels);
	rec_answer_lists(who, l->ask, n, l->answer, l->e);
	return 0;
}

int rec_desk_ask(struct rec_desk *d, const struct rec_form *f, const struct rec_form_history *h,
		 uint32_t n, struct rec_reply *r)
{
	struct rec_ask *ask = d->lists.ask;
	struct rec_question x;

	rec_question_make(&x, d, f, h);
	ask[0] = x.ask;
	for (uint32_t i = 1; i < n; i++) {	/* what the form says holds for all */
		ask[i] = x.ask;
		ask[i].user = h[i].user;
		ask[i].npairs = (uint32_t)(h[i].last - h[i].first);
		ask[i].pair = f->pair ? f->pair + h[i].first : NULL;
	}
	return rec_desk_rank(d, f, false, n, r);
}

int rec_desk_put(struct rec_desk *d, const struct rec_form *f, uint32_t i, bool lines,
		 struct rec_reply *r)
{
	const struct rec_desk_lists *l = &d->lists;
	const struct rec_text *row = &l->ask[i].user;
	const struct rec_labels *items = l->similar ? &d->site->like.items : &d->site->scorer.items;
	const struct rec_answer *a = &l->answer[i];
	struct rec_err e = { 0 };
	int rc;

	if (l->e[i].code != REC_OK)
		return rec_reply_error(r, &l->e[i]);
	if (a->cold && f->cold == REC_COLD_FAIL)
		return fail_cold(r, l->similar, row);
	rc = lines ? put_lines(&r->body, row, items, a, &e) :
		     put_object(&r->body, d, row, l->similar, a, &e);
	return rc == 0 ? 0 : rec_reply_error(r, &e);
}

int rec_desk_end(struct rec_reply *r, bool lines)
{
	struct rec_err e = { 0 };

	r->type = lines ? REC_TYPE_TSV : REC_TYPE_JSON;
	return lines || rec_json_raw(&r->body, "\n", &e) == 0 ? 0 : rec_reply_error(r, &e);
}

int rec_answer_topn(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	bool lines = rec_wants_lines(q);

	if (rec_form_read(&d->form, REC_ASK_TOPN, q, &d->counter->defaults, r) != 0 ||
	    rec_desk_ask(d, &d->form, NULL, 1, r) != 0 ||
	    rec_desk_put(d, &d->form, 0, lines, r) != 0)
		return -1;
	return rec_desk_end(r, lines);
}

int rec_answer_similar(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	bool lines = rec_wants_lines(q);
	struct rec_question x;

	if (rec_form_read(&d->form, REC_ASK_SIMILAR, q, &d->counter->defaults, r) != 0)
		return -1;
	rec_question_similar(&x, d, &d->form);
	d->lists.ask[0] = x.ask;
	if (rec_desk_rank(d, &d->form, true, 1, r) != 0 ||
	    rec_desk_put(d, &d->form, 0, lines, r) != 0)
		return -1;
	return rec_desk_end(r, lines);
}

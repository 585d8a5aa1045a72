/* SPDX-License-Identifier: MIT */
/*
 * serve/form_json.c - a body of JSON: an object with the names of form.c. What
 * jansson parsed stays until the next request, because labels lie in it.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "serve/form_read.h"

void rec_form_drop_json(struct rec_form *f)
{
	json_decref(f->json);
	f->json = NULL;
}

static int read_label(struct rec_reader *x, const char *name, const json_t *j, struct rec_text *to)
{
	if (!json_is_string(j))
		return rec_form_bad(x, "%s: a label is a string", name);
	return rec_form_label(x, name, json_string_value(j), json_string_length(j), to);
}

static int read_labels(struct rec_reader *x, const char *name, const json_t *j,
		       struct rec_form_labels *l)
{
	l->given = true;
	if (!json_is_array(j))
		return rec_form_bad(x, "%s: it is an array of labels", name);
	for (size_t i = 0; i < json_array_size(j); i++) {
		struct rec_text t;

		if (read_label(x, name, json_array_get(j, i), &t) != 0 ||
		    rec_form_add_label(x, name, t.p, t.n, l) != 0)
			return -1;
	}
	return 0;
}

/*
 * A number as if its shortest text stood in a line: rounding to double and then
 * to float may differ from that in the last digit.
 */
static int read_value(struct rec_reader *x, const json_t *j, float *to)
{
	char digits[REC_NUM_MAX];

	if (!json_is_number(j) ||
	    rec_num_f32(digits, rec_num_put_f64(digits, json_number_value(j)), to) != REC_NUM_OK)
		return rec_form_bad(x, "history: a value is a number that fits float32");
	return 0;
}

static int read_time(struct rec_reader *x, const json_t *j, double *to)
{
	if (!json_is_number(j))
		return rec_form_bad(x, "history: a time is a number");
	*to = json_number_value(j);
	return 0;
}

/* label, [label, value, time] or {"item": label, "value": .., "time": ..} */
static int read_pair(struct rec_reader *x, const json_t *j, struct rec_ask_pair *p)
{
	const json_t *item = j, *value = NULL, *time = NULL;
	size_t known = 1;

	*p = (struct rec_ask_pair){ .value = 1, .time = NAN };
	if (json_is_array(j)) {
		item = json_array_get(j, 0);
		value = json_array_get(j, 1);
		time = json_array_get(j, 2);
		if (json_array_size(j) > 3)
			return rec_form_bad(x, "history: an entry is [item, value, time]");
	} else if (json_is_object(j)) {
		item = json_object_get(j, "item");
		value = json_object_get(j, "value");
		time = json_object_get(j, "time");
		known += (value != NULL) + (time != NULL);
		if (json_object_size(j) != known)
			return rec_form_bad(x, "history: an entry has item, value and time, and "
					       "nothing else");
	}
	if (read_label(x, "history", item, &p->item) != 0 ||
	    (value && read_value(x, value, &p->value) != 0))
		return -1;
	return time ? read_time(x, time, &p->time) : 0;
}

static int read_history(struct rec_reader *x, const json_t *j)
{
	struct rec_form *f = x->form;
	size_t n = json_array_size(j);
	struct rec_err e = { 0 };

	if (!json_is_array(j))
		return rec_form_bad(x, "history: it is an array of items, or of [item, value]");
	if (rec_grow(&f->pair, &f->pair_cap, f->npairs + n + 1, sizeof *f->pair, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (size_t i = 0; i < n; i++)
		if (read_pair(x, json_array_get(j, i), &f->pair[f->npairs++]) != 0)
			return -1;
	return 0;
}

static int read_scored(struct rec_reader *x, const json_t *j)
{
	struct rec_form *f = x->form;
	size_t n = json_array_size(j);
	struct rec_err e = { 0 };

	if (!json_is_array(j))
		return rec_form_bad(x, "pairs: it is an array of [user, item]");
	if (rec_grow(&f->scored, &f->scored_cap, n + 1, sizeof *f->scored, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(j, i);
		struct rec_form_pair *p = &f->scored[f->nscored++];

		if (json_array_size(pair) != 2)
			return rec_form_bad(x, "pairs: an entry is [user, item]");
		if (read_label(x, "pairs", json_array_get(pair, 0), &p->user) != 0 ||
		    read_label(x, "pairs", json_array_get(pair, 1), &p->item) != 0)
			return -1;
	}
	return 0;
}

/* {"user": label, "history": [...]}, of which either may be missing */
static int read_one_of_many(struct rec_reader *x, const json_t *j)
{
	const json_t *user = json_object_get(j, "user"), *history = json_object_get(j, "history");
	struct rec_form *f = x->form;
	struct rec_form_history *h = &f->history[f->nhistories++];

	*h = (struct rec_form_history){ .first = f->npairs };
	if (!json_is_object(j) || (!user && !history) ||
	    json_object_size(j) != (size_t)(user != NULL) + (history != NULL))
		return rec_form_bad(x, "histories: an entry has user and history, and nothing "
				       "else");
	if ((user && read_label(x, "user", user, &h->user) != 0) ||
	    (history && read_history(x, history) != 0))
		return -1;
	h->last = f->npairs;
	return 0;
}

static int read_histories(struct rec_reader *x, const json_t *j)
{
	struct rec_form *f = x->form;
	size_t n = json_array_size(j);
	struct rec_err e = { 0 };

	if (!json_is_array(j))
		return rec_form_bad(x, "histories: it is an array of objects with user and "
				       "history");
	if (n > x->defaults->most_rows)
		return rec_reply_fail(x->reply, 413, "too-many",
				      "more than %zu histories; send them in several requests",
				      x->defaults->most_rows);
	if (rec_grow(&f->history, &f->history_cap, n + 1, sizeof *f->history, &e) != 0)
		return rec_reply_error(x->reply, &e);
	for (size_t i = 0; i < n; i++)
		if (read_one_of_many(x, json_array_get(j, i)) != 0)
			return -1;
	return 0;
}

/* A string, number or flag, as the parameter of that name would be written. */
static int read_scalar(struct rec_reader *x, const struct rec_form_name *name, const json_t *j)
{
	char digits[REC_NUM_MAX];
	struct rec_text t = { digits, 0 };

	bool number = name->field == REC_FIELD_N || name->field == REC_FIELD_K ||
		      name->field == REC_FIELD_MODEL;

	if (json_is_string(j) && !number) {
		t = (struct rec_text){ json_string_value(j), json_string_length(j) };
	} else if (json_is_boolean(j) && name->field == REC_FIELD_KEEP_SEEN) {
		digits[t.n++] = json_is_true(j) ? '1' : '0';
	} else if (json_is_integer(j) && json_integer_value(j) >= 0 && number) {
		t.n = rec_num_put_u64(digits, (uint64_t)json_integer_value(j));
	} else {
		return rec_form_bad(x, "%s: a %s is wanted", name->name,
				    name->field == REC_FIELD_KEEP_SEEN ? "true or false" :
				    number ? "whole number" : "string");
	}
	return rec_form_text(x, name, &t);
}

static int read_member(struct rec_reader *x, const char *key, const json_t *j)
{
	const struct rec_form_name *name = rec_form_find(x, key, strlen(key), true);
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
	json_error_t error;
	const char *key;
	json_t *root = json_loadb(body, n, JSON_REJECT_DUPLICATES, &error), *value;

	x->form->json = root;
	if (!root)
		return rec_form_bad(x, "the body is no JSON: line %d: %s", error.line, error.text);
	if (!json_is_object(root))
		return rec_form_bad(x, "the body is no object of JSON: {\"history\": [...]}");
	json_object_foreach(root, key, value)
		if (read_member(x, key, value) != 0)
			return -1;
	return 0;
}

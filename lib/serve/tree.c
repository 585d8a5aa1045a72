/* SPDX-License-Identifier: MIT */
/*
 * serve/tree.c - two readers. The first takes the plain JSON that programs
 * write: strings without escapes, numbers without exponents, little depth. Its
 * strings are where they stand in the text, and nothing is allocated for each.
 * It never says what is wrong: what it does not take, right or not, is read
 * again by jansson, which takes all of JSON and has the words for errors.
 */
#include "serve/tree.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/num.h"
#include "serve/json.h"

void rec_tree_drop(struct rec_tree *t)
{
	json_decref(t->json);
	t->json = NULL;
	t->n = t->text.n = 0;
}

void rec_tree_free(struct rec_tree *t)
{
	rec_tree_drop(t);
	free(t->node);
	rec_buf_free(&t->text);
	*t = (struct rec_tree){ 0 };
}

/* A node at the end; its number, or REC_NONE. */
static uint32_t add(struct rec_tree *t, enum rec_node_kind kind, struct rec_err *e)
{
	if (t->n >= REC_NONE) {
		rec_err_set(e, REC_ENOMEM, "too much JSON");
		return REC_NONE;
	}
	if (rec_grow(&t->node, &t->cap, t->n + 1, sizeof *t->node, e) != 0)
		return REC_NONE;
	t->node[t->n] = (struct rec_node){ .kind = kind, .span = 1 };
	return (uint32_t)t->n++;
}

/* -- plain JSON -------------------------------------------------------- */

enum { DEPTH = 6, MEMBERS = 32, DIGITS = 15 };

/* The text ends with a NUL, which no rule takes. */
struct plain {
	struct rec_tree *tree;
	const char *p, *end;
	struct rec_err *e;
};

static bool take_value(struct plain *x, unsigned depth);

static void pass_blanks(struct plain *x)
{
	while (*x->p == ' ' || *x->p == '\n' || *x->p == '\r' || *x->p == '\t')
		x->p++;
}

static bool pass(struct plain *x, char c)
{
	pass_blanks(x);
	if (*x->p != c)
		return false;
	x->p++;
	return true;
}

static bool take_string(struct plain *x)
{
	uint32_t at = add(x->tree, REC_NODE_STRING, x->e);
	const char *from = x->p, *p = from;
	size_t len = 1;

	for (; at != REC_NONE && *p != '"'; p += len) {
		if ((unsigned char)*p < 0x20 || *p == '\\')
			return false;
		len = (unsigned char)*p < 0x80 ? 1 : rec_utf8_length(p, (size_t)(x->end - p));
		if (len == 0)
			return false;
	}
	if (at == REC_NONE)
		return false;
	x->tree->node[at].as.text = (struct rec_text){ from, (size_t)(p - from) };
	x->p = p + 1;
	return true;
}

static const char *after_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool take_number(struct plain *x)
{
	const char *from = x->p, *first = from + (*from == '-'), *p = after_digits(first);
	bool real = *p == '.';
	struct rec_node *node;
	uint32_t at;

	if (p == first || p - first > DIGITS || (*first == '0' && p - first > 1))
		return false;
	if (real) {
		const char *rest = p + 1;

		p = after_digits(rest);
		if (p == rest || p - rest > DIGITS)
			return false;
	}
	if (*p == 'e' || *p == 'E')
		return false;
	at = add(x->tree, real ? REC_NODE_REAL : REC_NODE_INTEGER, x->e);
	if (at == REC_NONE)
		return false;
	node = &x->tree->node[at];
	x->p = p;
	if (real)
		return rec_num_f64(from, (size_t)(p - from), &node->as.real) == REC_NUM_OK;
	for (p = first; p < x->p; p++)
		node->as.integer = node->as.integer * 10 + (*p - '0');
	if (first > from)
		node->as.integer = -node->as.integer;
	return true;
}

static bool take_word(struct plain *x, const char *word, enum rec_node_kind kind)
{
	size_t n = strlen(word);

	if ((size_t)(x->end - x->p) < n || memcmp(x->p, word, n) != 0)
		return false;
	x->p += n;
	return add(x->tree, kind, x->e) != REC_NONE;
}

/* The key of member n of the object is that of no other. */
static bool is_new(const struct rec_tree *t, uint32_t object, uint32_t n, uint32_t key)
{
	const struct rec_text *text = &t->node[key].as.text;
	const struct rec_node *other = rec_node_first(&t->node[object]);

	for (uint32_t i = 0; i < n; i++) {
		if (other->as.text.n == text->n && memcmp(other->as.text.p, text->p, text->n) == 0)
			return false;
		other = rec_node_next(rec_node_next(other));
	}
	return n < MEMBERS;
}

static bool take_member(struct plain *x, uint32_t object, uint32_t n, unsigned depth)
{
	uint32_t key = (uint32_t)x->tree->n;

	return pass(x, '"') && take_string(x) && is_new(x->tree, object, n, key) && pass(x, ':') &&
	       take_value(x, depth);
}

static bool take_all(struct plain *x, bool object, unsigned depth)
{
	uint32_t at = add(x->tree, object ? REC_NODE_OBJECT : REC_NODE_ARRAY, x->e), n = 0;
	char close = object ? '}' : ']';

	if (at == REC_NONE || depth == DEPTH)
		return false;
	if (!pass(x, close)) {
		do
			if (!(object ? take_member(x, at, n, depth + 1) : take_value(x, depth + 1)))
				return false;
		while (n++, pass(x, ','));
		if (!pass(x, close))
			return false;
	}
	x->tree->node[at].n = n;
	x->tree->node[at].span = (uint32_t)x->tree->n - at;
	return true;
}

static bool take_value(struct plain *x, unsigned depth)
{
	pass_blanks(x);
	switch (*x->p) {
	case '"': x->p++; return take_string(x);
	case '[': x->p++; return take_all(x, false, depth);
	case '{': x->p++; return take_all(x, true, depth);
	case 't': return take_word(x, "true", REC_NODE_TRUE);
	case 'f': return take_word(x, "false", REC_NODE_FALSE);
	case 'n': return take_word(x, "null", REC_NODE_NULL);
	default: return take_number(x);
	}
}

/* 1; 0 where it is not plain; -1 */
static int read_plain(struct rec_tree *t, const char *p, size_t n, struct rec_err *e)
{
	struct plain x = { .tree = t, .e = e };
	bool fine;

	if (rec_buf_add(&t->text, p, n, e) != 0)
		return -1;
	x.p = t->text.p;
	x.end = x.p + n;
	pass_blanks(&x);
	fine = (*x.p == '{' || *x.p == '[') && take_value(&x, 0);
	pass_blanks(&x);
	return e->code != REC_OK ? -1 : fine && x.p == x.end;
}

/* -- the rest ---------------------------------------------------------- */

static int copy(struct rec_tree *t, json_t *j, struct rec_err *e);

static int copy_entries(struct rec_tree *t, json_t *j, struct rec_err *e)
{
	for (size_t i = 0; i < json_array_size(j); i++)
		if (copy(t, json_array_get(j, i), e) != 0)
			return -1;
	return 0;
}

static int copy_members(struct rec_tree *t, json_t *j, struct rec_err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach(j, key, value) {
		uint32_t at = add(t, REC_NODE_STRING, e);

		if (at == REC_NONE)
			return -1;
		t->node[at].as.text = (struct rec_text){ key, strlen(key) };
		if (copy(t, value, e) != 0)
			return -1;
	}
	return 0;
}

static enum rec_node_kind kind_of(const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT: return REC_NODE_OBJECT;
	case JSON_ARRAY: return REC_NODE_ARRAY;
	case JSON_STRING: return REC_NODE_STRING;
	case JSON_INTEGER: return REC_NODE_INTEGER;
	case JSON_REAL: return REC_NODE_REAL;
	case JSON_TRUE: return REC_NODE_TRUE;
	case JSON_FALSE: return REC_NODE_FALSE;
	default: return REC_NODE_NULL;
	}
}

/* jansson bounds the depth. */
static int copy(struct rec_tree *t, json_t *j, struct rec_err *e)
{
	uint32_t at = add(t, kind_of(j), e);
	struct rec_node *x = at == REC_NONE ? NULL : &t->node[at];

	if (!x)
		return -1;
	if (x->kind == REC_NODE_STRING)
		x->as.text = (struct rec_text){ json_string_value(j), json_string_length(j) };
	else if (x->kind == REC_NODE_INTEGER)
		x->as.integer = json_integer_value(j);
	else if (x->kind == REC_NODE_REAL)
		x->as.real = json_real_value(j);
	x->n = (uint32_t)(json_array_size(j) + json_object_size(j));
	if (copy_entries(t, j, e) != 0 || copy_members(t, j, e) != 0)
		return -1;
	t->node[at].span = (uint32_t)t->n - at;
	return 0;
}

static int read_any(struct rec_tree *t, const char *p, size_t n, struct rec_err *e)
{
	json_error_t error;

	t->json = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
	if (t->json)
		return copy(t, t->json, e);
	snprintf(t->wrong, sizeof t->wrong, "line %d: %s", error.line, error.text);
	return rec_err_set(e, REC_EDATA, "this is no JSON");
}

int rec_tree_read(struct rec_tree *t, const char *p, size_t n, struct rec_err *e)
{
	int plain;

	rec_tree_drop(t);
	plain = read_plain(t, p, n, e);
	if (plain != 0)
		return plain < 0 ? -1 : 0;
	rec_tree_drop(t);
	return read_any(t, p, n, e);
}

/* -- looking ----------------------------------------------------------- */

const struct rec_node *rec_node_entry(const struct rec_node *x, uint32_t i)
{
	const struct rec_node *entry = rec_node_first(x);

	if (x->kind != REC_NODE_ARRAY || i >= x->n)
		return NULL;
	while (i-- > 0)
		entry = rec_node_next(entry);
	return entry;
}

const struct rec_node *rec_node_member(const struct rec_node *x, const char *key)
{
	const struct rec_node *at = rec_node_first(x);
	size_t n = strlen(key);

	for (uint32_t i = 0; x->kind == REC_NODE_OBJECT && i < x->n; i++) {
		if (at->as.text.n == n && memcmp(at->as.text.p, key, n) == 0)
			return rec_node_next(at);
		at = rec_node_next(rec_node_next(at));
	}
	return NULL;
}

double rec_node_number(const struct rec_node *x)
{
	return x->kind == REC_NODE_REAL ? x->as.real : (double)x->as.integer;
}

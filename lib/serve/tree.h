/* SPDX-License-Identifier: MIT */
/*
 * serve/tree.h - JSON, read: a text becomes a row of nodes, each before what is
 * in it. So a large array is one piece of memory, and to go through it is to go
 * through that.
 *
 *	{"n": 3, "items": ["a", "b"]}
 *	object 2 | "n" | 3 | "items" | array 2 | "a" | "b"
 */
#ifndef REC_SERVE_TREE_H
#define REC_SERVE_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "recpipe/answer.h"

enum rec_node_kind {
	REC_NODE_NULL,
	REC_NODE_FALSE,
	REC_NODE_TRUE,
	REC_NODE_INTEGER,
	REC_NODE_REAL,
	REC_NODE_STRING,
	REC_NODE_ARRAY,
	REC_NODE_OBJECT			/* the key of each member, a string, then its value */
};

struct rec_node {
	enum rec_node_kind kind;
	uint32_t n;			/* entries of an array, members of an object */
	uint32_t span;			/* nodes to the next one that is not in this */
	union {
		int64_t integer;
		double real;
		struct rec_text text;
	} as;
};

struct rec_tree {	/* {0}; memory stays from one text to the next */
	struct rec_node *node;
	size_t n, cap;
	/* what strings lie in: a copy of the text, or what jansson made */
	struct rec_buf text;
	void *json;
	char wrong[200];		/* "line 2: ...": bytes of the text may be in it */
};

/*
 * Read a text: an object or an array, none of whose keys appears twice. 0; or
 * -1: REC_ENOMEM, or REC_EDATA and t->wrong.
 */
REC_MUST int rec_tree_read(struct rec_tree *t, const char *p, size_t n, struct rec_err *e);

/* Forget the text. */
void rec_tree_drop(struct rec_tree *t);
void rec_tree_free(struct rec_tree *t);

/* The first node in an array or object, and the one after a node. */
static inline const struct rec_node *rec_node_first(const struct rec_node *x)
{
	return x + 1;
}

static inline const struct rec_node *rec_node_next(const struct rec_node *x)
{
	return x + x->span;
}

/* Entry i of an array, or NULL. O(i). */
const struct rec_node *rec_node_entry(const struct rec_node *x, uint32_t i);

/* The value of a member of an object, or NULL. */
const struct rec_node *rec_node_member(const struct rec_node *x, const char *key);

/* The value of a number. */
double rec_node_number(const struct rec_node *x);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * serve/form_read.h - what the files that read a form share; for form.c,
 * form_text.c and form_json.c alone. Functions return 0, or -1 with the answer
 * in x->reply.
 */
#ifndef REC_SERVE_FORM_READ_H
#define REC_SERVE_FORM_READ_H

#include <stdarg.h>

#include "serve/form.h"

enum rec_field {
	REC_FIELD_USER,
	REC_FIELD_ITEM,
	REC_FIELD_N,
	REC_FIELD_K,
	REC_FIELD_MODEL,
	REC_FIELD_Q,
	REC_FIELD_KEEP_SEEN,
	REC_FIELD_FILL,
	REC_FIELD_COLD,
	REC_FIELD_CLAMP,
	REC_FIELD_ALLOW,
	REC_FIELD_DENY,
	REC_FIELD_CANDIDATES,
	REC_FIELD_HISTORY,
	REC_FIELD_ITEMS,
	REC_FIELD_PAIRS,
	REC_FIELD_HISTORIES
};

/* A name, and the endpoints that take it: as a parameter, in a body of JSON. */
struct rec_form_name {
	const char *name;
	enum rec_field field;
	unsigned query, json;		/* bits by enum rec_endpoint */
};

struct rec_reader {
	struct rec_form *form;
	enum rec_endpoint endpoint;
	const struct rec_form_defaults *defaults;
	struct rec_reply *reply;
	unsigned seen;			/* fields so far */
};

/* 400. Returns -1. */
int rec_form_bad(struct rec_reader *x, const char *fmt, ...) REC_PRINTF(2, 3);

/* A label, checked; name is what it is in the request. */
REC_MUST int rec_form_label(struct rec_reader *x, const char *name, const char *p, size_t n,
			    struct rec_text *to);
REC_MUST int rec_form_add_label(struct rec_reader *x, const char *name, const char *p, size_t n,
				struct rec_form_labels *l);

/* The field of that name, or NULL with an answer. */
const struct rec_form_name *rec_form_find(struct rec_reader *x, const char *p, size_t n, bool json);

/* The value of a field, as text. */
REC_MUST int rec_form_text(struct rec_reader *x, const struct rec_form_name *name,
			   const struct rec_text *t);

/* The body. */
REC_MUST int rec_form_lines(struct rec_reader *x, const char *body, size_t n);
REC_MUST int rec_form_json(struct rec_reader *x, const char *body, size_t n);

/* What of JSON is held. */
void rec_form_drop_json(struct rec_form *f);

#endif

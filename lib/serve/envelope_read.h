/* SPDX-License-Identifier: MIT */
/*
 * serve/envelope_read.h - parts of an envelope, for envelope.c alone. Functions
 * return 0, or -1 with an answer in r.
 */
#ifndef REC_SERVE_ENVELOPE_READ_H
#define REC_SERVE_ENVELOPE_READ_H

#include <jansson.h>

#include "serve/envelope.h"

/* 400: the envelope is wrong, not what is in it. Returns -1. */
int rec_envelope_bad(struct rec_reply *r, const char *fmt, ...) REC_PRINTF(2, 3);

/* Append text and a NUL that does not count. */
REC_MUST int rec_envelope_put(struct rec_buf *b, const char *p, size_t n, struct rec_reply *r);

/*
 * Append parameters to a target: an object whose values are strings, numbers,
 * flags, or arrays of them, each for itself. escaped: they are as they stood in
 * an address.
 */
REC_MUST int rec_envelope_query(struct rec_buf *target, json_t *query, bool escaped,
				struct rec_reply *r);

/*
 * Accept and Content-Type from an object of fields, whatever their case; their
 * values are strings, or arrays of them.
 */
REC_MUST int rec_envelope_head(struct rec_envelope *v, json_t *head, struct rec_reply *r);

/* The body: a string, in base64 or not; null where there is none. */
REC_MUST int rec_envelope_body(struct rec_envelope *v, const json_t *body, bool in_base64,
			       struct rec_reply *r);

/* GET, HEAD or POST; anything else is 405. */
REC_MUST int rec_envelope_method(struct rec_envelope *v, const json_t *method, struct rec_reply *r);

#endif

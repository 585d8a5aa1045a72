/* SPDX-License-Identifier: MIT */
/*
 * serve/form.h - what a request asks: parameters of the target, and the body,
 * lines of text or JSON. Both say the same things by the same names (the table
 * in form.c); nothing is looked up here.
 */
#ifndef REC_SERVE_FORM_H
#define REC_SERVE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recpipe/answer.h"
#include "recpipe/rows.h"
#include "serve/request.h"

/* Labels that grow; `given` where the request has the name at all. */
struct rec_form_labels {
	struct rec_text *label;
	size_t n, cap;
	bool given;
};

/* What is asked where the request does not say. */
struct rec_form_defaults {
	uint32_t n, k;			/* entries of a list, reasons of an entry */
	uint32_t most;			/* of both */
	bool keep_seen, fill;
	enum rec_cold cold;
	enum rec_cold_pair cold_pair;
	bool clamp;			/* to the range of training */
	size_t most_rows;		/* histories of a batch */
};

/* A pair of /score. */
struct rec_form_pair {
	struct rec_text user, item;
};

/* A history of /batch: pairs first .. last - 1. */
struct rec_form_history {
	struct rec_text user;
	size_t first, last;
};

struct rec_form {	/* {0}; memory stays from one request to the next */
	uint32_t n, k;
	uint32_t model;			/* of the list, from 1; 0: all together */
	bool keep_seen, fill, clamp;
	enum rec_cold cold;
	enum rec_cold_pair cold_pair;
	struct rec_text user, item;
	struct rec_text part;		/* of a name, for /items */
	bool has_user, has_item, has_history, has_part, from_text;
	struct rec_form_labels allow, deny, candidates, items;
	struct rec_ask_pair *pair;
	size_t npairs, pair_cap;
	struct rec_form_pair *scored;
	size_t nscored, scored_cap;
	struct rec_form_history *history;
	size_t nhistories, history_cap;
	struct rec_row *row;		/* lines of the body, in its order */
	size_t nrows, row_cap;
	/* what the above points into */
	struct rec_buf query, text;
	void *json;
};

void rec_form_free(struct rec_form *f);

/* Its request is answered: forget it, and let go of much memory. */
void rec_form_rest(struct rec_form *f);

/*
 * Read a request for an endpoint. 0, or -1 with an answer in r that says what
 * is wrong and where.
 */
REC_MUST int rec_form_read(struct rec_form *f, enum rec_endpoint endpoint,
			   const struct rec_request *q, const struct rec_form_defaults *d,
			   struct rec_reply *r);

#endif

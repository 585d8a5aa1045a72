/* SPDX-License-Identifier: MIT */
/*
 * serve/titles.h - what items are called: text, a line each, label TAB title.
 */
#ifndef REC_SERVE_TITLES_H
#define REC_SERVE_TITLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "recpipe/answer.h"

struct rec_title {
	struct rec_text label, title;
};

struct rec_titles {	/* {0} is empty */
	struct rec_title *entry;	/* ascending by label */
	size_t n;
	struct rec_buf text;		/* what they point into */
};

/*
 * Read a file; a label twice is an error, and so is a line without TAB. What
 * follows a second TAB is left out.
 */
REC_MUST int rec_titles_load(struct rec_titles *t, const char *path, struct rec_err *e);
void rec_titles_free(struct rec_titles *t);

/* The title of a label, or NULL. */
const struct rec_text *rec_titles_find(const struct rec_titles *t, const char *label, size_t n);

#endif

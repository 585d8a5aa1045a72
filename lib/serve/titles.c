/* SPDX-License-Identifier: MIT */
/* serve/titles.c - lines sorted by label, found by binary search. */
#include "serve/titles.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "io/in.h"
#include "recpipe/matrix.h"

static int compare(const void *pa, const void *pb)
{
	const struct rec_title *a = pa, *b = pb;

	return rec_label_cmp(a->label.p, a->label.n, b->label.p, b->label.n);
}

/* The line of n bytes at p. */
static int add_line(struct rec_titles *t, size_t *cap, const char *p, size_t n, struct rec_err *e)
{
	const char *tab = memchr(p, '\t', n), *second;
	struct rec_title x;

	if (n && p[n - 1] == '\r')
		n--;
	if (!tab || tab == p)
		return rec_err_set(e, REC_EDATA, "a line of titles is label TAB title");
	x.label = (struct rec_text){ p, (size_t)(tab - p) };
	x.title = (struct rec_text){ tab + 1, n - x.label.n - 1 };
	second = memchr(x.title.p, '\t', x.title.n);
	if (second)
		x.title.n = (size_t)(second - x.title.p);
	if (rec_grow(&t->entry, cap, t->n + 1, sizeof *t->entry, e) != 0)
		return -1;
	t->entry[t->n++] = x;
	return 0;
}

static int add_lines(struct rec_titles *t, const char *path, struct rec_err *e)
{
	unsigned long line = 0;
	size_t cap = 0;

	for (size_t at = 0, n; at < t->text.n; at += n + 1) {
		const char *p = t->text.p + at, *end = memchr(p, '\n', t->text.n - at);

		n = end ? (size_t)(end - p) : t->text.n - at;
		line++;
		if (add_line(t, &cap, p, n, e) != 0)
			return rec_err_prefix(e, "%s:%lu: ", path, line);
	}
	return 0;
}

static int check_repeats(const struct rec_titles *t, const char *path, struct rec_err *e)
{
	for (size_t i = 1; i < t->n; i++)
		if (compare(&t->entry[i - 1], &t->entry[i]) == 0)
			return rec_err_set(e, REC_EDATA, "%s: '%.*s' has two titles", path,
					   REC_LABEL(t->entry[i].label.p, t->entry[i].label.n));
	return 0;
}

int rec_titles_load(struct rec_titles *t, const char *path, struct rec_err *e)
{
	struct rec_in *in;
	int rc;

	*t = (struct rec_titles){ 0 };
	if (rec_in_open(&in, path, e) != 0)
		return -1;
	rc = rec_in_all(in, &t->text, e);
	rec_in_close(in);
	if (rc == 0)
		rc = add_lines(t, path, e);
	if (rc == 0 && t->n > 1)
		qsort(t->entry, t->n, sizeof *t->entry, compare);
	if (rc == 0)
		rc = check_repeats(t, path, e);
	if (rc != 0)
		rec_titles_free(t);
	return rc;
}

void rec_titles_free(struct rec_titles *t)
{
	free(t->entry);
	rec_buf_free(&t->text);
	*t = (struct rec_titles){ 0 };
}

const struct rec_text *rec_titles_find(const struct rec_titles *t, const char *label, size_t n)
{
	struct rec_title key = { .label = { label, n } }, *found = NULL;

	if (t->n)
		found = bsearch(&key, t->entry, t->n, sizeof *t->entry, compare);
	return found ? &found->title : NULL;
}

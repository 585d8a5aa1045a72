/* SPDX-License-Identifier: MIT */
/* names.c - names that users have, collected and numbered. */
#include "eval/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int rec_names_add(struct rec_names *x, struct rec_name name, struct rec_err *e)
{
	if (rec_grow(&x->name, &x->cap, x->n + 1, sizeof *x->name, e) != 0)
		return -1;
	x->name[x->n++] = name;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct rec_name *x = *(const struct rec_name *const *)a,
			      *y = *(const struct rec_name *const *)b;

	return rec_label_cmp(x->p, x->n, y->p, y->n);
}

/*
 * Labels of n byte strings in order, repeats once; id[i], where not NULL, is
 * the index of string i.
 */
static int make_labels(struct rec_labels *l, struct rec_name *const *sorted, size_t n,
		       const struct rec_name *first, uint32_t *id, struct rec_err *e)
{
	uint64_t bytes = 0, *off;
	char *text;

	for (size_t i = 0; i < n; i++)
		bytes += sorted[i]->n;
	off = rec_alloc(n + 1, sizeof *off, e);
	text = rec_alloc(bytes, 1, e);
	*l = (struct rec_labels){ .off = off, .bytes = text, .own_off = off, .own_bytes = text };
	if (!off || !text)
		return -1;
	off[0] = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_bytes(&sorted[i - 1], &sorted[i]) != 0) {
			memcpy(text + off[l->n], sorted[i]->p, sorted[i]->n);
			off[l->n + 1] = off[l->n] + sorted[i]->n;
			l->n++;
		}
		if (id)
			id[sorted[i] - first] = l->n - 1;
	}
	return 0;
}

/* Number the strings by their bytes. id has n entries. */
static int number(struct rec_labels *l, struct rec_name *ref, size_t n, uint32_t *id,
		  struct rec_err *e)
{
	struct rec_name **sorted = rec_alloc(n, sizeof *sorted, e);
	size_t named = 0;
	int rc;

	if (!sorted)
		return -1;
	for (size_t i = 0; i < n; i++) {
		id[i] = REC_NONE;
		if (ref[i].n > 0)
			sorted[named++] = &ref[i];
	}
	qsort(sorted, named, sizeof *sorted, by_bytes);
	rc = make_labels(l, sorted, named, ref, id, e);
	free(sorted);
	return rc;
}

int rec_names_rows(const struct rec_names *x, uint32_t users, struct rec_labels *l,
		   uint64_t **ptr, uint32_t **idx, struct rec_err *e)
{
	*ptr = rec_zalloc((size_t)users + 1, sizeof **ptr, e);
	*idx = rec_alloc(x->n, sizeof **idx, e);
	if (!*ptr || !*idx || number(l, x->name, x->n, *idx, e) != 0)
		return -1;
	for (size_t i = 0; i < x->n; i++)
		(*ptr)[x->name[i].user + 1]++;
	for (uint32_t u = 0; u < users; u++)
		(*ptr)[u + 1] += (*ptr)[u];
	return 0;
}

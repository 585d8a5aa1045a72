/* SPDX-License-Identifier: MIT */
/* cmd/cat/labels.c - labels read, written and sorted. */
#include "cmd/cat/labels.h"

#include <stdlib.h>

#include "base/label.h"
#include "base/mem.h"
#include "cmd/cli/files.h"
#include "matrix/labels.h"

int cat_write_labels(struct rec_out *out, const uint64_t *off, const char *bytes, uint64_t n,
		     struct rec_err *e)
{
	for (uint64_t i = 0; i < n; i++)
		if (rec_out_write(out, bytes + off[i], (size_t)(off[i + 1] - off[i]), e) != 0 ||
		    rec_out_write(out, "\n", 1, e) != 0)
			return -1;
	return 0;
}

int cat_label_order(const void *x, const void *y)
{
	const struct cat_label *a = x, *b = y;

	return rec_label_cmp(a->p, a->len, b->p, b->len);
}

struct cat_label *cat_sort_labels(const struct rec_label_list *l, struct rec_err *e)
{
	struct cat_label *order = rec_alloc(l->n, sizeof *order, e);

	if (!order)
		return NULL;
	for (uint64_t i = 0; i < l->n; i++)
		order[i] = (struct cat_label){ l->label[i], l->len[i], i };
	if (l->n)
		qsort(order, l->n, sizeof *order, cat_label_order);
	return order;
}

/* Two rows of one label would become one. */
static int check_unique(const struct rec_label_list *l, const char *path, struct rec_err *e)
{
	struct cat_label *order = cat_sort_labels(l, e);
	int rc = order ? 0 : -1;

	for (uint64_t i = 1; rc == 0 && i < l->n; i++)
		if (cat_label_order(&order[i - 1], &order[i]) == 0)
			rc = rec_err_set(e, REC_EDATA, "%s: label '%.*s' appears twice", path,
					 REC_LABEL(order[i].p, order[i].len));
	free(order);
	return rc;
}

int cat_read_labels(struct rec_label_list *l, const char *path, struct rec_err *e)
{
	struct rec_in *in;
	int rc;

	*l = (struct rec_label_list){ 0 };
	if (!path)
		return 0;
	if (cli_in(&in, path, "labels", e) != 0)
		return -1;
	rc = rec_label_list_read(l, in, e);
	if (rc == 0)
		rc = check_unique(l, path, e);
	rec_in_close(in);
	return rc;
}

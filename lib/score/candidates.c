/* SPDX-License-Identifier: MIT */
/* candidates.c - label lists, pairs by row, popularity. */
#include "score/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "base/best.h"
#include "base/mem.h"
#include "io/looks.h"
#include "recmat/recmat.h"
#include "rows/rows.h"

static void mark_label(unsigned char *mark, const struct rec_labels *items, const char *label,
		       size_t len, struct rec_label_tally *t)
{
	uint32_t i = rec_labels_find(items, label, len);

	t->labels++;
	if (i != REC_NONE) {
		mark[i] = 1;
	} else if (t->unknown++ == 0) {
		t->first_len = len < sizeof t->first ? len : sizeof t->first;
		memcpy(t->first, label, t->first_len);
	}
}

static int mark_line(unsigned char *mark, const struct rec_labels *items, const char *name,
		     uint64_t number, const char *line, size_t n, struct rec_label_tally *t,
		     struct rec_err *e)
{
	const char *tab;

	if ((tab = memchr(line, '\t', n)))
		n = (size_t)(tab - line);
	else if (n && line[n - 1] == '\r')
		n--;
	if (n == 0)
		return rec_err_set(e, REC_EDATA, "%s:%llu: field 1: empty label", name,
				   (unsigned long long)number);
	mark_label(mark, items, line, n, t);
	return 0;
}

static int read_all(struct rec_buf *b, struct rec_in *in, struct rec_err *e)
{
	char piece[16384];
	int64_t n;

	while ((n = rec_in_read(in, piece, sizeof piece, e)) > 0)
		if (rec_buf_add(b, piece, (size_t)n, e))
			return -1;
	return n < 0 ? -1 : 0;
}

static int text_list(unsigned char *mark, const struct rec_labels *items, struct rec_in *in,
		     struct rec_label_tally *t, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	const char *p, *end, *nl;
	uint64_t number = 0;
	int rc = read_all(&b, in, e);

	if (rc == 0)
		rc = rec_looks_check(in, b.p, b.n, e);
	for (p = b.p, end = p + b.n; rc == 0 && p != end; p = nl == end ? end : nl + 1) {
		if (!(nl = memchr(p, '\n', (size_t)(end - p))))
			nl = end;
		rc = mark_line(mark, items, rec_in_name(in), ++number, p, (size_t)(nl - p), t, e);
	}
	rec_buf_free(&b);
	rec_in_close(in);
	return rc;
}

static int recmat_list(unsigned char *mark, const struct rec_labels *items, struct rec_in *in,
		       struct rec_pool *pool, struct rec_label_tally *t, struct rec_err *e)
{
	struct rec_sparse s = { 0 };
	struct rec_load how = { .repeats = REC_REPEATS_KEEP, .label_only = true };
	const char *label;
	size_t len;
	uint32_t i;

	if (rec_sparse_load(&s, in, &how, pool, e))
		return -1;
	for (i = 0; i < s.row.n; i++) {
		label = rec_label(&s.row, i, &len);
		mark_label(mark, items, label, len, t);
	}
	rec_sparse_free(&s);
	return 0;
}

int rec_label_list_load(unsigned char *mark, const struct rec_labels *items, struct rec_in *in,
			struct rec_pool *pool, struct rec_label_tally *t, struct rec_err *e)
{
	int binary = rec_recmat_is(in, e);

	*t = (struct rec_label_tally){ 0 };
	if (binary < 0) {
		rec_in_close(in);
		return -1;
	}
	return binary ? recmat_list(mark, items, in, pool, t, e) : text_list(mark, items, in, t, e);
}

int rec_pairs_new(struct rec_pairs *p, const struct rec_sparse *x, const struct rec_labels *items,
		  bool index, struct rec_pool *pool, struct rec_err *e)
{
	*p = (struct rec_pairs){ .x = x };
	if (rec_labels_map(&p->item_of, &x->col, items, e) == 0 &&
	    (!index || rec_label_index_new(&p->rows, &x->row, pool, e) == 0))
		return 0;
	rec_pairs_free(p);
	return -1;
}

void rec_pairs_free(struct rec_pairs *p)
{
	free(p->item_of);
	rec_label_index_free(p->rows);
	*p = (struct rec_pairs){ 0 };
}

uint32_t rec_pairs_row(const struct rec_pairs *p, const char *label, size_t len)
{
	return p->rows ? rec_label_index_find(p->rows, label, len) :
			 rec_labels_find(&p->x->row, label, len);
}

uint32_t rec_pairs_items(const struct rec_pairs *p, uint32_t row, uint32_t *item, float *value)
{
	const struct rec_csr *m = &p->x->m;
	uint32_t n = 0;
	uint64_t t;

	for (t = m->ptr[row]; t < m->ptr[row + 1]; t++) {
		if (p->item_of[m->col[t]] == REC_NONE)
			continue;
		if (value)
			value[n] = m->val[t];
		item[n++] = p->item_of[m->col[t]];
	}
	return n;
}

/* From the n entries of r, in any order. */
static int popular_sort(struct rec_popular *p, struct rec_top *r, struct rec_err *e)
{
	uint32_t i;

	rec_top_sort(r);
	*p = (struct rec_popular){ .n = r->n };
	p->item = rec_alloc((size_t)r->n + 1, sizeof *p->item, e);
	p->score = rec_alloc((size_t)r->n + 1, sizeof *p->score, e);
	if (!p->item || !p->score) {
		rec_popular_free(p);
		return -1;
	}
	for (i = 0; i < r->n; i++) {
		p->item[i] = r->entry[i].item;
		p->score[i] = r->entry[i].score;
	}
	return 0;
}

int rec_popular_offset(struct rec_popular *p, const struct rec_labels *labels, const float *value,
		       const struct rec_labels *items, struct rec_err *e)
{
	struct rec_top r = { .cap = labels->n, .room = labels->n };
	uint32_t *map, i;
	int rc = -1;

	*p = (struct rec_popular){ 0 };
	if (rec_labels_map(&map, labels, items, e))
		return -1;
	if ((r.entry = rec_alloc((size_t)labels->n + 1, sizeof *r.entry, e))) {
		for (i = 0; i < labels->n; i++)
			if (map[i] != REC_NONE && value[i] > 0)
				rec_top_push(&r, map[i], value[i]);
		rc = popular_sort(p, &r, e);
	}
	free(r.entry);
	free(map);
	return rc;
}

int rec_popular_count(struct rec_popular *p, const struct rec_sparse *x,
		      const struct rec_labels *items, struct rec_err *e)
{
	uint64_t *count = rec_zalloc((size_t)x->col.n + 1, sizeof *count, e), t;
	float *value = rec_alloc((size_t)x->col.n + 1, sizeof *value, e);
	uint32_t i;
	int rc = -1;

	*p = (struct rec_popular){ 0 };
	if (count && value) {
		for (t = 0; t < x->m.nnz; t++)
			count[x->m.col[t]] += x->m.val[t] > 0;
		for (i = 0; i < x->col.n; i++)
			value[i] = (float)count[i];
		rc = rec_popular_offset(p, &x->col, value, items, e);
	}
	free(count);
	free(value);
	return rc;
}

void rec_popular_free(struct rec_popular *p)
{
	free(p->item);
	free(p->score);
	*p = (struct rec_popular){ 0 };
}

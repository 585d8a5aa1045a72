/* SPDX-License-Identifier: MIT */
/* topn/label_list.c - a label a line, or the row labels of recmat. */
#include "topn/label_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/looks.h"
#include "matrix/sparse.h"
#include "recmat/recmat.h"
#include "recpipe/matrix.h"

/* Where marks go, and what was met. */
struct marking {
	unsigned char *mark;
	const struct rec_labels *items;
	struct rec_label_tally *tally;
};

static void mark_label(const struct marking *m, const char *label, size_t len)
{
	struct rec_label_tally *t = m->tally;
	uint32_t i = rec_labels_find(m->items, label, len);

	t->labels++;
	if (i != REC_NONE) {
		m->mark[i] = 1;
	} else if (t->unknown++ == 0) {
		t->first_len = len < sizeof t->first ? len : sizeof t->first;
		memcpy(t->first, label, t->first_len);
	}
}

/* Line `number` of file `name`. */
static int mark_line(const struct marking *m, const char *name, uint64_t number, const char *line,
		     size_t n, struct rec_err *e)
{
	const char *tab = memchr(line, '\t', n);

	if (tab)
		n = (size_t)(tab - line);
	else if (n && line[n - 1] == '\r')
		n--;
	if (n == 0)
		return rec_err_set(e, REC_EDATA, "%s:%llu: field 1: empty label", name,
				   (unsigned long long)number);
	mark_label(m, line, n);
	return 0;
}

static int text_list(const struct marking *m, struct rec_in *in, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	uint64_t number = 0;
	int rc = rec_in_all(in, &b, e);

	if (rc == 0)
		rc = rec_looks_check(in, b.p, b.n, e);
	for (size_t at = 0; rc == 0 && at < b.n;) {
		const char *line = b.p + at, *newline = memchr(line, '\n', b.n - at);
		size_t n = newline ? (size_t)(newline - line) : b.n - at;

		rc = mark_line(m, rec_in_name(in), ++number, line, n, e);
		at += n + 1;
	}
	rec_buf_free(&b);
	rec_in_close(in);
	return rc;
}

static int recmat_list(const struct marking *m, struct rec_in *in, struct rec_pool *pool,
		       struct rec_err *e)
{
	struct rec_sparse s = { 0 };
	struct rec_load how = { .repeats = REC_REPEATS_KEEP, .label_only = true };

	if (rec_sparse_load(&s, in, &how, pool, e) != 0)
		return -1;
	for (uint32_t i = 0; i < s.row.n; i++) {
		size_t len;
		const char *label = rec_label(&s.row, i, &len);

		mark_label(m, label, len);
	}
	rec_sparse_free(&s);
	return 0;
}

int rec_label_list_load(unsigned char *mark, const struct rec_labels *items, struct rec_in *in,
			struct rec_pool *pool, struct rec_label_tally *tally, struct rec_err *e)
{
	struct marking m = { mark, items, tally };
	int binary = rec_recmat_is(in, e);

	*tally = (struct rec_label_tally){ 0 };
	if (binary < 0) {
		rec_in_close(in);
		return -1;
	}
	return binary ? recmat_list(&m, in, pool, e) : text_list(&m, in, e);
}

/* SPDX-License-Identifier: MIT */
#include "foreign/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "foreign/formats.h"
#include "io/looks.h"

enum { LABELS = REC_LOSES_ROWS | REC_LOSES_COLUMNS };

const struct rec_foreign rec_foreign_table[] = {
	{ "csv", REC_SHAPE_ROWS, .read_rows = rec_csv_read, .begin = rec_csv_begin,
	  .write_row = rec_csv_write },
	{ "mtx", REC_SHAPE_ROWS, .read_rows = rec_mtx_read, .write_matrix = rec_mtx_write,
	  .loses = LABELS | REC_LOSES_TIMES, .reads_labels = LABELS },
	{ "libsvm", REC_SHAPE_ROWS, .read_rows = rec_libsvm_read, .write_matrix = rec_libsvm_write,
	  .loses = LABELS | REC_LOSES_TIMES, .reads_labels = LABELS },
	{ "labelled", REC_SHAPE_ROWS, .read_rows = rec_labelled_read,
	  .write_matrix = rec_labelled_write, .loses = REC_LOSES_TIMES },
	{ "wide", REC_SHAPE_ROWS, .read_rows = rec_wide_read, .write_matrix = rec_wide_write,
	  .loses = REC_LOSES_VALUES | REC_LOSES_TIMES },
	{ "trec-run", REC_SHAPE_ROWS, .read_rows = rec_trec_run_read,
	  .write_matrix = rec_trec_run_write, .ranked = true, .loses = REC_LOSES_TIMES },
	{ "trec-qrels", REC_SHAPE_ROWS, .read_rows = rec_trec_qrels_read,
	  .write_row = rec_trec_qrels_write, .loses = REC_LOSES_TIMES },
	{ "npy", REC_SHAPE_DENSE, .read_dense = rec_npy_read, .write_dense = rec_npy_write,
	  .loses = LABELS, .reads_labels = REC_LOSES_ROWS },
	{ "word2vec", REC_SHAPE_DENSE, .read_dense = rec_word2vec_read,
	  .write_dense = rec_word2vec_write, .loses = REC_LOSES_COLUMNS },
	{ "factors", REC_SHAPE_DENSE, .read_dense = rec_factors_read,
	  .write_dense = rec_factors_write, .loses = REC_LOSES_COLUMNS },
	{ 0 },
};

const struct rec_foreign *rec_foreign_find(const char *name)
{
	for (const struct rec_foreign *f = rec_foreign_table; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

void rec_label_list_free(struct rec_label_list *l)
{
	free(l->label);
	free(l->len);
	free(l->bytes);
	*l = (struct rec_label_list){ 0 };
}

void rec_foreign_dense_free(struct rec_foreign_dense *d)
{
	free(d->val);
	rec_label_list_free(&d->labels);
	*d = (struct rec_foreign_dense){ 0 };
}

/* Cut b into lines. The label is the text before the first TAB. */
static int cut_lines(struct rec_label_list *l, struct rec_buf *b, const char *name,
		     struct rec_err *e)
{
	size_t labels = 0, lens = 0;

	for (char *p = b->p, *end = b->p + b->n, *next; p < end; p = next) {
		char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);
		char *tab;

		next = newline ? newline + 1 : end;
		if (len > 0 && p[len - 1] == '\r')
			len--;
		tab = memchr(p, '\t', len);
		if (tab)
			len = (size_t)(tab - p);
		if (len == 0 || len > REC_LABEL_MAX)
			return rec_err_set(e, REC_EDATA, "%s:%llu: field 1: %s", name,
					   (unsigned long long)l->n + 1,
					   len == 0 ? "empty" : REC_LABEL_TOO_LONG);
		if (rec_grow(&l->label, &labels, l->n + 1, sizeof *l->label, e) != 0 ||
		    rec_grow(&l->len, &lens, l->n + 1, sizeof *l->len, e) != 0)
			return -1;
		l->label[l->n] = p;
		l->len[l->n++] = (uint32_t)len;
	}
	return 0;
}

int rec_label_list_read(struct rec_label_list *l, struct rec_in *in, struct rec_err *e)
{
	struct rec_buf b = { 0 };

	*l = (struct rec_label_list){ 0 };
	if (rec_in_all(in, &b, e) != 0) {
		rec_buf_free(&b);
		return -1;
	}
	l->bytes = b.p;
	if (rec_looks_check(in, b.p, b.n, e) == 0 &&
	    (b.n == 0 || cut_lines(l, &b, rec_in_name(in), e) == 0))
		return 0;
	rec_label_list_free(l);
	return -1;
}

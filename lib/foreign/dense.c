/* SPDX-License-Identifier: MIT */
/*
 * foreign/dense.c - dense matrices: npy (NumPy's format description, versions 1
 * to 3), the text form of word2vec, and factors as TSV.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/label.h"
#include "base/mem.h"
#include "foreign/formats.h"
#include "foreign/line.h"
#include "io/looks.h"
#include "io/num.h"

/*
 * A dense matrix that grows row by row. Labels are stored as offsets until all
 * bytes are there, because the bytes move as they grow.
 */
struct growing {
	struct rec_foreign_dense *d;
	struct rec_buf labels;
	size_t cells, cells_cap, labels_cap, lens_cap;
};

static int add_label(struct growing *g, const char *s, size_t n, struct rec_err *e)
{
	struct rec_label_list *l = &g->d->labels;

	if (rec_grow(&l->len, &g->lens_cap, l->n + 1, sizeof *l->len, e) != 0 ||
	    rec_buf_add(&g->labels, s, n, e) != 0)
		return -1;
	l->len[l->n++] = (uint32_t)n;
	return 0;
}

static int add_value(struct growing *g, float x, struct rec_err *e)
{
	if (rec_grow(&g->d->val, &g->cells_cap, g->cells + 1, sizeof *g->d->val, e) != 0)
		return -1;
	g->d->val[g->cells++] = x;
	return 0;
}

/* Hand the label bytes to the list. */
static int end_growing(struct growing *g, struct rec_err *e)
{
	struct rec_label_list *l = &g->d->labels;
	size_t at = 0;

	l->label = rec_alloc(l->n, sizeof *l->label, e);
	if (!l->label)
		return -1;
	l->bytes = g->labels.p;
	g->labels.p = NULL;
	for (uint64_t i = 0; i < l->n; at += l->len[i++])
		l->label[i] = l->bytes + at;
	g->d->nrows = l->n;
	return 0;
}

static int vector_line(struct growing *g, struct rec_foreign_line *l, char *p, const char *end,
		       const char *delimiter, struct rec_err *e)
{
	uint32_t columns = 0;
	char *s;
	size_t n;
	float x;

	if (!rec_field_next(&p, end, delimiter, &s, &n))
		return rec_line_fail(l, 0, e, "empty line");
	if (rec_line_label(l, 1, s, n, e) != 0 || add_label(g, s, n, e) != 0)
		return -1;
	for (; rec_field_next(&p, end, delimiter, &s, &n); columns++)
		if (rec_line_f32(l, (int)columns + 2, s, n, &x, e) < 0 || add_value(g, x, e) != 0)
			return -1;
	if (g->d->labels.n == 1 && g->d->ncols == 0)
		g->d->ncols = columns;
	if (columns == 0 || columns != g->d->ncols)
		return rec_line_fail(l, 0, e, columns ? "%u number%s, not %u" : "no numbers",
				     columns, REC_S(columns), g->d->ncols);
	return 0;
}

static int read_vectors(struct growing *g, struct rec_foreign_line *l, const char *delimiter,
			struct rec_err *e)
{
	char *line;
	size_t n;
	int got;

	while ((got = rec_line_next(l, &line, &n, e)) == 1)
		if (vector_line(g, l, line, line + n, delimiter, e) != 0)
			return -1;
	return got == 0 ? end_growing(g, e) : -1;
}

static int finish(struct growing *g, struct rec_foreign_line *l, int rc)
{
	rec_line_free(l);
	rec_buf_free(&g->labels);
	if (rc != 0)
		rec_foreign_dense_free(g->d);
	return rc;
}

int rec_factors_read(struct rec_foreign_dense *d, struct rec_in *in,
		     const struct rec_foreign_opts *o, struct rec_err *e)
{
	struct rec_foreign_line l = { .held.in = in, .lost = o->lost };
	struct growing g = { .d = d };

	(void)o;
	return finish(&g, &l, read_vectors(&g, &l, "\t", e));
}

static int word2vec_header(struct rec_foreign_line *l, uint64_t *rows, uint64_t *columns,
			   struct rec_err *e)
{
	char *p, *s[2];
	size_t n, len[2];
	int got = rec_line_next(l, &p, &n, e);
	const char *end;

	if (got < 1)
		return got < 0 ? -1 :
				 rec_err_set(e, REC_EDATA, "%s: empty, not word2vec",
					     rec_in_name(l->held.in));
	end = p + n;
	if (!rec_field_next(&p, end, NULL, &s[0], &len[0]) ||
	    !rec_field_next(&p, end, NULL, &s[1], &len[1]))
		return rec_line_fail(l, 0, e, "not 'rows columns'");
	if (rec_line_u64(l, 1, s[0], len[0], rows, e) != 0 ||
	    rec_line_u64(l, 2, s[1], len[1], columns, e) != 0)
		return -1;
	if (*columns < 1 || *columns > 1000000)
		return rec_line_fail(l, 2, e, "%llu is not between 1 and 1000000",
				     (unsigned long long)*columns);
	return 0;
}

int rec_word2vec_read(struct rec_foreign_dense *d, struct rec_in *in,
		      const struct rec_foreign_opts *o, struct rec_err *e)
{
	struct rec_foreign_line l = { .held.in = in, .lost = o->lost };
	struct growing g = { .d = d };
	uint64_t rows = 0, columns = 0;
	int rc = word2vec_header(&l, &rows, &columns, e);

	(void)o;
	d->ncols = (uint32_t)columns;
	if (rc == 0)
		rc = read_vectors(&g, &l, NULL, e);
	if (rc == 0 && d->nrows != rows)
		rc = rec_err_set(e, REC_EDATA, "%s: rows: %llu, but announced: %llu",
				 rec_in_name(in), (unsigned long long)d->nrows,
				 (unsigned long long)rows);
	return finish(&g, &l, rc);
}

static int put_vector(struct rec_out *out, const struct rec_block *b, uint64_t r, char between,
		      struct rec_err *e)
{
	char text[REC_NUM_MAX + 1] = { between };

	if (rec_out_write(out, b->row_bytes + b->row_off[r],
			  (size_t)(b->row_off[r + 1] - b->row_off[r]), e) != 0)
		return -1;
	for (uint64_t c = 0; c < b->cols; c++)
		if (rec_out_write(out, text, 1 + rec_num_put_f32(text + 1, b->val[r * b->cols + c]),
				  e) != 0)
			return -1;
	return rec_out_write(out, "\n", 1, e);
}

int rec_factors_write(struct rec_out *out, const struct rec_foreign_opts *o,
		      const struct rec_block *b, struct rec_err *e)
{
	(void)o;
	for (uint64_t r = 0; r < b->rows; r++)
		if (put_vector(out, b, r, '\t', e) != 0)
			return -1;
	return 0;
}

int rec_word2vec_write(struct rec_out *out, const struct rec_foreign_opts *o,
		       const struct rec_block *b, struct rec_err *e)
{
	char text[80];
	int n = snprintf(text, sizeof text, "%llu %llu\n", (unsigned long long)b->rows,
			 (unsigned long long)b->cols);

	(void)o;
	if (rec_out_write(out, text, (size_t)n, e) != 0)
		return -1;
	for (uint64_t r = 0; r < b->rows; r++) {
		size_t len = (size_t)(b->row_off[r + 1] - b->row_off[r]);

		if (memchr(b->row_bytes + b->row_off[r], ' ', len))
			return rec_err_set(e, REC_EDATA,
					   "the label '%.*s' holds a blank, which word2vec cannot; "
					   "--to factors can",
					   REC_LABEL(b->row_bytes + b->row_off[r], len));
		if (put_vector(out, b, r, ' ', e) != 0)
			return -1;
	}
	return 0;
}

struct npy {
	unsigned item;	/* bytes of an element: 4 or 8 */
	bool fortran;
	uint64_t rows, columns;
};

static int npy_bad(struct rec_in *in, const char *what, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "%s: npy: %s", rec_in_name(in), what);
}

static int not_npy(struct rec_in *in, struct rec_err *e)
{
	npy_bad(in, "no magic; not an npy file", e);
	rec_looks_explain(in, e);
	return -1;
}

/* The value after 'key': in the header dictionary. */
static const char *value_of(const char *header, const char *key)
{
	const char *p = strstr(header, key);

	if (!p)
		return NULL;
	p += strlen(key);
	p += strspn(p, " :");
	return p;
}

/* "(12, 3)" or "(12,)" */
static int parse_shape(struct npy *a, const char *p)
{
	uint64_t *const to[] = { &a->rows, &a->columns };
	int dims = 0;

	a->columns = 1;
	if (*p++ != '(')
		return -1;
	for (;; dims++) {
		size_t n;

		p += strspn(p, " ,");
		if (*p == ')')
			return dims >= 1 ? 0 : -1;
		n = strspn(p, "0123456789");
		if (dims == 2 || rec_num_u64(p, n, to[dims]) != REC_NUM_OK)
			return -1;
		p += n;
	}
}

static int parse_header(struct npy *a, const char *header, struct rec_in *in, struct rec_err *e)
{
	const char *descr = value_of(header, "'descr'"),
		   *order = value_of(header, "'fortran_order'"),
		   *shape = value_of(header, "'shape'");

	if (!descr || !order || !shape)
		return npy_bad(in, "the header has no descr, fortran_order or shape", e);
	if (strncmp(descr, "'<f4'", 5) != 0 && strncmp(descr, "'<f8'", 5) != 0)
		return npy_bad(in, "elements are not '<f4' or '<f8'", e);
	a->item = descr[3] == '4' ? 4 : 8;
	a->fortran = strncmp(order, "True", 4) == 0;
	if (parse_shape(a, shape) != 0)
		return npy_bad(in, "not an array of one or two dimensions", e);
	if (a->columns < 1 || a->columns > 100000000 || a->rows > UINT32_MAX ||
	    a->rows * (double)a->columns > 1e15)
		return npy_bad(in, "too large, or without columns", e);
	return 0;
}

static int read_header(struct npy *a, struct rec_in *in, struct rec_err *e)
{
	unsigned char head[12];
	size_t extra, len;
	char *text;
	int rc = -1;

	if (rec_in_read_full(in, head, 10, e) != 10 || memcmp(head, "\223NUMPY", 6) != 0)
		return e->code != REC_OK ? -1 : not_npy(in, e);
	if (head[6] < 1 || head[6] > 3)
		return npy_bad(in, "unknown version", e);
	extra = head[6] == 1 ? 0 : 2;
	if (extra && rec_in_read_full(in, head + 10, extra, e) != (int64_t)extra)
		return e->code != REC_OK ? -1 : npy_bad(in, "cut off", e);
	len = extra ? rec_get32(head + 8) : rec_get16(head + 8);
	if (len > 1 << 20)
		return npy_bad(in, "the header is too long", e);
	text = rec_zalloc(len + 1, 1, e);
	if (!text)
		return -1;
	if (rec_in_read_full(in, text, len, e) == (int64_t)len)
		rc = parse_header(a, text, in, e);
	else if (e->code == REC_OK)
		npy_bad(in, "cut off", e);
	free(text);
	return rc;
}

static float element(const unsigned char *p, unsigned item)
{
	return item == 8 ? (float)rec_float64(rec_get64(p)) : rec_float32(rec_get32(p));
}

/*
 * Elements arrive in file order and are stored in row-major order. Memory grows
 * only as they arrive, so a false shape cannot claim memory.
 */
static int read_elements(struct growing *g, const struct npy *a, struct rec_in *in,
			 struct rec_err *e)
{
	uint64_t total = a->rows * a->columns, done = 0;
	unsigned char chunk[1 << 16];

	while (done < total) {
		uint64_t want = (total - done) * a->item < sizeof chunk ? (total - done) * a->item :
									  sizeof chunk;
		int64_t got = rec_in_read_full(in, chunk, want, e);

		if (got < 0)
			return -1;
		if ((uint64_t)got < want)
			return npy_bad(in, "cut off", e);
		for (uint64_t i = 0; i < want / a->item; i++) {
			float x = element(chunk + i * a->item, a->item);

			if (x - x != 0)
				return rec_err_set(e, REC_EDATA,
						   "%s: npy: element %llu is not a finite float32",
						   rec_in_name(in), (unsigned long long)(done + i));
			if (add_value(g, x, e) != 0)
				return -1;
		}
		done += want / a->item;
	}
	return rec_in_read(in, chunk, 1, e) == 0 ? 0 :
	       e->code != REC_OK		 ? -1 :
						   npy_bad(in, "bytes behind the array", e);
}

static int to_row_major(struct rec_foreign_dense *d, const struct npy *a, struct rec_err *e)
{
	float *val;

	if (!a->fortran || a->columns == 1)
		return 0;
	val = rec_alloc(a->rows * a->columns, sizeof *val, e);
	if (!val)
		return -1;
	for (uint64_t c = 0; c < a->columns; c++)
		for (uint64_t r = 0; r < a->rows; r++)
			val[r * a->columns + c] = d->val[c * a->rows + r];
	free(d->val);
	d->val = val;
	return 0;
}

static int npy_labels(struct growing *g, const struct npy *a, const struct rec_label_list *given,
		      struct rec_in *in, struct rec_err *e)
{
	char num[REC_NUM_MAX];

	if (given && given->n != a->rows)
		return rec_err_set(e, REC_EDATA, "%s: npy: rows: %llu, but labels: %llu",
				   rec_in_name(in), (unsigned long long)a->rows,
				   (unsigned long long)given->n);
	for (uint64_t r = 0; r < a->rows; r++)
		if ((given ? add_label(g, given->label[r], given->len[r], e) :
			     add_label(g, num, rec_num_put_u64(num, r), e)) != 0)
			return -1;
	return end_growing(g, e);
}

int rec_npy_read(struct rec_foreign_dense *d, struct rec_in *in, const struct rec_foreign_opts *o,
		 struct rec_err *e)
{
	struct rec_foreign_line none = { .held.in = in };
	struct growing g = { .d = d };
	struct npy a = { 0 };
	int rc = read_header(&a, in, e);

	d->ncols = (uint32_t)a.columns;
	if (rc == 0)
		rc = read_elements(&g, &a, in, e);
	if (rc == 0)
		rc = to_row_major(d, &a, e);
	if (rc == 0)
		rc = npy_labels(&g, &a, o->row_labels, in, e);
	return finish(&g, &none, rc);
}

/*
 * Version 1.0: magic, two bytes of version, two of length, and a dictionary.
 * The dictionary is padded so that the data begin at a multiple of 64.
 */
int rec_npy_write(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_block *b,
		  struct rec_err *e)
{
	char head[192];
	int n = snprintf(head + 10, sizeof head - 10,
			 "{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %llu), }",
			 (unsigned long long)b->rows, (unsigned long long)b->cols);
	size_t size = rec_round_up((size_t)n + 11, 64);

	(void)o;
	memcpy(head, "\223NUMPY\1\0", 8);
	rec_put16((unsigned char *)head + 8, (uint16_t)(size - 10));
	memset(head + 10 + n, ' ', size - 10 - (size_t)n);
	head[size - 1] = '\n';
	if (rec_out_write(out, head, size, e) != 0)
		return -1;
	return rec_out_write(out, b->val, (size_t)(b->rows * b->cols * sizeof *b->val), e);
}

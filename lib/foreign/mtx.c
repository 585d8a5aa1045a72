/* SPDX-License-Identifier: MIT */
/*
 * foreign/mtx.c - Matrix Market, coordinate form: real, integer or pattern
 * values; general or symmetric. Source: Boisvert, Pozo and Remington 1996.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "foreign/formats.h"
#include "foreign/line.h"
#include "io/looks.h"
#include "io/num.h"

struct mtx {
	struct rec_foreign_line line;
	const struct rec_label_list *labels[2];
	bool pattern, symmetric;
	uint64_t size[2], nnz;
};

/* True if the next word of the banner is `want`, in any case. */
static bool word_is(char **p, const char *end, const char *want)
{
	char *s;
	size_t n;

	return rec_field_next(p, end, NULL, &s, &n) && n == strlen(want) &&
	       strncasecmp(s, want, n) == 0;
}

static int not_mtx(struct mtx *m, struct rec_err *e)
{
	rec_line_fail(&m->line, 0, e, "not '%%%%MatrixMarket matrix coordinate ...'");
	rec_looks_explain(m->line.held.in, e);
	return -1;
}

static int banner(struct mtx *m, char *line, size_t n, struct rec_err *e)
{
	const char *end = line + n;
	char *p = line, *field, *symmetry;

	if (!word_is(&p, end, "%%MatrixMarket"))
		return not_mtx(m, e);
	if (!word_is(&p, end, "matrix") || !word_is(&p, end, "coordinate"))
		return rec_line_fail(&m->line, 0, e,
				     "not '%%%%MatrixMarket matrix coordinate ...'");
	field = p;
	m->pattern = word_is(&p, end, "pattern");
	if (!m->pattern) {
		p = field;
		if (!word_is(&p, end, "real")) {
			p = field;
			if (!word_is(&p, end, "integer"))
				return rec_line_fail(&m->line, 0, e,
						     "values are none of real, integer, pattern");
		}
	}
	symmetry = p;
	m->symmetric = word_is(&p, end, "symmetric");
	if (m->symmetric)
		return 0;
	p = symmetry;
	return word_is(&p, end, "general") ?
		       0 :
		       rec_line_fail(&m->line, 0, e, "symmetry is none of general, symmetric");
}

static int next_data_line(struct mtx *m, char **line, size_t *n, struct rec_err *e)
{
	int got;

	while ((got = rec_line_next(&m->line, line, n, e)) == 1)
		if (**line != '%' && strspn(*line, " \t") < *n)
			return 1;
	return got;
}

static int number(struct mtx *m, char **p, const char *end, int field, uint64_t *x,
		  struct rec_err *e)
{
	char *s;
	size_t n;

	if (!rec_field_next(p, end, NULL, &s, &n))
		return rec_line_fail(&m->line, field, e, "missing");
	return rec_line_u64(&m->line, field, s, n, x, e);
}

static int sizes(struct mtx *m, struct rec_err *e)
{
	char *line;
	size_t n;
	int got = next_data_line(m, &line, &n, e);
	const char *end;

	if (got < 1)
		return got < 0 ? -1 :
				 rec_err_set(e, REC_EDATA, "%s: cut off before the size line",
					     rec_in_name(m->line.held.in));
	end = line + n;
	if (number(m, &line, end, 1, &m->size[0], e) != 0 ||
	    number(m, &line, end, 2, &m->size[1], e) != 0 ||
	    number(m, &line, end, 3, &m->nnz, e) != 0)
		return -1;
	if (m->symmetric && m->size[0] != m->size[1])
		return rec_line_fail(&m->line, 0, e, "symmetric, but not as many columns as rows");
	for (int side = 0; side < 2; side++)
		if (m->labels[side] && m->labels[side]->n != m->size[side])
			return rec_err_set(e, REC_EDATA, "%s: %s: %llu, but labels: %llu",
					   rec_in_name(m->line.held.in), side ? "columns" : "rows",
					   (unsigned long long)m->size[side],
					   (unsigned long long)m->labels[side]->n);
	return 0;
}

/*
 * Label of index i (from 1) on a side. Without a list it is the index, as text
 * in buf.
 */
static void label_of(const struct mtx *m, int side, uint64_t i, char buf[REC_NUM_MAX],
		     const char **s, uint32_t *n)
{
	if (m->labels[side]) {
		*s = m->labels[side]->label[i - 1];
		*n = m->labels[side]->len[i - 1];
		return;
	}
	*n = (uint32_t)rec_num_put_u64(buf, i);
	*s = buf;
}

struct entry {
	uint64_t i, j;	/* from 1 */
	float value;
	const char *text;	/* the value as it was written if it loses digits, else NULL */
	size_t n;
};

static int give(struct mtx *m, const struct entry *x, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	struct rec_row r = { .value = x->value,
			     .has = REC_HAS_COL | (m->pattern ? 0 : REC_HAS_VALUE),
			     .time = (double)__builtin_nan("") };
	char a[REC_NUM_MAX], b[REC_NUM_MAX];

	label_of(m, 0, x->i, a, &r.row, &r.row_len);
	label_of(m, 1, x->j, b, &r.col, &r.col_len);
	r.has |= x->text ? REC_LOST_VALUE : 0;
	if (x->text && rec_line_keep(&m->line, &r, x->text, x->n, NULL, 0, e) != 0)
		return -1;
	return fn(arg, &r, e);
}

static int parse_entry(struct mtx *m, char *line, size_t n, struct entry *x, struct rec_err *e)
{
	const char *end = line + n;
	uint64_t ij[2];
	char *s;
	size_t len;

	for (int side = 0; side < 2; side++) {
		if (number(m, &line, end, side + 1, &ij[side], e) != 0)
			return -1;
		if (ij[side] < 1 || ij[side] > m->size[side])
			return rec_line_fail(
				&m->line, side + 1, e, "%llu is not between 1 and %llu",
				(unsigned long long)ij[side], (unsigned long long)m->size[side]);
	}
	*x = (struct entry){ .i = ij[0], .j = ij[1], .value = 1 };
	if (!m->pattern) {
		int lost;

		if (!rec_field_next(&line, end, NULL, &s, &len))
			return rec_line_fail(&m->line, 3, e, "missing");
		lost = rec_line_f32(&m->line, 3, s, len, &x->value, e);
		if (lost < 0)
			return -1;
		x->text = lost ? s : NULL;
		x->n = len;
	}
	if (rec_field_next(&line, end, NULL, &s, &len))
		return rec_line_fail(&m->line, m->pattern ? 3 : 4, e, "unexpected");
	return 0;
}

static int take_entry(struct mtx *m, char *line, size_t n, rec_row_fn *fn, void *arg,
		      struct rec_err *e)
{
	struct entry x, mirror;

	if (parse_entry(m, line, n, &x, e) != 0 || give(m, &x, fn, arg, e) != 0)
		return -1;
	if (!m->symmetric || x.i == x.j)
		return 0;
	mirror = x;
	mirror.i = x.j;
	mirror.j = x.i;
	return give(m, &mirror, fn, arg, e);
}

static int read_all(struct mtx *m, rec_row_fn *fn, void *arg, struct rec_err *e)
{
	uint64_t entries = 0;
	char *line;
	size_t n;
	int got = rec_line_next(&m->line, &line, &n, e);

	if (got < 1)
		return got < 0 ? -1 :
				 rec_err_set(e, REC_EDATA, "%s: empty, not Matrix Market",
					     rec_in_name(m->line.held.in));
	if (banner(m, line, n, e) != 0 || sizes(m, e) != 0)
		return -1;
	while ((got = next_data_line(m, &line, &n, e)) == 1) {
		if (++entries > m->nnz)
			return rec_line_fail(&m->line, 0, e, "more than the %llu entr%s announced",
					     (unsigned long long)m->nnz, m->nnz == 1 ? "y" : "ies");
		if (take_entry(m, line, n, fn, arg, e) != 0)
			return -1;
	}
	if (got == 0 && entries < m->nnz)
		return rec_err_set(e, REC_EDATA, "%s: cut off: %llu of %llu entr%s",
				   rec_in_name(m->line.held.in), (unsigned long long)entries,
				   (unsigned long long)m->nnz, m->nnz == 1 ? "y" : "ies");
	return got;
}

int rec_mtx_read(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg,
		 struct rec_err *e)
{
	struct mtx m = { .line = { .held.in = in, .lost = o->lost, .binary = true },
			 .labels = { o->row_labels, o->col_labels } };
	int rc = read_all(&m, fn, arg, e);

	rec_line_free(&m.line);
	return rc;
}

int rec_mtx_write(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_block *b,
		  struct rec_err *e)
{
	char text[4 * REC_NUM_MAX + 64];
	int n = snprintf(text, sizeof text,
			 "%%%%MatrixMarket matrix coordinate real general\n%llu %llu %llu\n",
			 (unsigned long long)b->rows, (unsigned long long)b->cols,
			 (unsigned long long)b->nnz);

	(void)o;
	if (rec_out_write(out, text, (size_t)n, e) != 0)
		return -1;
	for (uint64_t r = 0; r < b->rows; r++)
		for (uint64_t i = b->ptr[r]; i < b->ptr[r + 1]; i++) {
			size_t at = rec_num_put_u64(text, r + 1);

			text[at++] = ' ';
			at += rec_num_put_u64(text + at, b->col[i] + 1u);
			text[at++] = ' ';
			at += rec_num_put_f32(text + at, b->val[i]);
			text[at++] = '\n';
			if (rec_out_write(out, text, at, e) != 0)
				return -1;
		}
	return 0;
}

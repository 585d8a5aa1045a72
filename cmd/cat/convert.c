/* SPDX-License-Identifier: MIT */
/*
 * cmd/cat/convert.c - conversions: rows one by one from each input into a sink
 * (memory does not grow with them, but for formats that need the whole matrix
 * first), or one dense matrix.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cat/cat.h"
#include "cmd/cat/inspect.h"
#include "cmd/cat/ranks.h"
#include "cmd/cat/times.h"
#include "cmd/cli/load.h"
#include "foreign/foreign.h"
#include "io/looks.h"
#include "io/num.h"
#include "matrix/collect.h"
#include "matrix/dense.h"
#include "recmat/recmat.h"
#include "rows/rows.h"
#include "rows/stream_out.h"
#include "rows/write.h"

/*
 * Where rows go: text, stream blocks, a foreign writer of rows, or a matrix for
 * a foreign writer of matrices.
 */
struct sink {
	const struct cat_options *o;
	struct rec_out *out;
	struct rec_stream_out *stream;
	const struct rec_foreign *format;	/* NULL for tsv and recmat */
	struct rec_foreign_opts fo;
	struct rec_collect collect;
	struct cat_ranks ranks;
	unsigned csv_fields;	/* of every row, where csv is written without header */
	struct rec_lost lost;
	struct cat_times when;
	bool counting;	/* --estimate: nothing is written */
	uint64_t values, times;	/* that rows had */
	uint64_t rows, label_bytes, dense_cells;
};

static int not_dense(const struct sink *s, struct rec_err *e)
{
	return rec_err_set(e, REC_EUSAGE,
			   "rows and columns cannot be written as %s, which is dense; of a model "
			   "take one block: --block NAME",
			   s->format->name);
}

/*
 * Formats of lists rank and write scores as they were written: in double, in
 * place of the time.
 */
static int keep_score(struct rec_row *row, struct rec_err *e)
{
	char buf[REC_NUM_MAX];
	size_t n;
	const char *text = rec_row_field(row, 3, buf, &n);

	row->has |= REC_HAS_TIME;
	return rec_num_f64(text, n, &row->time) == REC_NUM_OK ?
		       0 :
		       rec_err_set(e, REC_EDATA, "'%.*s' is no score", (int)n, text);
}

static int sink_row(void *arg, const struct rec_row *given, struct rec_err *e)
{
	struct rec_row row = *given;
	struct sink *s = arg;

	cat_times_row(&s->when, &row);
	s->rows++;
	s->values += row.has & REC_HAS_VALUE && row.value != 1;
	s->times += (row.has & REC_HAS_TIME) != 0;
	s->label_bytes += row.row_len + row.col_len;
	if (s->counting)
		return 0;
	if (s->o->rank && cat_ranks_next(&s->ranks, &row, e) != 0)
		return -1;
	if (!(row.has & REC_HAS_COL) && s->format)
		return rec_err_set(
			e, REC_EDATA,
			"'%.*s' is a label without a pair, which text and recmat alone can hold",
			(int)(row.row_len < 100 ? row.row_len : 100), row.row);
	if (s->format && s->format->shape == REC_SHAPE_DENSE)
		return not_dense(s, e);
	if (s->format && s->format->ranked && keep_score(&row, e) != 0)
		return -1;
	if (s->format && s->format->write_matrix)
		return rec_collect_add(&s->collect, &row, e);
	if (s->format)
		return s->format->write_row(s->out, &s->fo, &row, e);
	return s->stream ? rec_stream_out_row(s->stream, &row, e) : rec_row_write(s->out, &row, e);
}

static int sink_open(struct sink *s, bool dense, struct rec_err *e)
{
	s->format = cat_format(s->o->to);
	s->fo = (struct rec_foreign_opts){ .delimiter = s->o->delimiter,
					   .columns = s->o->columns,
					   .header = s->o->header,
					   .tag = s->o->tag,
					   .quote = (enum rec_quote)s->o->quote,
					   .fields = &s->csv_fields };
	if (s->format && s->format->shape == REC_SHAPE_DENSE && !dense)
		return not_dense(s, e);
	if (cli_out(&s->out, s->o->common.output, cat_to_recmat(s->o), e) != 0)
		return -1;
	if (s->format && s->format->begin && s->format->begin(s->out, &s->fo, e) != 0)
		return -1;
	return 0;
}

static int write_label_file(const char *path, const uint64_t *off, const char *bytes, uint64_t n,
			    struct rec_err *e)
{
	struct rec_out *out;

	if (!path)
		return 0;
	if (!off)
		return rec_err_set(e, REC_EUSAGE, "%s: there are no labels to write", path);
	return cli_out(&out, path, false, e) != 0 ? -1 : cat_write_labels(out, off, bytes, n, e);
}

/*
 * Files of labels, where they are asked for; else it is told that they are
 * lost.
 */
static int write_label_files(const struct sink *s, const struct rec_block *b, struct rec_err *e)
{
	const struct cat_options *o = s->o;
	bool rows = s->format->loses & REC_LOSES_ROWS && b->row_off,
	     cols = s->format->loses & REC_LOSES_COLUMNS && b->col_off;
	bool keep_rows = o->row_labels && s->format->loses & REC_LOSES_ROWS,
	     keep_cols = o->col_labels && s->format->loses & REC_LOSES_COLUMNS;

	if ((keep_rows &&
	     write_label_file(o->row_labels, b->row_off, b->row_bytes, b->rows, e) != 0) ||
	    (keep_cols &&
	     write_label_file(o->col_labels, b->col_off, b->col_bytes, b->cols, e) != 0))
		return -1;
	rows = rows && !keep_rows;
	cols = cols && !keep_cols;
	if (rows || cols)
		cli_note("%s holds no labels%s: %s%s%s become numbers in the order of the labels' "
			 "bytes; %s%s%s write%s them",
			 s->format->name, rows ? "" : " of columns", rows ? "rows" : "",
			 rows && cols ? " and " : "", cols ? "columns" : "",
			 rows ? "--row-labels FILE" : "", rows && cols ? " and " : "",
			 cols ? "--col-labels FILE" : "", rows && cols ? "" : "s");
	return 0;
}

/* What the format leaves out of the rows. */
static void tell_left_out(const struct sink *s)
{
	unsigned loses = s->format ? s->format->loses : 0;
	unsigned long long values = loses & REC_LOSES_VALUES && !s->o->rank ? s->values : 0,
			   times = loses & REC_LOSES_TIMES ? s->times : 0;

	if (values)
		cli_note("%s holds no values: %llu value%s left out", s->format->name, values,
			 cli_s(values));
	if (times)
		cli_note("%s holds no times: %llu time%s left out", s->format->name, times,
			 cli_s(times));
}

struct entry {
	double score;
	float val;
	uint32_t col;
};

static int by_rank(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

/* The entries of every row of m in rank order, in the arrays that m owns. */
static int rank_entries(struct rec_sparse *m, struct rec_err *e)
{
	struct entry *entry = rec_alloc(m->m.nnz, sizeof *entry, e);
	uint32_t *col = m->m.own[1];
	float *val = m->m.own[2];
	double *score = m->m.own[3];

	if (!entry)
		return -1;
	for (uint64_t i = 0; i < m->m.nnz; i++)
		entry[i] = (struct entry){ score[i], val[i], col[i] };
	for (uint32_t r = 0; r < m->m.nrows; r++)
		qsort(entry + m->m.ptr[r], m->m.ptr[r + 1] - m->m.ptr[r], sizeof *entry, by_rank);
	for (uint64_t i = 0; i < m->m.nnz; i++) {
		val[i] = entry[i].val;
		score[i] = entry[i].score;
		col[i] = entry[i].col;
	}
	free(entry);
	return 0;
}

static int write_collected(struct sink *s, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse m = { 0 };
	struct rec_block b;
	int rc = rec_collect_build(&m, &s->collect, REC_REPEATS_FAIL, run->pool, e);

	if (rc == 0 && s->format->ranked)
		rc = rank_entries(&m, e);
	rec_sparse_block(&b, &m, "");
	if (rc == 0)
		rc = s->format->write_matrix(s->out, &s->fo, &b, e);
	if (rc == 0)
		rc = write_label_files(s, &b, e);
	rec_sparse_free(&m);
	return rc;
}

static int copy_rows(struct sink *s, struct rec_in *in, const struct rec_run *run,
		     struct rec_err *e)
{
	unsigned flags = REC_ROWS_LABELS | (s->o->from == CAT_TSV ? REC_ROWS_ANYHOW : 0) |
			 (s->o->common.trust ? REC_ROWS_TRUST : 0);
	struct rec_rows *rows;
	const struct rec_row *row;
	const struct rec_looks *l;
	size_t n;
	int got = 1;

	if (rec_rows_open(&rows, in, flags, run->pool, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	while (got == 1 && (got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; got == 1 && i < n; i++)
			got = sink_row(s, &row[i], e) == 0 ? 1 : -1;
	l = got == 0 && s->o->from != CAT_TSV ? rec_rows_looks(rows) : NULL;
	if (l)
		rec_in_tell(in, 0, "no line has a TAB, all are taken as labels; %s? %s", l->what,
			    l->todo);
	rec_lost_add(&s->lost, rec_rows_lost(rows));
	rec_rows_close(rows);
	return got;
}

struct by_label {
	const char *p;
	size_t len;
	uint64_t row;
};

static int label_order(const void *x, const void *y)
{
	const struct by_label *a = x, *b = y;

	return rec_label_cmp(a->p, a->len, b->p, b->len);
}

/* Labels of l in byte order, or NULL; the caller frees them. */
static struct by_label *sort_labels(const struct rec_label_list *l, struct rec_err *e)
{
	struct by_label *order = rec_alloc(l->n, sizeof *order, e);

	if (!order)
		return NULL;
	for (uint64_t i = 0; i < l->n; i++)
		order[i] = (struct by_label){ l->label[i], l->len[i], i };
	if (l->n)
		qsort(order, l->n, sizeof *order, label_order);
	return order;
}

/* Two rows of one label would become one. */
static int check_unique(const struct rec_label_list *l, const char *path, struct rec_err *e)
{
	struct by_label *order = sort_labels(l, e);
	int rc = order ? 0 : -1;

	for (uint64_t i = 1; rc == 0 && i < l->n; i++)
		if (label_order(&order[i - 1], &order[i]) == 0)
			rc = rec_err_set(e, REC_EDATA, "%s: label '%.*s' appears twice", path,
					 (int)order[i].len, order[i].p);
	free(order);
	return rc;
}

static int label_list(struct rec_label_list *l, const char *path, struct rec_err *e)
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

/*
 * Rows or a dense matrix of a foreign format, with the label files where there
 * are any.
 */
struct foreign_input {
	struct rec_label_list row, col;
	struct rec_foreign_opts fo;
};

static int foreign_input(struct foreign_input *f, struct sink *s, unsigned reads, struct rec_err *e)
{
	const struct cat_options *o = s->o;
	const char *row = reads & REC_LOSES_ROWS ? o->row_labels : NULL,
		   *col = reads & REC_LOSES_COLUMNS ? o->col_labels : NULL;

	*f = (struct foreign_input){ .fo = { .lost = &s->lost,
					     .delimiter = o->delimiter,
					     .columns = o->columns,
					     .header = o->header,
					     .quote = (enum rec_quote)o->quote,
					     .empty = (enum rec_empty)o->empty,
					     .breaks = o->breaks,
					     .time_format =
						     cat_times_of(o->time_format, true).text } };
	if (label_list(&f->row, row, e) != 0 || label_list(&f->col, col, e) != 0)
		return -1;
	f->fo.row_labels = row ? &f->row : NULL;
	f->fo.col_labels = col ? &f->col : NULL;
	return 0;
}

static int copy_foreign_rows(struct sink *s, struct rec_in *in, const struct rec_foreign *from,
			     struct rec_err *e)
{
	struct foreign_input f;
	int rc = foreign_input(&f, s, from->reads_labels, e);

	if (rc == 0)
		rc = from->read_rows(in, &f.fo, sink_row, s, e);
	rec_label_list_free(&f.row);
	rec_label_list_free(&f.col);
	rec_in_close(in);
	return rc;
}

/* The cells of a sparse block as rows. */
static int block_rows(struct sink *s, const struct rec_block *b, struct rec_err *e)
{
	uint64_t r = 0;

	for (uint64_t i = 0; i < b->nnz; i++) {
		struct rec_row row = { .value = b->val[i], .has = REC_HAS_COL };
		uint64_t c = b->col[i];

		if (b->order == REC_STREAM)
			r = b->row[i];
		else
			while (b->ptr[r + 1] <= i)
				r++;
		row.row = b->row_bytes + b->row_off[r];
		row.row_len = (uint32_t)(b->row_off[r + 1] - b->row_off[r]);
		row.col = b->col_bytes + b->col_off[c];
		row.col_len = (uint32_t)(b->col_off[c + 1] - b->col_off[c]);
		row.time = b->time ? b->time[i] : (double)__builtin_nan("");
		row.has |= (row.value == row.value ? REC_HAS_VALUE : 0) |
			   (row.time == row.time ? REC_HAS_TIME : 0);
		if (sink_row(s, &row, e) != 0)
			return -1;
	}
	return 0;
}

static int write_dense(struct sink *s, const struct rec_block *b, const struct rec_run *run,
		       struct rec_err *e)
{
	struct rec_dense d;

	s->rows += b->rows;
	s->dense_cells += b->rows * b->cols;
	if (s->counting)
		return 0;
	if (cat_to_recmat(s->o))
		return rec_recmat_write(s->out, b, run->pool, e) != 0 ?
			       -1 :
			       rec_recmat_end(s->out, 1, e);
	if (s->format && !s->format->write_dense)
		return rec_err_set(e, REC_EUSAGE, "a dense matrix cannot be written as %s",
				   s->format->name);
	if (s->format)
		return s->format->write_dense(s->out, &s->fo, b, e) != 0 ?
			       -1 :
			       write_label_files(s, b, e);
	rec_dense_of_block(&d, b);
	return rec_dense_write_text(s->out, &d, run->pool, e);
}

static int copy_named_block(struct sink *s, struct rec_in *in, const struct rec_run *run,
			    struct rec_err *e)
{
	struct rec_block b = { 0 };
	int rc = cat_find_block(&b, in, s->o->block, s->o->common.trust, run, e);

	if (rc == 0)
		rc = b.kind == REC_DENSE ? write_dense(s, &b, run, e) : block_rows(s, &b, e);
	rec_block_free(&b);
	rec_in_close(in);
	return rc;
}

/*
 * Rows of d in label order, as a block that lies in *off, *bytes and *val (the
 * caller frees them).
 */
static int dense_block(struct rec_block *b, const struct rec_foreign_dense *d, uint64_t **off,
		       struct rec_buf *bytes, float **val, struct rec_err *e)
{
	struct by_label *order = sort_labels(&d->labels, e);
	int rc = 0;

	*off = rec_alloc(d->nrows + 1, sizeof **off, e);
	*val = rec_alloc(d->nrows * d->ncols, sizeof **val, e);
	if (!order || !*off || !*val)
		rc = -1;
	if (rc == 0)
		**off = 0;
	for (uint64_t r = 0; rc == 0 && r < d->nrows; r++) {
		if (r > 0 && label_order(&order[r - 1], &order[r]) == 0)
			rc = rec_err_set(e, REC_EDATA, "row '%.*s' appears twice",
					 (int)order[r].len, order[r].p);
		else
			rc = rec_buf_add(bytes, order[r].p, order[r].len, e);
		(*off)[r + 1] = bytes->n;
		memcpy(*val + r * d->ncols, d->val + order[r].row * d->ncols,
		       d->ncols * sizeof **val);
	}
	free(order);
	*b = (struct rec_block){ .kind = REC_DENSE,
				 .rows = d->nrows,
				 .cols = d->ncols,
				 .nnz = d->nrows * d->ncols,
				 .row_off = *off,
				 .row_bytes = bytes->p,
				 .val = *val };
	return rc;
}

static int copy_foreign_dense(struct sink *s, struct rec_in *in, const struct rec_foreign *from,
			      const struct rec_run *run, struct rec_err *e)
{
	struct rec_foreign_dense d = { 0 };
	struct rec_buf bytes = { 0 };
	struct foreign_input f;
	struct rec_block b;
	uint64_t *off = NULL;
	float *val = NULL;
	int rc = foreign_input(&f, s, from->reads_labels, e);

	if (rc == 0)
		rc = from->read_dense(&d, in, &f.fo, e);
	if (rc == 0)
		rc = dense_block(&b, &d, &off, &bytes, &val, e);
	if (rc == 0) {
		rec_block_name(&b, s->o->block ? s->o->block : "");
		rc = write_dense(s, &b, run, e);
	}
	rec_foreign_dense_free(&d);
	rec_label_list_free(&f.row);
	rec_label_list_free(&f.col);
	rec_buf_free(&bytes);
	free(off);
	free(val);
	rec_in_close(in);
	return rc;
}

/*
 * Whether the inputs hold one dense matrix, which is not a matter of rows: a
 * dense format, or a dense block by name.
 */
static int is_dense(bool *dense, const struct cat_options *o, const struct cat_inputs *inputs,
		    const struct rec_foreign *from, struct rec_err *e)
{
	*dense = from && from->shape == REC_SHAPE_DENSE;
	if (*dense && inputs->n > 1)
		return rec_err_set(e, REC_EUSAGE, "--from %s takes one input", from->name);
	if (*dense && cat_to_recmat(o) && (!o->block || !*o->block))
		return rec_err_set(e, REC_EUSAGE,
				   "a dense block needs a name, such as --block item");
	return 0;
}

static int copy_one(struct sink *s, struct rec_in *in, bool recmat, const struct rec_foreign *from,
		    const struct rec_run *run, struct rec_err *e)
{
	if (from)
		return from->shape == REC_SHAPE_DENSE ? copy_foreign_dense(s, in, from, run, e) :
							copy_foreign_rows(s, in, from, e);
	if (recmat && s->o->block)
		return copy_named_block(s, in, run, e);
	return copy_rows(s, in, run, e);
}

/*
 * Rows of text keep the digits that were written, and --rank looks at no value.
 */
static void tell_lost(struct sink *s, bool dense)
{
	bool text = !dense && !s->stream &&
		    !(s->format && s->format->write_matrix && !s->format->ranked);

	if (s->o->rank)
		s->lost.values = 0;
	if (s->when.unit != REC_UNIT_NONE)
		s->lost.times = 0;
	cat_times_tell(&s->when);
	if (s->o->time_format && s->times == 0 && s->rows > 0)
		cli_note("no row has a time for --time-format");
	if (!text)
		cli_tell_lost(&s->lost);
}

int cat_convert(const struct cat_options *o, struct cat_inputs *inputs, const struct rec_run *run,
		struct rec_err *e)
{
	const struct rec_foreign *from = cat_format(o->from);
	struct sink s = { .o = o, .when = cat_times_of(o->time_format, true) };
	bool dense, rows;
	int rc = is_dense(&dense, o, inputs, from, e);

	if (rc == 0)
		rc = sink_open(&s, dense || (o->block && inputs->all_recmat), e);
	rows = !dense && !(inputs->n == 1 && inputs->recmat[0] && o->block && cat_to_recmat(o));
	if (rc == 0 && rows && cat_to_recmat(o))
		rc = rec_stream_out_new(&s.stream, s.out, e);
	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, cat_take(inputs, i), inputs->recmat[i], from, run, e);
	if (rc == 0 && s.stream)
		rc = rec_stream_out_end(s.stream, e);
	if (rc == 0 && rows && s.format && s.format->write_matrix)
		rc = write_collected(&s, run, e);
	if (rc == 0)
		tell_lost(&s, dense);
	if (rc == 0)
		tell_left_out(&s);
	if (rc == 0 && rows && s.rows == 0)
		cli_note("the input is empty: no rows");
	rec_stream_out_free(s.stream);
	rec_collect_free(&s.collect);
	cat_ranks_free(&s.ranks);
	return rc;
}

int cat_write_cells(const struct cat_options *o, const struct rec_block *b, struct rec_err *e)
{
	struct sink s = { .o = o };

	if (sink_open(&s, false, e) != 0)
		return -1;
	return b ? block_rows(&s, b, e) : 0;
}

/*
 * What a conversion would hold: formats of whole matrices keep their rows,
 * dense ones their cells, the others nothing that grows.
 */
int cat_estimate_convert(const struct cat_options *o, struct cat_inputs *inputs,
			 const struct rec_run *run, struct rec_err *e)
{
	enum { KEPT_ROW = 40 + 48 + 40 };	/* bytes: as it came, and sorted */
	const struct rec_foreign *from = cat_format(o->from);
	const struct rec_foreign *to = cat_format(o->to);
	struct sink s = { .o = o, .counting = true };
	uint64_t held;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, cat_take(inputs, i), inputs->recmat[i], from, run, e);
	held = 8 * s.dense_cells +
	       (to && to->write_matrix ? s.rows * KEPT_ROW + 3 * s.label_bytes : 0);
	return rc == 0 ? cat_need(s.rows, held, run, e) : -1;
}

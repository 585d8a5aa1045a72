/* SPDX-License-Identifier: MIT */
/* cmd/cat/sink.c - rows and dense matrices to the output of rec-cat. */
#include "cmd/cat/sink.h"

#include <stdlib.h>

#include "base/label.h"
#include "base/mem.h"
#include "cmd/cat/labels.h"
#include "cmd/cli/load.h"
#include "io/num.h"
#include "matrix/block.h"
#include "matrix/dense.h"
#include "recpipe/rows.h"
#include "rows/write.h"

static int not_dense(const struct cat_sink *s, struct rec_err *e)
{
	return rec_err_set(e, REC_EUSAGE,
			   "rows and columns cannot be written as %s, which is dense; of a model "
			   "take one block: --block NAME",
			   s->format->name);
}

int cat_sink_open(struct cat_sink *s, bool dense, struct rec_err *e)
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

/* Blocks of a stream begin with the first row: a dense matrix has none. */
static int begin_stream(struct cat_sink *s, struct rec_err *e)
{
	return s->stream ? 0 : rec_stream_out_new(&s->stream, s->out, e);
}

static int stream_row(struct cat_sink *s, const struct rec_row *row, struct rec_err *e)
{
	return begin_stream(s, e) == 0 ? rec_stream_out_row(s->stream, row, e) : -1;
}

int cat_sink_row(void *sink, const struct rec_row *given, struct rec_err *e)
{
	struct rec_row row = *given;
	struct cat_sink *s = sink;

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
			REC_LABEL(row.row, row.row_len));
	if (s->format && s->format->shape == REC_SHAPE_DENSE)
		return not_dense(s, e);
	if (s->format && s->format->ranked && keep_score(&row, e) != 0)
		return -1;
	if (s->format && s->format->write_matrix)
		return rec_collect_add(&s->collect, &row, e);
	if (s->format)
		return s->format->write_row(s->out, &s->fo, &row, e);
	return cat_to_recmat(s->o) ? stream_row(s, &row, e) : rec_row_write(s->out, &row, e);
}

int cat_sink_cells(struct cat_sink *s, const struct rec_block *b, struct rec_err *e)
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
		if (cat_sink_row(s, &row, e) != 0)
			return -1;
	}
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
static int write_label_files(const struct cat_sink *s, const struct rec_block *b, struct rec_err *e)
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

int cat_sink_dense(struct cat_sink *s, const struct rec_block *b, const struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_dense d;

	s->dense = true;
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
	d = rec_block_dense(b);
	return rec_dense_write_text(s->out, &d, run->pool, e);
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

static int write_collected(struct cat_sink *s, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse m = { 0 };
	struct rec_block b;
	int rc = rec_collect_build(&m, &s->collect, REC_REPEATS_FAIL, run->pool, e);

	if (rc == 0 && s->format->ranked)
		rc = rank_entries(&m, e);
	b = rec_csr_block(&m.row, &m.col, &m.m, "");
	if (rc == 0)
		rc = s->format->write_matrix(s->out, &s->fo, &b, e);
	if (rc == 0)
		rc = write_label_files(s, &b, e);
	rec_sparse_free(&m);
	return rc;
}

/* What the format leaves out of the rows. */
static void tell_left_out(const struct cat_sink *s)
{
	unsigned loses = s->format ? s->format->loses : 0;
	unsigned long long values = loses & REC_LOSES_VALUES && !s->o->rank ? s->values : 0,
			   times = loses & REC_LOSES_TIMES ? s->times : 0;

	if (values)
		cli_note("%s holds no values: %llu value%s left out", s->format->name, values,
			 values == 1 ? " is" : "s are");
	if (times)
		cli_note("%s holds no times: %llu time%s left out", s->format->name, times,
			 times == 1 ? " is" : "s are");
}

/*
 * Rows of text keep the digits that were written, and --rank looks at no value.
 */
static void tell_lost(struct cat_sink *s)
{
	bool text = !s->dense && !s->stream &&
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

/* What is written once the last row has come. */
static int finish_rows(struct cat_sink *s, const struct rec_run *run, struct rec_err *e)
{
	if (cat_to_recmat(s->o))
		return begin_stream(s, e) == 0 ? rec_stream_out_end(s->stream, e) : -1;
	return s->format && s->format->write_matrix ? write_collected(s, run, e) : 0;
}

int cat_sink_end(struct cat_sink *s, const struct rec_run *run, struct rec_err *e)
{
	if (!s->dense && finish_rows(s, run, e) != 0)
		return -1;
	tell_lost(s);
	tell_left_out(s);
	if (!s->dense && s->rows == 0)
		cli_note("the input is empty: no rows");
	return 0;
}

void cat_sink_free(struct cat_sink *s)
{
	rec_stream_out_free(s->stream);
	rec_collect_free(&s->collect);
	cat_ranks_free(&s->ranks);
}

/* SPDX-License-Identifier: MIT */
/*
 * rec-cat - the door: converts, inspects, verifies, concatenates, merges.
 *
 * A conversion goes one of three ways: rows one by one from each input into a sink (memory does not grow with them, but for formats that need the
 * whole matrix first); one dense matrix; or, recmat to recmat, whole blocks as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cat_inspect.h"
#include "cli.h"
#include "io/foreign.h"
#include "io/recmat.h"
#include "io/rows.h"
#include "matrix/collect.h"
#include "matrix/dense.h"
#include "matrix/merge.h"

static const char *const formats[] = { "auto", "tsv", "recmat", "csv", "mtx", "npy", "libsvm", "wide", "word2vec", "trec-run", "trec-qrels", "factors", NULL };
static const char *const label_sides[] = { "none", "row", "col", NULL }, *const duplicates_names[] = { "fail", "sum", "max", "last", NULL };
enum { AUTO, TSV, RECMAT };

static struct {
	unsigned from, to, labels, duplicates;
	const char *delimiter, *columns, *block, *row_labels, *col_labels, *tag;
	bool header, rank, merge, info, verify;
	struct cli_common common;
} o = { .tag = "recpipe", .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_CHOICE(0, "from", "FORMAT", &o.from, formats, "format of the input; auto tells text, gzip and recmat by the first bytes"),
	CLI_CHOICE(0, "to", "FORMAT", &o.to, formats, "format of the output; auto is tsv, or recmat with -b"),
	CLI_STRING('d', "delimiter", "DELIM", &o.delimiter, "csv, wide: between fields, one byte or more, such as ::; \\t is TAB"),
	CLI_STRING('f', "columns", "COLS", &o.columns, "csv: columns of row, column, value, time by number or name, such as 2,1,3"),
	CLI_FLAG(0, "header", &o.header, "csv: the first line names the columns"),
	CLI_FLAG(0, "rank", &o.rank, "values become 1/position within the row: for lists in rank order without scores"),
	CLI_STRING(0, "block", "NAME", &o.block, "take this block of a model; name a dense block that is made"),
	CLI_FLAG(0, "merge", &o.merge, "join parts or shards into one canonical matrix, or one model"),
	CLI_CHOICE(0, "duplicates", "fail|sum|max|last", &o.duplicates, duplicates_names, "--merge: what becomes of a repeated pair"),
	CLI_FLAG(0, "info", &o.info, "say what the input holds: key TAB value"),
	CLI_FLAG(0, "verify", &o.verify, "check everything that can be checked; exit 1 on damage"),
	CLI_CHOICE(0, "labels", "row|col", &o.labels, label_sides, "print the row or column labels, in byte order"),
	CLI_FILE(0, "row-labels", &o.row_labels, "mtx, npy: labels of the rows, one a line; read, or written with --to"),
	CLI_FILE(0, "col-labels", &o.col_labels, "mtx: labels of the columns"),
	CLI_STRING(0, "tag", "TEXT", &o.tag, "trec-run: the last field"),
	CLI_COMMON(&o.common),
	CLI_END,
};

static const struct cli_spec spec = {
	.name = "rec-cat",
	.summary = "convert, inspect, verify, concatenate and merge matrices and models",
	.synopsis = "rec-cat [options] [FILE ...]",
	.operands = "FILE",
	.opts = opts,
	.common = &o.common,
	.extra = "formats: tsv recmat csv mtx npy libsvm wide word2vec trec-run trec-qrels factors\n",
};

/* Inputs, all open: what the first bytes say decides the way. Entries that were used up are NULL. */
struct inputs {
	struct rec_in **in;
	bool *recmat;
	size_t n;
	bool all_recmat;
};

static int open_inputs(struct inputs *s, struct rec_err *e)
{
	char **path, *none[] = { NULL };
	size_t n;

	path = cli_operands(&n);
	if (n == 0) {
		path = none;
		n = 1;
	}
	*s = (struct inputs){ .in = rec_zalloc(n, sizeof *s->in, e), .recmat = rec_zalloc(n, sizeof *s->recmat, e), .all_recmat = true };
	if (!s->in || !s->recmat)
		return -1;
	for (; s->n < n; s->n++) {
		int is;

		if (cli_in(&s->in[s->n], path[s->n], "rows", e) != 0)
			return -1;
		is = rec_recmat_is(s->in[s->n], e);
		if (is < 0) {
			s->n++;
			return -1;
		}
		if (o.from && (is == 1) != (o.from == RECMAT)) {
			rec_err_set(e, REC_EDATA, "%s: not %s%s", rec_in_name(s->in[s->n++]), formats[o.from], is ? " but recmat" : "");
			return -1;
		}
		if (o.block && !is && o.from < RECMAT) {
			rec_err_set(e, REC_EUSAGE, "%s: text has no blocks for --block", rec_in_name(s->in[s->n++]));
			return -1;
		}
		s->recmat[s->n] = is == 1;
		s->all_recmat &= is == 1;
	}
	return 0;
}

static struct rec_in *take(struct inputs *s, size_t i)
{
	struct rec_in *in = s->in[i];

	s->in[i] = NULL;
	return in;
}

static void free_inputs(struct inputs *s)
{
	for (size_t i = 0; i < s->n; i++)
		rec_in_close(s->in[i]);
	free(s->in);
	free(s->recmat);
}

/* Positions within rows for --rank. Rows of a list come together; a row that comes back is an error, found by a set of hashes. */
struct ranks {
	struct rec_buf label;
	uint64_t n;
	uint64_t *seen;
	size_t count, cap;	/* cap a power of two, at most half full */
};

static int add_hash(struct ranks *r, uint64_t h, struct rec_err *e);

static int grow_seen(struct ranks *r, struct rec_err *e)
{
	struct ranks bigger = { .cap = r->cap ? 2 * r->cap : 1024 };

	bigger.seen = rec_zalloc(bigger.cap, sizeof *bigger.seen, e);
	if (!bigger.seen)
		return -1;
	for (size_t i = 0; i < r->cap; i++)
		if (r->seen[i] && add_hash(&bigger, r->seen[i], e) < 0)
			return -1;
	free(r->seen);
	r->seen = bigger.seen;
	r->cap = bigger.cap;
	return 0;
}

/* 1 new, 0 was there, -1 failed. */
static int add_hash(struct ranks *r, uint64_t h, struct rec_err *e)
{
	if (2 * r->count >= r->cap && grow_seen(r, e) != 0)
		return -1;
	for (size_t i = h & (r->cap - 1);; i = (i + 1) & (r->cap - 1)) {
		if (r->seen[i] == h)
			return 0;
		if (r->seen[i] == 0) {
			r->seen[i] = h;
			r->count++;
			return 1;
		}
	}
}

static int next_rank(struct ranks *r, struct rec_row *row, struct rec_err *e)
{
	int fresh;

	if (r->n == 0 || row->row_len != r->label.n || memcmp(row->row, r->label.p, row->row_len) != 0) {
		fresh = add_hash(r, rec_hash(row->row, row->row_len, 0) | 1, e);
		if (fresh == 0)
			return rec_err_set(e, REC_EDATA, "--rank: the rows of '%.*s' do not stand together", (int)row->row_len, row->row);
		r->label.n = r->n = 0;
		if (fresh < 0 || rec_buf_add(&r->label, row->row, row->row_len, e) != 0)
			return -1;
	}
	row->value = 1.0f / (float)++r->n;
	row->has |= REC_HAS_VALUE;
	return 0;
}

/* Where rows go: text, stream blocks, a foreign writer of rows, or a matrix for a foreign writer of matrices. */
struct sink {
	struct rec_out *out;
	struct rec_stream_out *stream;
	const struct rec_foreign *format;	/* NULL for tsv and recmat */
	struct rec_foreign_opts fo;
	struct rec_collect collect;
	struct ranks ranks;
	bool counting;	/* --estimate: nothing is written */
	uint64_t rows, label_bytes, dense_cells;
};

static bool to_recmat(void)
{
	return o.common.binary || o.to == RECMAT;
}

static int not_dense(const struct sink *s, struct rec_err *e)
{
	return rec_err_set(e, REC_EUSAGE, "rows and columns can't be written as %s, which is dense; of a model take one block: --block NAME", s->format->name);
}

static int sink_row(void *arg, const struct rec_row *given, struct rec_err *e)
{
	struct rec_row row = *given;
	struct sink *s = arg;

	s->rows++;
	s->label_bytes += row.row_len + row.col_len;
	if (s->counting)
		return 0;
	if (o.rank && next_rank(&s->ranks, &row, e) != 0)
		return -1;
	if (!(row.has & REC_HAS_COL) && s->format)
		return rec_err_set(e, REC_EDATA, "'%.*s' is a label without a pair, which text and recmat alone can hold", (int)row.row_len, row.row);
	if (s->format && s->format->shape == REC_SHAPE_DENSE)
		return not_dense(s, e);
	if (s->format && s->format->write_matrix)
		return rec_collect_add(&s->collect, &row, e);
	if (s->format)
		return s->format->write_row(s->out, &s->fo, &row, e);
	return s->stream ? rec_stream_out_row(s->stream, &row, e) : rec_row_write(s->out, &row, e);
}

static int sink_open(struct sink *s, bool dense, struct rec_err *e)
{
	s->format = o.to > RECMAT ? rec_foreign_find(formats[o.to]) : NULL;
	s->fo = (struct rec_foreign_opts){ .delimiter = o.delimiter, .columns = o.columns, .header = o.header, .tag = o.tag };
	if (s->format && s->format->shape == REC_SHAPE_DENSE && !dense)
		return not_dense(s, e);
	if (cli_out(&s->out, o.common.output, to_recmat(), e) != 0)
		return -1;
	if (s->format && s->format->begin && s->format->begin(s->out, &s->fo, e) != 0)
		return -1;
	return 0;
}

static int write_label_file(const char *path, const uint64_t *off, const char *bytes, uint64_t n, struct rec_err *e)
{
	struct rec_out *out;

	if (!path)
		return 0;
	if (!off)
		return rec_err_set(e, REC_EUSAGE, "%s: there are no labels to write", path);
	return cli_out(&out, path, false, e) != 0 ? -1 : cat_write_labels(out, off, bytes, n, e);
}

static int write_label_files(const struct rec_block *b, struct rec_err *e)
{
	if (!o.to || o.from > RECMAT)
		return 0;
	if (write_label_file(o.row_labels, b->row_off, b->row_bytes, b->rows, e) != 0)
		return -1;
	return write_label_file(o.col_labels, b->col_off, b->col_bytes, b->cols, e);
}

struct entry {
	float val;
	uint32_t col;
};

static int by_rank(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->val != b->val)
		return a->val > b->val ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

/* The entries of every row of m in rank order, in the arrays that m owns. */
static int rank_entries(struct rec_sparse *m, struct rec_err *e)
{
	struct entry *entry = rec_alloc(m->m.nnz, sizeof *entry, e);
	uint32_t *col = m->m.own[1];
	float *val = m->m.own[2];

	if (!entry)
		return -1;
	for (uint64_t i = 0; i < m->m.nnz; i++)
		entry[i] = (struct entry){ val[i], col[i] };
	for (uint32_t r = 0; r < m->m.nrows; r++)
		qsort(entry + m->m.ptr[r], m->m.ptr[r + 1] - m->m.ptr[r], sizeof *entry, by_rank);
	for (uint64_t i = 0; i < m->m.nnz; i++) {
		val[i] = entry[i].val;
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
		rc = write_label_files(&b, e);
	rec_sparse_free(&m);
	return rc;
}

static int copy_rows(struct sink *s, struct rec_in *in, const struct rec_run *run, struct rec_err *e)
{
	struct rec_rows *rows;
	const struct rec_row *row;
	size_t n;
	int got = 1;

	if (rec_rows_open(&rows, in, REC_ROWS_LABELS | (o.common.trust ? REC_ROWS_TRUST : 0), run->pool, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	while (got == 1 && (got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; got == 1 && i < n; i++)
			got = sink_row(s, &row[i], e) == 0 ? 1 : -1;
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

/* Two rows of one label would become one. */
static int check_unique(const struct rec_label_list *l, const char *path, struct rec_err *e)
{
	struct by_label *order = rec_alloc(l->n, sizeof *order, e);
	int rc = order ? 0 : -1;

	for (uint64_t i = 0; rc == 0 && i < l->n; i++)
		order[i] = (struct by_label){ l->label[i], l->len[i], i };
	if (rc == 0 && l->n)
		qsort(order, l->n, sizeof *order, label_order);
	for (uint64_t i = 1; rc == 0 && i < l->n; i++)
		if (label_order(&order[i - 1], &order[i]) == 0)
			rc = rec_err_set(e, REC_EDATA, "%s: label '%.*s' is there twice", path, (int)order[i].len, order[i].p);
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

/* Rows or a dense matrix of a foreign format, with the label files where there are any. */
struct foreign_input {
	struct rec_label_list row, col;
	struct rec_foreign_opts fo;
};

static int foreign_input(struct foreign_input *f, struct rec_err *e)
{
	*f = (struct foreign_input){ .fo = { .delimiter = o.delimiter, .columns = o.columns, .header = o.header } };
	if (label_list(&f->row, o.row_labels, e) != 0 || label_list(&f->col, o.col_labels, e) != 0)
		return -1;
	f->fo.row_labels = o.row_labels ? &f->row : NULL;
	f->fo.col_labels = o.col_labels ? &f->col : NULL;
	return 0;
}

static int copy_foreign_rows(struct sink *s, struct rec_in *in, const struct rec_foreign *from, struct rec_err *e)
{
	struct foreign_input f;
	int rc = foreign_input(&f, e);

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
		row.has |= (row.value == row.value ? REC_HAS_VALUE : 0) | (row.time == row.time ? REC_HAS_TIME : 0);
		if (sink_row(s, &row, e) != 0)
			return -1;
	}
	return 0;
}

static int write_dense(struct sink *s, const struct rec_block *b, const struct rec_run *run, struct rec_err *e)
{
	struct rec_dense d;

	s->rows += b->rows;
	s->dense_cells += b->rows * b->cols;
	if (s->counting)
		return 0;
	if (to_recmat())
		return rec_recmat_write(s->out, b, run->pool, e) != 0 ? -1 : rec_recmat_end(s->out, 1, e);
	if (s->format && !s->format->write_dense)
		return rec_err_set(e, REC_EUSAGE, "a dense matrix can't be written as %s", s->format->name);
	if (s->format)
		return s->format->write_dense(s->out, &s->fo, b, e) != 0 ? -1 : write_label_files(b, e);
	rec_dense_of_block(&d, b);
	return rec_dense_write_text(s->out, &d, run->pool, e);
}

static int copy_named_block(struct sink *s, struct rec_in *in, const struct rec_run *run, struct rec_err *e)
{
	struct rec_block b = { 0 };
	int rc = cat_find_block(&b, in, o.block, o.common.trust, run, e);

	if (rc == 0)
		rc = b.kind == REC_DENSE ? write_dense(s, &b, run, e) : block_rows(s, &b, e);
	rec_block_free(&b);
	rec_in_close(in);
	return rc;
}

/* Rows of d in label order, as a block that lies in *off, *bytes and *val (the caller frees them). */
static int dense_block(struct rec_block *b, const struct rec_foreign_dense *d, uint64_t **off, struct rec_buf *bytes, float **val, struct rec_err *e)
{
	struct by_label *order = rec_alloc(d->nrows, sizeof *order, e);
	int rc = 0;

	*off = rec_alloc(d->nrows + 1, sizeof **off, e);
	*val = rec_alloc(d->nrows * d->ncols, sizeof **val, e);
	if (!order || !*off || !*val)
		rc = -1;
	for (uint64_t r = 0; rc == 0 && r < d->nrows; r++)
		order[r] = (struct by_label){ d->labels.label[r], d->labels.len[r], r };
	if (rc == 0) {
		qsort(order, d->nrows, sizeof *order, label_order);
		**off = 0;
	}
	for (uint64_t r = 0; rc == 0 && r < d->nrows; r++) {
		if (r > 0 && label_order(&order[r - 1], &order[r]) == 0)
			rc = rec_err_set(e, REC_EDATA, "row '%.*s' is there twice", (int)order[r].len, order[r].p);
		else
			rc = rec_buf_add(bytes, order[r].p, order[r].len, e);
		(*off)[r + 1] = bytes->n;
		memcpy(*val + r * d->ncols, d->val + order[r].row * d->ncols, d->ncols * sizeof **val);
	}
	free(order);
	*b = (struct rec_block){ .kind = REC_DENSE, .rows = d->nrows, .cols = d->ncols, .nnz = d->nrows * d->ncols, .row_off = *off, .row_bytes = bytes->p,
				 .val = *val };
	return rc;
}

static int copy_foreign_dense(struct sink *s, struct rec_in *in, const struct rec_foreign *from, const struct rec_run *run, struct rec_err *e)
{
	struct rec_foreign_dense d = { 0 };
	struct rec_buf bytes = { 0 };
	struct foreign_input f;
	struct rec_block b;
	uint64_t *off = NULL;
	float *val = NULL;
	int rc = foreign_input(&f, e);

	if (rc == 0)
		rc = from->read_dense(&d, in, &f.fo, e);
	if (rc == 0)
		rc = dense_block(&b, &d, &off, &bytes, &val, e);
	if (rc == 0) {
		snprintf(b.name, sizeof b.name, "%s", o.block ? o.block : "");
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

/* Whether the inputs hold one dense matrix, which is not a matter of rows: a dense format, or a dense block by name. */
static int is_dense(bool *dense, const struct inputs *inputs, const struct rec_foreign *from, struct rec_err *e)
{
	*dense = from && from->shape == REC_SHAPE_DENSE;
	if (*dense && inputs->n > 1)
		return rec_err_set(e, REC_EUSAGE, "--from %s takes one input", from->name);
	if (*dense && to_recmat() && !o.block)
		return rec_err_set(e, REC_EUSAGE, "a dense block needs a name, such as --block item");
	return 0;
}

static int copy_one(struct sink *s, struct rec_in *in, bool recmat, const struct rec_foreign *from, const struct rec_run *run, struct rec_err *e)
{
	if (from)
		return from->shape == REC_SHAPE_DENSE ? copy_foreign_dense(s, in, from, run, e) : copy_foreign_rows(s, in, from, e);
	if (recmat && o.block)
		return copy_named_block(s, in, run, e);
	return copy_rows(s, in, run, e);
}

static int convert(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_foreign *from = o.from > RECMAT ? rec_foreign_find(formats[o.from]) : NULL;
	struct sink s = { 0 };
	bool dense, rows;
	int rc = is_dense(&dense, inputs, from, e);

	if (rc == 0)
		rc = sink_open(&s, dense || (o.block && inputs->all_recmat), e);
	rows = !dense && !(inputs->n == 1 && inputs->recmat[0] && o.block && to_recmat());
	if (rc == 0 && rows && to_recmat())
		rc = rec_stream_out_new(&s.stream, s.out, e);
	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, take(inputs, i), inputs->recmat[i], from, run, e);
	if (rc == 0 && s.stream)
		rc = rec_stream_out_end(s.stream, e);
	if (rc == 0 && rows && s.format && s.format->write_matrix)
		rc = write_collected(&s, run, e);
	rec_stream_out_free(s.stream);
	rec_collect_free(&s.collect);
	rec_buf_free(&s.ranks.label);
	free(s.ranks.seen);
	return rc;
}

static bool passes_blocks(const struct inputs *inputs)
{
	return inputs->all_recmat && to_recmat() && !o.rank && !o.block;
}

/* Recmat to recmat: every block of every input as it is, in one stream. */
static int concatenate(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct rec_out *out;
	uint64_t blocks = 0;
	int got = cli_out(&out, o.common.output, true, e);

	for (size_t i = 0; got == 0 && i < inputs->n; i++) {
		struct rec_recmat *r = NULL;
		struct rec_block b = { 0 };

		got = rec_recmat_open(&r, inputs->in[i], o.common.trust, run->pool, e);
		while (got == 0 && (got = rec_recmat_next(r, &b, e)) == 1) {
			got = rec_recmat_write(out, &b, run->pool, e);
			rec_block_free(&b);
			blocks++;
		}
		rec_recmat_close(r);
	}
	return got == 0 ? rec_recmat_end(out, blocks, e) : -1;
}

/* A merged model is recmat; one merged matrix may also be text. */
static int write_merged(const struct rec_merged *m, const struct rec_run *run, struct rec_err *e)
{
	struct sink s = { 0 };

	if (sink_open(&s, false, e) != 0)
		return -1;
	if (to_recmat())
		return rec_merged_write(s.out, m, run->pool, e);
	if (m->n > 1 || (m->n == 1 && m->block->kind != REC_SPARSE) || m->meta.n > 0)
		return rec_err_set(e, REC_EUSAGE, "the inputs are models, which text can't hold: use -b");
	if (s.format)
		return rec_err_set(e, REC_EUSAGE, "--merge writes text or recmat; convert in a second step");
	return m->n == 1 ? block_rows(&s, m->block, e) : 0;
}

static int merge_inputs(struct rec_merged *m, struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	static const enum rec_repeats rule[] = { REC_REPEATS_FAIL, REC_REPEATS_SUM, REC_REPEATS_MAX, REC_REPEATS_LAST };
	struct rec_merge how = { .repeats = rule[o.duplicates], .trust = o.common.trust, .text_name = "" };
	size_t n = inputs->n;

	inputs->n = 0;	/* taken over */
	return rec_blocks_merge(m, inputs->in, n, &how, run->pool, e);
}

static int merge(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct rec_merged m = { 0 };
	int rc = merge_inputs(&m, inputs, run, e);

	if (rc == 0)
		rc = write_merged(&m, run, e);
	rec_merged_free(&m);
	return rc;
}

/* Bytes: of a run that passes rows on, and a thread then; of a row that is kept for a format that needs all, as it came and sorted; of a merged cell. */
enum { PASSING = 24 << 20, PASSING_THREAD = 4 << 20, KEPT_ROW = 40 + 48 + 40, MERGED_CELL = 24 + 24 };

static int tell_need(const struct sink *s, uint64_t held, const struct rec_run *run, struct rec_err *e)
{
	const struct cli_amount rows[] = { { "rows", (double)s->rows }, { NULL, 0 } };

	return cli_need(PASSING + rec_pool_size(run->pool) * (uint64_t)PASSING_THREAD + held, rows, e) < 0 ? -1 : 0;
}

static int estimate_merge(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct rec_merged m = { 0 };
	struct sink s = { 0 };
	uint64_t held = 0;
	int rc = merge_inputs(&m, inputs, run, e);

	for (size_t i = 0; rc == 0 && i < m.n; i++) {
		const struct rec_block *b = &m.block[i];

		s.rows += b->kind == REC_SPARSE ? b->nnz : b->rows;
		held += b->nnz * MERGED_CELL + 2 * (b->rows + b->cols) * sizeof *b->row_off;
		held += 2 * ((b->row_off ? b->row_off[b->rows] : 0) + (b->col_off ? b->col_off[b->cols] : 0));
	}
	if (rc == 0)
		rc = tell_need(&s, held, run, e);
	rec_merged_free(&m);
	return rc;
}

/* Blocks that pass are held one by one, unless they are mapped. */
static int estimate_blocks(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct sink s = { 0 };
	uint64_t largest = 0;
	int got = 0;

	for (size_t i = 0; got == 0 && i < inputs->n; i++) {
		struct rec_recmat *r = NULL;
		struct rec_block b = { 0 };

		got = rec_recmat_open(&r, inputs->in[i], o.common.trust, run->pool, e);
		while (got == 0 && (got = rec_recmat_next(r, &b, e)) == 1) {
			uint64_t bytes = 16 * b.nnz + 8 * (b.rows + b.cols) + (b.row_off ? b.row_off[b.rows] : 0) + (b.col_off ? b.col_off[b.cols] : 0);

			s.rows += b.kind == REC_SPARSE ? b.nnz : b.kind == REC_DENSE ? b.rows : 0;
			largest = bytes > largest ? bytes : largest;
			rec_block_free(&b);
			got = 0;
		}
		rec_recmat_close(r);
	}
	return got == 0 ? tell_need(&s, largest, run, e) : -1;
}

/* What a conversion would hold: formats of whole matrices keep their rows, dense ones their cells, the others nothing that grows. */
static int estimate(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_foreign *from = o.from > RECMAT ? rec_foreign_find(formats[o.from]) : NULL;
	const struct rec_foreign *to = o.to > RECMAT ? rec_foreign_find(formats[o.to]) : NULL;
	struct sink s = { .counting = true };
	uint64_t held;
	int rc = 0;

	if (o.merge)
		return estimate_merge(inputs, run, e);
	if (passes_blocks(inputs))
		return estimate_blocks(inputs, run, e);
	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, take(inputs, i), inputs->recmat[i], from, run, e);
	held = 8 * s.dense_cells + (to && to->write_matrix ? s.rows * KEPT_ROW + 3 * s.label_bytes : 0);
	return rc == 0 ? tell_need(&s, held, run, e) : -1;
}

static int inspect(struct inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct rec_out *out;
	int rc = cli_out(&out, o.common.output, false, e);

	for (size_t i = 0; rc == 0 && i < inputs->n; i++) {
		struct rec_in *in = take(inputs, i);

		if (o.info)
			rc = cat_info(out, in, inputs->recmat[i], o.common.trust, run, e);
		else if (o.verify)
			rc = cat_verify(out, in, inputs->recmat[i], run, e);
		else
			rc = cat_labels(out, in, inputs->recmat[i], o.labels == 2, o.block, o.common.trust, run, e);
	}
	return rc;
}

static bool format_is(const char *name)
{
	return strcmp(formats[o.from], name) == 0 || strcmp(formats[o.to], name) == 0;
}

/* An option that nobody would look at is a mistake. */
static void check_format_options(void)
{
	bool inspects = o.info || o.verify || o.labels;

	if (o.delimiter && !format_is("csv") && !format_is("wide"))
		cli_usage("--delimiter is for csv and wide");
	if (cli_given("tag") && !format_is("trec-run"))
		cli_usage("--tag is for trec-run");
	if (o.col_labels && !format_is("mtx"))
		cli_usage("--col-labels is for mtx");
	if (o.row_labels && !format_is("mtx") && !format_is("npy"))
		cli_usage("--row-labels is for mtx and npy");
	if (inspects && (o.common.binary || o.to || o.common.estimate))
		cli_usage("--info, --verify and --labels write text: no --binary, --to, --estimate");
	if (o.block && (o.info || o.verify || o.merge))
		cli_usage("--block can't work with --info, --verify, --merge");
}

static void check_options(void)
{
	if (o.info + o.verify + o.merge + (o.labels > 0) > 1)
		cli_usage("--info, --verify, --labels and --merge can't work with one another");
	if ((o.info || o.verify || o.labels || o.merge) && (o.from || o.rank))
		cli_usage("--from and --rank are for conversions");
	if (cli_given("duplicates") && !o.merge)
		cli_usage("--duplicates needs --merge");
	if (o.common.binary && o.to && o.to != RECMAT)
		cli_usage("--binary can't work with --to %s", formats[o.to]);
	check_format_options();
	if ((o.columns || o.header) && strcmp(formats[o.from], "csv") != 0 && strcmp(formats[o.to], "csv") != 0)
		cli_usage("--columns and --header are for csv");
}

static int run(struct rec_err *e)
{
	struct inputs inputs = { 0 };
	struct rec_run *r;
	int rc;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	cli_phase("convert");
	rc = open_inputs(&inputs, e);
	if (rc == 0 && (o.info || o.verify || o.labels))
		rc = inspect(&inputs, r, e);
	else if (rc == 0 && o.common.estimate)
		rc = estimate(&inputs, r, e);
	else if (rc == 0 && o.merge)
		rc = merge(&inputs, r, e);
	else if (rc == 0 && passes_blocks(&inputs))
		rc = concatenate(&inputs, r, e);
	else if (rc == 0)
		rc = convert(&inputs, r, e);
	free_inputs(&inputs);
	return rc == 0 ? cli_commit(e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

/* SPDX-License-Identifier: MIT */
/* cmd/cat/convert.c - each input, of whatever format, into a sink. */
#include "cmd/cat/convert.h"

#include "cmd/cat/dense.h"
#include "cmd/cat/inspect.h"
#include "cmd/cat/labels.h"
#include "cmd/cat/sink.h"
#include "io/looks.h"
#include "rows/rows.h"

static int copy_rows(struct cat_sink *s, struct rec_in *in, const struct rec_run *run,
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
			got = cat_sink_row(s, &row[i], e) == 0 ? 1 : -1;
	l = got == 0 && s->o->from != CAT_TSV ? rec_rows_looks(rows) : NULL;
	if (l)
		rec_in_tell(in, 0, "no line has a TAB, all are taken as labels; %s? %s", l->what,
			    l->todo);
	rec_lost_add(&s->lost, rec_rows_lost(rows));
	rec_rows_close(rows);
	return got;
}

/* What a reader of a foreign format needs; label files where it reads them. */
struct foreign_input {
	struct rec_label_list row, col;
	struct rec_foreign_opts fo;
};

static int foreign_input(struct foreign_input *f, struct cat_sink *s, unsigned reads,
			 struct rec_err *e)
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
	if (cat_read_labels(&f->row, row, e) != 0 || cat_read_labels(&f->col, col, e) != 0)
		return -1;
	f->fo.row_labels = row ? &f->row : NULL;
	f->fo.col_labels = col ? &f->col : NULL;
	return 0;
}

static int copy_foreign_rows(struct cat_sink *s, struct rec_in *in, const struct rec_foreign *from,
			     struct rec_err *e)
{
	struct foreign_input f;
	int rc = foreign_input(&f, s, from->reads_labels, e);

	if (rc == 0)
		rc = from->read_rows(in, &f.fo, cat_sink_row, s, e);
	rec_label_list_free(&f.row);
	rec_label_list_free(&f.col);
	rec_in_close(in);
	return rc;
}

static int copy_named_block(struct cat_sink *s, struct rec_in *in, const struct rec_run *run,
			    struct rec_err *e)
{
	struct rec_block b = { 0 };
	int rc = cat_find_block(&b, in, s->o->block, s->o->common.trust, run, e);

	if (rc == 0)
		rc = b.kind == REC_DENSE ? cat_sink_dense(s, &b, run, e) : cat_sink_cells(s, &b, e);
	rec_block_free(&b);
	rec_in_close(in);
	return rc;
}

static int copy_foreign_dense(struct cat_sink *s, struct rec_in *in, const struct rec_foreign *from,
			      const struct rec_run *run, struct rec_err *e)
{
	struct rec_foreign_dense read = { 0 };
	struct cat_dense d = { 0 };
	struct foreign_input f;
	int rc = foreign_input(&f, s, from->reads_labels, e);

	if (rc == 0)
		rc = from->read_dense(&read, in, &f.fo, e);
	if (rc == 0)
		rc = cat_dense_new(&d, &read, e);
	if (rc == 0) {
		rec_block_name(&d.b, s->o->block ? s->o->block : "");
		rc = cat_sink_dense(s, &d.b, run, e);
	}
	cat_dense_free(&d);
	rec_foreign_dense_free(&read);
	rec_label_list_free(&f.row);
	rec_label_list_free(&f.col);
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

static int copy_one(struct cat_sink *s, struct rec_in *in, bool recmat,
		    const struct rec_foreign *from, const struct rec_run *run, struct rec_err *e)
{
	if (from)
		return from->shape == REC_SHAPE_DENSE ? copy_foreign_dense(s, in, from, run, e) :
							copy_foreign_rows(s, in, from, e);
	if (recmat && s->o->block)
		return copy_named_block(s, in, run, e);
	return copy_rows(s, in, run, e);
}

int cat_convert(const struct cat_options *o, struct cat_inputs *inputs, const struct rec_run *run,
		struct rec_err *e)
{
	const struct rec_foreign *from = cat_format(o->from);
	struct cat_sink s = { .o = o, .when = cat_times_of(o->time_format, true) };
	bool dense;
	int rc = is_dense(&dense, o, inputs, from, e);

	if (rc == 0)
		rc = cat_sink_open(&s, dense || (o->block && inputs->all_recmat), e);
	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, cat_take(inputs, i), inputs->recmat[i], from, run, e);
	if (rc == 0)
		rc = cat_sink_end(&s, run, e);
	cat_sink_free(&s);
	return rc;
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
	struct cat_sink s = { .o = o, .counting = true };
	uint64_t held;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < inputs->n; i++)
		rc = copy_one(&s, cat_take(inputs, i), inputs->recmat[i], from, run, e);
	held = 8 * s.dense_cells +
	       (to && to->write_matrix ? s.rows * KEPT_ROW + 3 * s.label_bytes : 0);
	return rc == 0 ? cat_need(s.rows, held, run, e) : -1;
}

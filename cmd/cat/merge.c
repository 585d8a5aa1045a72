/* SPDX-License-Identifier: MIT */
/* cmd/cat/merge.c - whole blocks, passed on or merged. */
#include "cmd/cat/merge.h"

#include "cmd/cat/sink.h"
#include "cmd/cli/load.h"
#include "matrix/merge.h"
#include "matrix/sparse.h"
#include "recmat/recmat.h"

int cat_pass_blocks(const struct cat_options *o, struct cat_inputs *inputs,
		    const struct rec_run *run, struct rec_err *e)
{
	struct rec_out *out;
	uint64_t blocks = 0;
	int got = cli_out(&out, o->common.output, true, e);

	for (size_t i = 0; got == 0 && i < inputs->n; i++) {
		struct rec_recmat *r = NULL;
		struct rec_block b = { 0 };

		got = rec_recmat_open(&r, inputs->in[i], o->common.trust, run->pool, e);
		while (got == 0 && (got = rec_recmat_next(r, &b, e)) == 1) {
			got = rec_recmat_write(out, &b, run->pool, e);
			rec_block_free(&b);
			blocks++;
		}
		rec_recmat_close(r);
	}
	if (got == 0 && blocks == 0)
		cli_note("the input is empty: no blocks");
	return got == 0 ? rec_recmat_end(out, blocks, e) : -1;
}

/* The cells of a sparse block as text; no cell where b is NULL. */
static int write_cells(const struct cat_options *o, const struct rec_block *b, struct rec_err *e)
{
	struct cat_sink s = { .o = o };

	if (cat_sink_open(&s, false, e) != 0)
		return -1;
	return b ? cat_sink_cells(&s, b, e) : 0;
}

/* A merged model is recmat; one merged matrix may also be text. */
static int write_merged(const struct cat_options *o, const struct rec_merged *m,
			const struct rec_run *run, struct rec_err *e)
{
	struct rec_out *out;

	if (cat_to_recmat(o))
		return cli_out(&out, o->common.output, true, e) == 0 ?
			       rec_merged_write(out, m, run->pool, e) :
			       -1;
	if (m->n > 1 || (m->n == 1 && m->block->kind != REC_SPARSE) || m->meta.n > 0)
		return rec_err_set(e, REC_EUSAGE,
				   "the inputs are models, which text cannot hold: use -b");
	if (o->to > CAT_RECMAT)
		return rec_err_set(e, REC_EUSAGE,
				   "--merge writes text or recmat; convert in a second step");
	return write_cells(o, m->n == 1 ? m->block : NULL, e);
}

/* In the order of --duplicates. */
static const enum rec_repeats rules[] = { REC_REPEATS_FAIL, REC_REPEATS_SUM, REC_REPEATS_MAX,
					  REC_REPEATS_LAST };

static int merge_inputs(struct rec_merged *m, const struct cat_options *o,
			struct cat_inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct rec_merge how = { .repeats = rules[o->duplicates],
				 .trust = o->common.trust,
				 .text_name = "" };
	size_t n = inputs->n;

	inputs->n = 0;	/* taken over */
	return rec_blocks_merge(m, inputs->in, n, &how, run->pool, e);
}

/* Where times decided which of repeated cells stays. */
static void look_at_times(const struct rec_block *b)
{
	uint64_t n = 0, large = 0;

	for (uint64_t i = 0; b->time && i < b->nnz; i++) {
		n += b->time[i] == b->time[i];
		large += b->time[i] >= REC_LARGE_TIME || b->time[i] <= -REC_LARGE_TIME;
	}
	cli_tell_mixed_times(n, large);
}

int cat_merge(const struct cat_options *o, struct cat_inputs *inputs, const struct rec_run *run,
	      struct rec_err *e)
{
	struct rec_merged m = { 0 };
	bool by_time = rules[o->duplicates] == REC_REPEATS_LAST;
	int rc = merge_inputs(&m, o, inputs, run, e);

	if (rc == 0)
		cli_tell_lost(&m.lost);
	for (size_t i = 0; rc == 0 && by_time && i < m.n; i++)
		look_at_times(&m.block[i]);
	if (rc == 0 && m.n == 0)
		cli_note("the input is empty: nothing to merge");
	if (rc == 0)
		rc = write_merged(o, &m, run, e);
	rec_merged_free(&m);
	return rc;
}

int cat_estimate_merge(const struct cat_options *o, struct cat_inputs *inputs,
		       const struct rec_run *run, struct rec_err *e)
{
	enum { CELL = 24 + 24 };	/* bytes: of an input, and merged */
	struct rec_merged m = { 0 };
	uint64_t rows = 0, held = 0;
	int rc = merge_inputs(&m, o, inputs, run, e);

	for (size_t i = 0; rc == 0 && i < m.n; i++) {
		const struct rec_block *b = &m.block[i];

		rows += b->kind == REC_SPARSE ? b->nnz : b->rows;
		held += b->nnz * CELL + 2 * (b->rows + b->cols) * sizeof *b->row_off;
		held += 2 * ((b->row_off ? b->row_off[b->rows] : 0) +
			     (b->col_off ? b->col_off[b->cols] : 0));
	}
	if (rc == 0)
		rc = cat_need(rows, held, run, e);
	rec_merged_free(&m);
	return rc;
}

/* Blocks that pass are held one by one, unless they are mapped. */
int cat_estimate_pass(const struct cat_options *o, struct cat_inputs *inputs,
		      const struct rec_run *run, struct rec_err *e)
{
	uint64_t rows = 0, largest = 0;
	int got = 0;

	for (size_t i = 0; got == 0 && i < inputs->n; i++) {
		struct rec_recmat *r = NULL;
		struct rec_block b = { 0 };

		got = rec_recmat_open(&r, inputs->in[i], o->common.trust, run->pool, e);
		while (got == 0 && (got = rec_recmat_next(r, &b, e)) == 1) {
			uint64_t bytes = 16 * b.nnz + 8 * (b.rows + b.cols) +
					 (b.row_off ? b.row_off[b.rows] : 0) +
					 (b.col_off ? b.col_off[b.cols] : 0);

			rows += b.kind == REC_SPARSE ? b.nnz : b.kind == REC_DENSE ? b.rows : 0;
			largest = bytes > largest ? bytes : largest;
			rec_block_free(&b);
			got = 0;
		}
		rec_recmat_close(r);
	}
	return got == 0 ? cat_need(rows, largest, run, e) : -1;
}

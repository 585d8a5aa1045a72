/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where rows of rec-cat go: lines of text, blocks of a recmat stream,
 * a foreign writer of rows, or a matrix for a foreign writer of matrices. A
 * dense matrix goes there as a whole.
 */
#ifndef REC_CMD_CAT_SINK_H
#define REC_CMD_CAT_SINK_H

#include "cmd/cat/options.h"
#include "cmd/cat/ranks.h"
#include "cmd/cat/times.h"
#include "io/lost.h"
#include "matrix/collect.h"
#include "recmat/recmat.h"

struct cat_sink {	/* {0} except for o, when and counting to begin */
	const struct cat_options *o;
	struct cat_times when;
	bool counting;			/* --estimate: nothing is written */
	struct rec_out *out;
	struct rec_stream_out *stream;	/* from the first row on */
	const struct rec_foreign *format;	/* NULL for tsv and recmat */
	struct rec_foreign_opts fo;
	struct rec_collect collect;
	struct cat_ranks ranks;
	unsigned csv_fields;		/* of every row, where csv is written without header */
	bool dense;			/* a dense matrix came, and not rows */
	struct rec_lost lost;		/* in reading: readers add to it */
	uint64_t values, times;		/* that rows had */
	uint64_t rows, label_bytes, dense_cells;
};

/* Open the output; dense: what comes may be a dense matrix. */
REC_MUST int cat_sink_open(struct cat_sink *s, bool dense, struct rec_err *e);

/* A row, for rec_row_fn; the cells of a sparse block; a dense block. */
REC_MUST int cat_sink_row(void *sink, const struct rec_row *row, struct rec_err *e);
REC_MUST int cat_sink_cells(struct cat_sink *s, const struct rec_block *b, struct rec_err *e);
REC_MUST int cat_sink_dense(struct cat_sink *s, const struct rec_block *b,
			    const struct rec_run *run, struct rec_err *e);

/* All has come: write what waited for that, and say what got lost. */
REC_MUST int cat_sink_end(struct cat_sink *s, const struct rec_run *run, struct rec_err *e);
void cat_sink_free(struct cat_sink *s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cat.h - what the files of rec-cat share: its options, its inputs, and its
 * ways through.
 */
#ifndef REC_CMD_CAT_CAT_H
#define REC_CMD_CAT_CAT_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cli/cli.h"

/*
 * By enum cat_format; those behind recmat are the foreign ones (io/foreign.h).
 */
extern const char *const cat_formats[];
enum cat_format { CAT_AUTO, CAT_TSV, CAT_RECMAT };

struct rec_foreign;

struct cat_options {
	unsigned from, to, labels, duplicates, quote, empty;
	const char *breaks, *delimiter, *columns, *block, *row_labels, *col_labels, *tag,
		*time_format;
	bool header, rank, merge, info, verify;
	struct cli_common common;
};

/* The output is recmat. */
static inline bool cat_to_recmat(const struct cat_options *o)
{
	return o->common.binary || o->to == CAT_RECMAT;
}

/* The format of a choice of --from or --to, NULL where it is not foreign. */
const struct rec_foreign *cat_format(unsigned format);

/*
 * Inputs, all open: what the first bytes say decides the way. Entries that were
 * used up are NULL.
 */
struct cat_inputs {
	struct rec_in **in;
	bool *recmat;
	size_t n;
	bool all_recmat;
};

/* Hand out input i, which then belongs to the caller. */
struct rec_in *cat_take(struct cat_inputs *s, size_t i);

/* Rows one by one into one output, or one dense matrix. */
REC_MUST int cat_convert(const struct cat_options *o, struct cat_inputs *inputs,
			 const struct rec_run *run, struct rec_err *e);

/*
 * The cells of a sparse block as the text that is asked for; no cell where b is
 * NULL.
 */
struct rec_block;
REC_MUST int cat_write_cells(const struct cat_options *o, const struct rec_block *b,
			     struct rec_err *e);

/* Recmat to recmat: every block of every input as it is, in one stream. */
REC_MUST int cat_pass_blocks(const struct cat_options *o, struct cat_inputs *inputs,
			     const struct rec_run *run, struct rec_err *e);

/* All inputs as one canonical matrix, or one model. */
REC_MUST int cat_merge(const struct cat_options *o, struct cat_inputs *inputs,
		       const struct rec_run *run, struct rec_err *e);

/*
 * --estimate: the inputs are read, and nothing is written but what the same run
 * would need.
 */
REC_MUST int cat_estimate_convert(const struct cat_options *o, struct cat_inputs *inputs,
				  const struct rec_run *run, struct rec_err *e);
REC_MUST int cat_estimate_pass(const struct cat_options *o, struct cat_inputs *inputs,
			       const struct rec_run *run, struct rec_err *e);
REC_MUST int cat_estimate_merge(const struct cat_options *o, struct cat_inputs *inputs,
				const struct rec_run *run, struct rec_err *e);

/* The estimate: rows, and bytes held beside what every run takes. */
REC_MUST int cat_need(uint64_t rows, uint64_t held, const struct rec_run *run, struct rec_err *e);

#endif

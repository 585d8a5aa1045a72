/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/ways.h - the two ways of rec-split. Either rows are passed on one
 * by one, or a matrix is held, filtered and split. Both read stdin and commit
 * their outputs.
 */
#ifndef REC_CMD_SPLIT_WAYS_H
#define REC_CMD_SPLIT_WAYS_H

#include <stdbool.h>

#include "base/err.h"
#include "data/filter.h"
#include "data/split.h"
#include "kernel/kernel.h"

struct split_files {
	/*
	 * by enum rec_side: train (NULL: stdout), test, valid, input (NULL:
	 * drop the rows of that side)
	 */
	const char *path[REC_INPUT + 1];
	bool binary;
};

/*
 * For splits that choose the side of a row from that row alone
 * (rec_split_by_row). Rows keep the order of the input. Memory: histories of
 * which some rows are given as input.
 */
REC_MUST int split_pass(const struct split_files *files, const struct rec_split *s,
			const struct rec_run *run, struct rec_err *e);

/* For all other splits. Rows come out in canonical order. */
REC_MUST int split_hold(const struct split_files *files, const struct rec_split *s,
			const struct rec_filter *f, const struct rec_run *run, struct rec_err *e);

#endif

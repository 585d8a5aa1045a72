/* SPDX-License-Identifier: MIT */
/*
 * tsv.h - lines of text to rows: row TAB col [TAB value [TAB time]]. Knows
 * neither files nor line numbers.
 */
#ifndef REC_ROWS_TSV_H
#define REC_ROWS_TSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "recpipe/rows.h"

/* Where rows go: the caller's memory for max of them, and what came. */
struct rec_tsv_rows {
	struct rec_row *rows;
	size_t max, n;
	bool lost;	/* a row has digits that are not kept */
};

/*
 * Parse lines from *p to end into at most max rows whose labels point into the
 * text. Every line has its newline, and REC_LINES_PAD readable bytes follow the
 * last one (lines.h). *p moves after the lines taken; n and lost are set. -1
 * where the line at *p is bad; the n rows before it are good. flags:
 * REC_ROWS_LABELS, REC_ROWS_SCORES.
 */
REC_MUST int rec_tsv_parse(const char **p, const char *end, unsigned flags, struct rec_tsv_rows *to,
			   struct rec_err *e);

#endif

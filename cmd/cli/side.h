/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/side.h - side files: files beside stdin that speak of its users, or
 * of the items of models. What a file names that nobody knows is counted on
 * stderr; a file that has nothing in common with what it should speak of is an
 * error or a note, as the command says.
 */
#ifndef REC_CMD_CLI_SIDE_H
#define REC_CMD_CLI_SIDE_H

#include "cmd/cli/cli.h"
#include "matrix/alike.h"
#include "matrix/sparse.h"

struct cli_side {
	const char *option;		/* "seen" */
	const char *file;		/* its argument; NULL: not given, and nothing is said */
	const struct rec_sparse *x;	/* what is in it; NULL for a list of labels */
	bool fail;			/* nothing in common is an error, else a note */
};

/* A file without rows: an error, or a note. */
REC_MUST int cli_side_filled(const struct cli_side *s, struct rec_err *e);

/*
 * Two label sets without a common label: "--seen FILE: none of its items is an
 * item of a model: 'b.0' there, 'b' in the model". An error, or a note and 0.
 */
REC_MUST int cli_side_apart(const struct cli_side *s, const char *what,
			    const struct rec_labels *there, const struct rec_labels *here,
			    const char *where, struct rec_err *e);

/* The same, from the text of one label of the file. */
REC_MUST int cli_side_unlike(const struct cli_side *s, const char *what, const char *label,
			     size_t len, const struct rec_labels *here, const char *where,
			     struct rec_err *e);

/*
 * Note how many pairs of the file have a column that column_to_item maps to
 * REC_NONE.
 */
void cli_side_count(const struct cli_side *s, const uint32_t *column_to_item, const char *what);

#endif

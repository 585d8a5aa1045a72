/* SPDX-License-Identifier: MIT */
/* options.h - the options of rec-cat, and the formats that it knows. */
#ifndef REC_CMD_CAT_OPTIONS_H
#define REC_CMD_CAT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cli/cli.h"
#include "foreign/foreign.h"

/* Names by enum cat_format; those after recmat are in foreign/foreign.h. */
extern const char *const cat_formats[];
enum cat_format { CAT_AUTO, CAT_TSV, CAT_RECMAT };

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

#endif

/* SPDX-License-Identifier: MIT */
/* cmd/cat/inspect.h - rec-cat --info, --verify and --labels. */
#ifndef REC_CMD_CAT_INSPECT_H
#define REC_CMD_CAT_INSPECT_H

#include <stdbool.h>

#include "base/err.h"
#include "io/in.h"
#include "io/out.h"
#include "kernel/kernel.h"

/* An input, and how it is read. */
struct cat_look {
	struct rec_in *in;	/* taken over, also on failure */
	bool recmat;		/* its first bytes say so */
	unsigned flags;		/* REC_ROWS_TRUST, REC_ROWS_ANYHOW */
	const struct rec_run *run;
};

/* What the input holds: key TAB value. Damage is an error. */
REC_MUST int cat_info(struct rec_out *out, const struct cat_look *l, struct rec_err *e);

/* Read everything with every check; "FILE: ok, ..." on success. */
REC_MUST int cat_verify(struct rec_out *out, const struct cat_look *l, struct rec_err *e);

/*
 * The row or column labels, each once, in byte order, a line each. block NULL:
 * rows of a text or sparse stream.
 */
REC_MUST int cat_labels(struct rec_out *out, const struct cat_look *l, bool columns,
			const char *block, struct rec_err *e);

/*
 * The block called name (sparse, dense or meta) of a stream; NULL name: the
 * only one that is not meta. Free it before in is closed.
 */
struct rec_block;
REC_MUST int cat_find_block(struct rec_block *b, struct rec_in *in, const char *name, bool trust,
			    const struct rec_run *run, struct rec_err *e);

#endif
